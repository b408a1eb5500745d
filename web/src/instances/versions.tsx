import { useState } from "react";
import { api, download } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Instance, Snapshot, Version } from "../api/types.ts";
import { asError, useAction, useList, useTopic } from "../api/use.ts";
import { readFlowsFile } from "../core/flows-file.ts";
import { bytes } from "../i18n/format.ts";
import { t, tn, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form, TextArea, TextField } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { Panel } from "../ui/page-head.tsx";
import { ProblemNote, problemText } from "../ui/problem.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { TableFoot } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { Restore } from "./restore.tsx";

/** Every deploy, newest first. */
export function VersionsTab({ instance }: { instance: Instance }) {
  const list = useList<Version>(`instances/${instance.id}/versions`, {}, 100);
  useTopic(`instance/${instance.id}/versions`, list.reload);
  const [naming, setNaming] = useState<Version | null>(null);
  const [restoring, setRestoring] = useState<Version | null>(null);
  const [importing, setImporting] = useState(false);
  const editWhy = may(instance, "flows.edit") ? null : t("why.role");
  const snapshotWhy = may(instance, "snapshot.edit") ? null : t("why.role");
  const items = (v: Version, newest: boolean): MenuItem[] => [
    ...(v.snapshot ? [] : [{
      label: t("versions.snapshot"),
      icon: "camera",
      why: snapshotWhy,
      onPick: () => setNaming(v),
    }]),
    {
      label: newest ? t("versions.restoreElsewhere") : t("versions.restore"),
      icon: "arrow-counterclockwise",
      why: editWhy,
      onPick: () => setRestoring(v),
    },
    {
      label: t("download"),
      icon: "download",
      onPick: () => {
        download(
          `instances/${instance.id}/versions/${v.id}/download`,
          `${instance.slug}-${v.number}.json`,
        ).catch((e) => toast(problemText(asError(e))));
      },
    },
  ];
  return (
    <Panel
      title={t("versions.title")}
      tools={
        <>
          <Button icon="upload" why={editWhy} onClick={() => setImporting(true)}>
            {t("versions.import")}
          </Button>
          <Button
            icon="camera"
            why={snapshotWhy ?? (list.data?.length ? null : t("versions.noneYet"))}
            onClick={() => setNaming(list.data?.[0] ?? null)}
          >
            {t("versions.snapshotNow")}
          </Button>
        </>
      }
    >
      {list.data === null
        ? list.error ? <Failed error={list.error} retry={list.reload} /> : <Loading />
        : list.data.length === 0
        ? (
          <Empty icon="clock-history" title={t("versions.nothing")}>
            {t("versions.nothingText")}
          </Empty>
        )
        : (
          <>
            <ol className="timeline" aria-label={t("versions.title")}>
              {list.data.map((v, i) => (
                <li key={v.id} className={v.snapshot ? "is-snapshot" : undefined}>
                  <span className="number" title={v.id}>{v.number}</span>
                  <div className="grow">
                    <p>
                      <strong>{v.summary || t("versions.noSummary")}</strong>
                      {i === 0 ? <Tag>{t("versions.current")}</Tag> : null}
                      {v.snapshot
                        ? (
                          <Link className="tag" href={`/snapshots/${v.snapshot.id}`}>
                            {v.snapshot.name}
                          </Link>
                        )
                        : null}
                    </p>
                    <p className="muted small">
                      <Time at={v.at} /> · {v.by ?? t("versions.unknown")} ·{" "}
                      {word("source", v.source)}
                      {" · "}
                      {bytes(v.size)}
                      {v.modules.length ? ` · ${tn("versions.modules", v.modules.length)}` : ""}
                    </p>
                  </div>
                  <Menu
                    label={t("versions.actions", { n: v.number })}
                    icon="three-dots"
                    items={items(v, i === 0)}
                  />
                </li>
              ))}
            </ol>
            <TableFoot shown={list.data.length} count={list.count} more={list.more} />
          </>
        )}
      {naming
        ? (
          <MakeSnapshot
            instance={instance}
            version={naming}
            onClose={() => setNaming(null)}
            onDone={(s) => {
              setNaming(null);
              list.reload();
              toast(t("versions.snapshotDone", { name: s.name }));
            }}
          />
        )
        : null}
      {restoring
        ? (
          <Restore
            source={{ version: restoring.id }}
            title={t("restore.version", { n: restoring.number })}
            instance={instance}
            onClose={() => setRestoring(null)}
            onDone={list.reload}
          />
        )
        : null}
      {importing
        ? (
          <ImportFlows
            instance={instance}
            onClose={() => setImporting(false)}
            onDone={() => {
              setImporting(false);
              list.reload();
              toast(t("import.done"));
            }}
          />
        )
        : null}
    </Panel>
  );
}

function MakeSnapshot(
  p: {
    instance: Instance;
    version: Version;
    onClose: () => void;
    onDone: (s: Snapshot) => void;
  },
) {
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={t("versions.snapshotOf", { n: p.version.number })} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () =>
            p.onDone(
              await api.post<Snapshot>(`instances/${p.instance.id}/snapshots`, {
                name,
                note,
                version: p.version.id,
              }),
            )
          )}
      >
        <TextField
          label={t("name")}
          required
          autoFocus
          maxLength={80}
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextArea label={t("note")} value={note} onChange={setNote} error={fields.note} />
        <div className="dialog-foot">
          <Button onClick={p.onClose}>{t("cancel")}</Button>
          <Button type="submit" kind="primary" icon="camera" busy={action.busy}>
            {t("versions.snapshot")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** Deploys the flows of a file; what runs now stays as the version before it. */
function ImportFlows(p: { instance: Instance; onClose: () => void; onDone: () => void }) {
  const [flows, setFlows] = useState<unknown[] | null>(null);
  const [says, setSays] = useState("");
  const action = useAction();
  const read = async (file: File | undefined) => {
    setFlows(null);
    if (!file) return setSays("");
    const found = readFlowsFile(await file.text());
    if (found.kind === "flows") {
      setFlows(found.flows);
      setSays(t("flowsFile.found", { nodes: found.nodes, tabs: found.tabs }));
    } else setSays(found.kind === "snapshot" ? t("flowsFile.isSnapshot") : t("flowsFile.wrong"));
  };
  return (
    <Dialog title={t("versions.import")} onClose={p.onClose}>
      <p>{t("import.text")}</p>
      <div className="form-field">
        <label htmlFor="flows-file">{t("flowsFile.label")}</label>
        <input
          id="flows-file"
          className="input"
          type="file"
          accept=".json,application/json"
          onChange={(e) => read(e.target.files?.[0])}
        />
        <p className="hint" role="status">{says}</p>
      </div>
      {action.error ? <ProblemNote error={action.error} /> : null}
      <div className="dialog-foot">
        <Button onClick={p.onClose}>{t("cancel")}</Button>
        <Button
          kind="primary"
          busy={action.busy}
          why={flows ? null : t("flowsFile.pickFirst")}
          onClick={() =>
            action.run(async () => {
              await api.put(`instances/${p.instance.id}/flows`, { flows }, {
                ifMatch: p.instance.flowsRevision ? `"${p.instance.flowsRevision}"` : undefined,
                timeout: 120_000,
              });
              p.onDone();
            })}
        >
          {t("import.do")}
        </Button>
      </div>
    </Dialog>
  );
}
