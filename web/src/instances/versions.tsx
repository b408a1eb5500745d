import { useMemo, useState } from "react";
import { api, download } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Instance, Retention, Snapshot, Version } from "../api/types.ts";
import { asError, useAction, useList, useLoad, useTopic } from "../api/use.ts";
import { session } from "../app/session.ts";
import { VersionFiles } from "../files/version-files.tsx";
import { compareUrl } from "../compare/sides.ts";
import { readFlowsFile } from "../core/flows-file.ts";
import { bytes, clock, day, number, utc } from "../i18n/format.ts";
import { t, tn, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form, NameField, TextArea } from "../ui/fields.tsx";
import { Icon } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { navigate } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { ProblemNote, problemText } from "../ui/problem.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Shape, Tag } from "../ui/status.tsx";
import { TableFoot } from "../ui/table.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { DialogFoot } from "../ui/form-parts.tsx";
import { Restore } from "./restore.tsx";

/** Every deploy, newest first, by day. */
export function VersionsTab({ instance }: { instance: Instance }) {
  const list = useList<Version>(`instances/${instance.id}/versions`, {}, 100);
  useTopic(`instance/${instance.id}/versions`, list.reload);
  // A badge says what the newest test run gave.
  useTopic(`instance/${instance.id}/tests`, list.reload);
  const [naming, setNaming] = useState<Version | null>(null);
  const [restoring, setRestoring] = useState<Version | null>(null);
  const [filed, setFiled] = useState<Version | null>(null);
  const [importing, setImporting] = useState(false);
  const [marked, setMarked] = useState<readonly string[]>([]);
  const snapshotWhy = may(instance, "snapshot.edit") ? null : t("why.role");
  const editWhy = may(instance, "flows.edit") ? null : t("why.role");
  const pin = async (v: Version) => {
    try {
      const path = `instances/${instance.id}/versions/${v.id}`;
      const changed = await api.patch<Version>(path, { pinned: !v.pinned });
      list.update((items) => items.map((x) => x.id === v.id ? { ...x, ...changed } : x));
      list.reload();
    } catch (e) {
      toast(problemText(asError(e)));
    }
  };
  const days = useMemo(() => byDay(list.data ?? []), [list.data]);
  const chosen = (list.data ?? []).filter((v) => marked.includes(v.id));
  const compareMarked = () => {
    const [later, earlier] = chosen;
    navigate(compareUrl(
      { kind: "version", id: earlier.id },
      { kind: "version", id: later.id },
    ));
  };
  return (
    <Panel
      title={t("versions.title")}
      tools={
        <>
          <Button
            icon="intersect"
            why={chosen.length === 2 ? null : t("versions.pickTwo")}
            onClick={compareMarked}
          >
            {t("versions.compareMarked")}
          </Button>
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
            {days.map(([title, versions]) => (
              <section key={title} aria-label={title}>
                <h3 className="timeline-day">{title}</h3>
                <ol className="timeline">
                  {versions.map((v) => (
                    <Row
                      key={v.id}
                      version={v}
                      newest={v === list.data?.[0]}
                      marked={marked.includes(v.id)}
                      onMark={(on) =>
                        setMarked(
                          on ? [...marked, v.id].slice(-2) : marked.filter((id) => id !== v.id),
                        )}
                      items={itemsOf({
                        instance,
                        version: v,
                        versions: list.data ?? [],
                        last: list.more === null,
                        onName: setNaming,
                        onRestore: setRestoring,
                        onFiles: setFiled,
                        onPin: pin,
                      })}
                    />
                  ))}
                </ol>
              </section>
            ))}
            <TableFoot shown={list.data.length} count={list.count} more={list.more}>
              <Kept instance={instance} />
            </TableFoot>
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
            hasFiles={restoring.hasFiles}
            instance={instance}
            onClose={() => setRestoring(null)}
            onDone={list.reload}
          />
        )
        : null}
      {filed
        ? <VersionFiles instance={instance} version={filed} onClose={() => setFiled(null)} />
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

/** In the site's zone; the order stays. */
function byDay(versions: readonly Version[]): [string, Version[]][] {
  const days = new Map<string, Version[]>();
  for (const v of versions) {
    const title = day(v.at), of = days.get(title);
    if (of) of.push(v);
    else days.set(title, [v]);
  }
  return [...days];
}

function itemsOf(
  p: {
    instance: Instance;
    version: Version;
    versions: readonly Version[];
    /** Nothing older is left on the server. */
    last: boolean;
    onName: (v: Version) => void;
    onRestore: (v: Version) => void;
    onFiles: (v: Version) => void;
    onPin: (v: Version) => void;
  },
): MenuItem[] {
  const { instance, version: v, versions } = p;
  const at = versions.indexOf(v), newest = at === 0;
  const before = versions[at + 1];
  const editWhy = may(instance, "flows.edit") ? null : t("why.role");
  const snapshotWhy = may(instance, "snapshot.edit") ? null : t("why.role");
  const side = { kind: "version" as const, id: v.id };
  return [
    {
      label: t("versions.look"),
      icon: "eye",
      onPick: () => navigate(`/instances/${instance.id}/versions/${v.id}`),
    },
    ...(newest ? [] : [{
      label: t("versions.compareCurrent"),
      icon: "intersect",
      onPick: () => navigate(compareUrl(side, { kind: "instance", id: instance.id })),
    }]),
    {
      label: t("versions.comparePrevious"),
      icon: "intersect",
      why: before ? null : p.last ? t("versions.noPrevious") : t("versions.moreFirst"),
      onPick: () => before && navigate(compareUrl({ kind: "version", id: before.id }, side)),
    },
    ...(v.snapshot ? [] : [{
      label: t("versions.snapshot"),
      icon: "camera",
      why: snapshotWhy,
      onPick: () => p.onName(v),
    }]),
    {
      label: v.pinned ? t("unpin") : t("pin"),
      icon: "pin-angle",
      why: snapshotWhy,
      onPick: () => p.onPin(v),
    },
    {
      label: newest ? t("versions.restoreElsewhere") : t("versions.restore"),
      icon: "arrow-counterclockwise",
      why: editWhy,
      onPick: () => p.onRestore(v),
    },
    ...(v.hasFiles && may(instance, "files.read")
      ? [{ label: t("versionFiles.open"), icon: "folder", onPick: () => p.onFiles(v) }]
      : []),
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
}

function Row(
  p: {
    version: Version;
    newest: boolean;
    marked: boolean;
    onMark: (on: boolean) => void;
    items: MenuItem[];
  },
) {
  const v = p.version;
  return (
    <li className={v.snapshot ? "is-snapshot" : undefined}>
      <input
        type="checkbox"
        aria-label={t("versions.mark", { n: v.number })}
        checked={p.marked}
        onChange={(e) => p.onMark(e.target.checked)}
      />
      <span className="number" title={v.id}>{v.number}</span>
      <div className="grow">
        <p>
          <strong>{v.summary || t("versions.noSummary")}</strong>
          {p.newest ? <Tag>{t("versions.current")}</Tag> : null}
          {v.snapshot
            ? (
              <Link className="tag" href={`/snapshots/${v.snapshot.id}`}>
                <Icon name="camera" />
                {v.snapshot.name}
              </Link>
            )
            : null}
          {v.pinned
            ? (
              <span className="tag">
                <Icon name="pin-angle-fill" />
                {t("pinned")}
              </span>
            )
            : null}
          {v.tests ? <TestTag instance={v.instanceId} tests={v.tests} /> : null}
        </p>
        <p className="muted small">
          <time dateTime={v.at} title={utc(v.at)}>{clock(v.at)}</time> ·{" "}
          {v.by ?? t("versions.unknown")} · {word("source", v.source)}
          {" · "}
          {bytes(v.size)}
          {v.modules.length ? ` · ${tn("versions.modules", v.modules.length)}` : ""}
          {v.hasFiles ? ` · ${t("versions.withFiles")}` : ""}
        </p>
      </div>
      <Menu
        label={t("versions.actions", { n: v.number })}
        icon="three-dots"
        items={p.items}
      />
    </li>
  );
}

/** Passed is ordinary and grey; what failed has shape, word and colour. */
function TestTag(
  { instance, tests }: { instance: string; tests: NonNullable<Version["tests"]> },
) {
  const bad = tests.failed > 0 || tests.state === "failed" || tests.state === "error";
  const all = tests.passed + tests.failed;
  const looks = bad ? "tag is-bad" : "tag";
  const says = (
    <>
      <Shape severity={bad ? "alarm" : tests.state === "running" ? "busy" : "normal"} />
      {bad
        ? tests.failed ? tn("versions.testsFailed", tests.failed) : t("versions.testsBroken")
        : tests.state === "running"
        ? t("versions.testsRunning")
        : tn("versions.testsPassed", all)}
    </>
  );
  return tests.runId
    ? <Link className={looks} href={`/instances/${instance}/tests?run=${tests.runId}`}>{says}</Link>
    : <span className={looks}>{says}</span>;
}

/** For how long versions stay, and where that is said. */
function Kept({ instance }: { instance: Instance }) {
  const user = useStore(session, (s) => s.user);
  const own = instance.keepVersions !== null && instance.keepDays !== null;
  // Only who may read the settings of the site is told what they say.
  const site = useLoad<Retention>(own || !user?.administrator ? null : "site/retention");
  const versions = instance.keepVersions ?? site.data?.keepVersions;
  const days = instance.keepDays ?? site.data?.keepDays;
  if (versions === undefined || days === undefined) return null;
  const text = t("versions.kept", { versions: number(versions), days: number(days) });
  const mine = instance.keepVersions !== null || instance.keepDays !== null;
  const href = mine
    ? may(instance, "instance.edit") ? `/instances/${instance.id}/settings` : null
    : user?.administrator
    ? "/settings"
    : null;
  return (
    <span>
      {text} {href ? <Link href={href}>{t("versions.keptWhere")}</Link> : null}
    </span>
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
        <NameField
          autoFocus
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextArea label={t("note")} value={note} onChange={setNote} error={fields.note} />
        <DialogFoot
          verb={t("versions.snapshot")}
          icon="camera"
          busy={action.busy}
          onClose={p.onClose}
        />
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
