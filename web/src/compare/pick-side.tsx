import { useState } from "react";
import type { Instance, Snapshot, Version } from "../api/types.ts";
import { useList } from "../api/use.ts";
import { readFlowsFile } from "../core/flows-file.ts";
import { dateTime } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { BoxChoice, choicesOf, SelectField } from "../ui/fields.tsx";
import { Await } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { TableFoot } from "../ui/table.tsx";
import { keepFile, type Side, type SideKind } from "./sides.ts";

/** Chooses one side: a version, a snapshot, what an instance runs, or a file. */
export function PickSide(
  p: {
    which: "from" | "to";
    /** The instance to begin with, if one is known. */
    instance: string | null;
    onClose: () => void;
    onPick: (side: Side) => void;
  },
) {
  const [kind, setKind] = useState<SideKind>("version");
  return (
    <Dialog
      wide
      title={t(p.which === "from" ? "compare.pickFrom" : "compare.pickTo")}
      onClose={p.onClose}
    >
      <BoxChoice
        legend={t("compare.what")}
        quiet
        value={kind}
        onChange={(v) => setKind(v as SideKind)}
        choices={[
          { value: "version", label: t("compare.side.version"), note: t("compare.note.version") },
          {
            value: "snapshot",
            label: t("compare.side.snapshot"),
            note: t("compare.note.snapshot"),
          },
          {
            value: "instance",
            label: t("compare.side.instance"),
            note: t("compare.note.instance"),
          },
          { value: "file", label: t("compare.side.file"), note: t("compare.note.file") },
        ]}
      />
      {kind === "version" || kind === "instance"
        ? <OfInstance first={p.instance} running={kind === "instance"} onPick={p.onPick} />
        : kind === "snapshot"
        ? <OfApplication onPick={p.onPick} />
        : <OfFile onPick={p.onPick} />}
    </Dialog>
  );
}

function OfInstance(
  p: { first: string | null; running: boolean; onPick: (side: Side) => void },
) {
  const instances = useList<Instance>("instances");
  const [picked, setPicked] = useState(p.first);
  return (
    <Await of={instances}>
      {(all) => {
        const current = all.find((i) => i.id === picked) ?? all[0];
        if (!current) return <p className="muted">{t("overview.noInstances")}</p>;
        return (
          <>
            <SelectField
              label={t("instance")}
              value={current.id}
              onChange={setPicked}
              choices={choicesOf(all)}
            />
            {p.running
              ? (
                <div className="dialog-foot">
                  <Button
                    kind="primary"
                    onClick={() => p.onPick({ kind: "instance", id: current.id })}
                  >
                    {t("compare.takeRunning", { name: current.name })}
                  </Button>
                </div>
              )
              : <Versions key={current.id} instance={current.id} onPick={p.onPick} />}
          </>
        );
      }}
    </Await>
  );
}

function Versions({ instance, onPick }: { instance: string; onPick: (side: Side) => void }) {
  const list = useList<Version>(`instances/${instance}/versions`, {}, 100);
  return (
    <Await of={list}>
      {(versions) =>
        versions.length === 0 ? <p className="muted">{t("versions.nothing")}</p> : (
          <>
            <ul className="pick-list" aria-label={t("versions.title")}>
              {versions.map((v) => (
                <li key={v.id}>
                  <button type="button" onClick={() => onPick({ kind: "version", id: v.id })}>
                    <span className="no">{v.number}</span>
                    <span className="entry-name">
                      {v.summary || t("versions.noSummary")}
                      {v.snapshot ? <Tag>{v.snapshot.name}</Tag> : null}
                    </span>
                    <span className="muted">
                      {dateTime(v.at)} · {v.by ?? t("versions.unknown")}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            <TableFoot shown={versions.length} count={list.count} more={list.more} />
          </>
        )}
    </Await>
  );
}

function OfApplication({ onPick }: { onPick: (side: Side) => void }) {
  const applications = useApplications();
  const [picked, setPicked] = useState<string | null>(null);
  return (
    <Await of={applications}>
      {(all) => {
        const current = all.find((a) => a.id === picked) ?? all[0];
        if (!current) return <p className="muted">{t("applications.nothing")}</p>;
        return (
          <>
            {all.length > 1
              ? (
                <SelectField
                  label={t("application")}
                  value={current.id}
                  onChange={setPicked}
                  choices={choicesOf(all)}
                />
              )
              : null}
            <SnapshotsOf key={current.id} application={current.id} onPick={onPick} />
          </>
        );
      }}
    </Await>
  );
}

function SnapshotsOf(p: { application: string; onPick: (side: Side) => void }) {
  const list = useList<Snapshot>(`applications/${p.application}/snapshots`, {}, 100);
  return (
    <Await of={list}>
      {(snapshots) =>
        snapshots.length === 0 ? <p className="muted">{t("snapshots.nothing")}</p> : (
          <>
            <ul className="pick-list" aria-label={t("snapshots.title")}>
              {snapshots.map((s) => (
                <li key={s.id}>
                  <button type="button" onClick={() => p.onPick({ kind: "snapshot", id: s.id })}>
                    <span className="entry-name">
                      <strong>{s.name}</strong> {s.note}
                    </span>
                    <span className="muted">{dateTime(s.createdAt)} · {s.author}</span>
                  </button>
                </li>
              ))}
            </ul>
            <TableFoot shown={snapshots.length} count={list.count} more={list.more} />
          </>
        )}
    </Await>
  );
}

function OfFile({ onPick }: { onPick: (side: Side) => void }) {
  const [says, setSays] = useState("");
  const [found, setFound] = useState<{ name: string; flows: unknown[] } | null>(null);
  const read = async (file: File | undefined) => {
    setFound(null);
    if (!file) return setSays("");
    if (file.size > 64_000_000) return setSays(t("problem.413"));
    const read = readFlowsFile(await file.text());
    const flows = read.kind === "flows"
      ? read.flows
      : read.kind === "snapshot"
      ? flowsOfSnapshot(read.body)
      : null;
    if (!flows) return setSays(t("flowsFile.wrong"));
    setFound({ name: file.name, flows });
    const tabs = flows.filter((n) => (n as { type?: unknown }).type === "tab").length;
    setSays(t("flowsFile.found", { nodes: flows.length - tabs, tabs }));
  };
  return (
    <>
      <div className="form-field">
        <label htmlFor="compare-file">{t("flowsFile.label")}</label>
        <input
          id="compare-file"
          className="input"
          type="file"
          accept=".json,application/json"
          onChange={(e) => read(e.target.files?.[0])}
        />
        <p className="hint" role="status">{says}</p>
      </div>
      <div className="dialog-foot">
        <Button
          kind="primary"
          why={found ? null : t("flowsFile.pickFirst")}
          onClick={() => found && onPick(keepFile(found.name, found.flows))}
        >
          {t("compare.takeFile")}
        </Button>
      </div>
    </>
  );
}

/** Ours has its flows beside the name, FlowFuse's one level deeper. */
function flowsOfSnapshot(body: Record<string, unknown>): unknown[] | null {
  const { flows } = body;
  if (Array.isArray(flows)) return flows;
  const inner = (flows as { flows?: unknown } | null | undefined)?.flows;
  return Array.isArray(inner) ? inner : null;
}
