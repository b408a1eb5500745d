import { useState } from "react";
import { download, query } from "../api/client.ts";
import type { AuditEvent } from "../api/types.ts";
import { asError, useList } from "../api/use.ts";
import { objectPath } from "../app/objects.ts";
import { changesOf } from "../core/changes.ts";
import { utc } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { InlineSelect } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel, Search, Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { Facts, PageHead } from "../ui/page-head.tsx";
import { problemText } from "../ui/problem.tsx";
import { Empty } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";

const SPANS: Record<string, number> = { day: 1, week: 7, month: 30 };

/** Who did what, on what, from where and when. Nothing here can be changed. */
export function AuditPage() {
  const [text, setText] = useQuery("query");
  const [actor, setActor] = useQuery("actor");
  const [kind, setKind] = useQuery("kind");
  const [span, setSpan] = useQuery("span");
  const [open, setOpen] = useState<AuditEvent | null>(null);
  const [busy, setBusy] = useState(false);
  // Fixed to the minute, so that the list is not read again with each stroke.
  const from = SPANS[span]
    ? new Date(Math.floor(Date.now() / 60_000) * 60_000 - SPANS[span] * 86_400_000).toISOString()
    : null;
  const filter = { query: text, actor, kind, from };
  const list = useList<AuditEvent>("audit", filter, 100);
  const filtered = Boolean(text || actor || kind || span);
  const clear = () => {
    setText("");
    setActor("");
    setKind("");
    setSpan("");
  };
  return (
    <div className="page">
      <PageHead title={t("audit.title")} note={t("audit.note")}>
        <Button
          icon="download"
          busy={busy}
          onClick={() => {
            setBusy(true);
            download(query("audit/export", filter), "audit.csv")
              .catch((e) => toast(problemText(asError(e))))
              .finally(() => setBusy(false));
          }}
        >
          {t("audit.export")}
        </Button>
      </PageHead>
      <Toolbar label={t("filter")}>
        <Search label={t("audit.find")} value={text} onChange={setText} />
        {actor
          ? (
            <Button icon="x-lg" onClick={() => setActor("")}>
              {t("audit.by", { name: actor })}
            </Button>
          )
          : null}
        <InlineSelect
          label={t("audit.kind")}
          value={kind}
          onChange={setKind}
          choices={[
            { value: "", label: t("audit.everyKind") },
            ...["instance", "snapshot", "stack", "user", "session", "grant", "site"].map((k) => ({
              value: k,
              label: word("object", k),
            })),
          ]}
        />
        <InlineSelect
          label={t("range")}
          value={span}
          onChange={setSpan}
          choices={[
            { value: "", label: t("audit.ever") },
            { value: "day", label: t("range.24h") },
            { value: "week", label: t("range.7d") },
            { value: "month", label: t("range.30d") },
          ]}
        />
      </Toolbar>
      <ListPanel
        label={t("audit.title")}
        list={list}
        id={(e) => e.id}
        filtered={filtered}
        clear={clear}
        nothing={<Empty icon="journal-text" title={t("audit.nothing")} />}
        columns={[
          {
            key: "at",
            title: t("audit.when"),
            cell: (e) => <time dateTime={e.at} className="mono nowrap">{utc(e.at)}</time>,
          },
          {
            key: "actor",
            title: t("audit.who"),
            cell: (e) => (
              <>
                <button
                  type="button"
                  className="as-link is-soft"
                  title={t("audit.by", { name: e.actor.name })}
                  onClick={() => setActor(e.actor.name)}
                >
                  {e.actor.name}
                </button>
                {e.actor.type === "user"
                  ? null
                  : <span className="muted">{` (${word("actor", e.actor.type)})`}</span>}
              </>
            ),
          },
          {
            key: "text",
            title: t("audit.what"),
            cell: (e) => (
              <button type="button" className="as-link wrap" onClick={() => setOpen(e)}>
                {e.text || e.kind}
              </button>
            ),
          },
          {
            key: "object",
            title: t("audit.on"),
            extra: true,
            cell: (e) => <ObjectLink event={e} />,
          },
          {
            key: "address",
            title: t("audit.from"),
            extra: true,
            cell: (e) => <span className="mono">{e.address ?? "–"}</span>,
          },
        ]}
      />
      {open ? <Detail event={open} onClose={() => setOpen(null)} /> : null}
    </div>
  );
}

function ObjectLink({ event }: { event: AuditEvent }) {
  const o = event.object;
  if (!o) return <>–</>;
  const path = event.kind.endsWith(".deleted") ? null : objectPath(o);
  return path ? <Link className="soft" href={path}>{o.name}</Link> : <>{o.name}</>;
}

function Detail({ event: e, onClose }: { event: AuditEvent; onClose: () => void }) {
  const changes = changesOf(e.before, e.after);
  return (
    <Dialog title={e.text || e.kind} onClose={onClose} wide>
      <Facts
        rows={[
          [t("audit.when"), <span key="w" className="mono">{e.at}</span>],
          [t("audit.who"), `${e.actor.name} (${word("actor", e.actor.type)})`],
          [t("audit.from"), e.address ?? "–"],
          [t("audit.kind"), <code key="k">{e.kind}</code>],
          [t("audit.on"), e.object ? `${word("object", e.object.type)} ${e.object.name}` : "–"],
        ]}
      />
      {changes.length
        ? (
          <div className="table-scroll" role="group" tabIndex={0} aria-label={t("audit.changes")}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t("audit.field")}</th>
                  <th scope="col">{t("audit.before")}</th>
                  <th scope="col">{t("audit.after")}</th>
                </tr>
              </thead>
              <tbody>
                {changes.map((c) => (
                  <tr key={c.key}>
                    <th scope="row" className="mono">{c.key}</th>
                    <td className="mono wrap">{c.before ?? "–"}</td>
                    <td className="mono wrap">{c.after ?? "–"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
        : <p className="muted">{t("audit.noChanges")}</p>}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </Dialog>
  );
}
