import { useEffect, useRef, useState } from "react";
import { session } from "../app/session.ts";
import { api, type ApiError, query, upload } from "../api/client.ts";
import type { Stack } from "../api/types.ts";
import { asError, useAction, useList } from "../api/use.ts";
import { bytes, number } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { nameOf } from "../instances/instances.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { ListPanel } from "../ui/list.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Empty } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";

export function StacksPage() {
  const list = useList<Stack>("stacks");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Stack | null>(null);
  const administrator = useStore(session, (s) => s.user?.administrator ?? false);
  const why = administrator ? null : t("why.administrator");
  const add = (
    <Button icon="upload" kind="primary" why={why} onClick={() => setAdding(true)}>
      {t("stacks.add")}
    </Button>
  );
  return (
    <div className="page">
      <PageHead title={t("stacks.title")} note={t("stacks.note")}>{add}</PageHead>
      <ListPanel
        label={t("stacks.title")}
        list={list}
        id={(s) => s.id}
        nothing={
          <Empty icon="layers" title={t("stacks.nothing")} action={add}>
            {t("stacks.nothingText")}
          </Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (s) => s.name,
            cell: (s) => <strong>{nameOf(s)}</strong>,
          },
          { key: "nodeRed", title: "Node-RED", sort: (s) => s.nodeRed, cell: (s) => s.nodeRed },
          {
            key: "node",
            title: "Node.js",
            sort: (s) => s.node ?? "",
            cell: (s) => s.node ?? <span className="muted">{t("stacks.systemNode")}</span>,
          },
          {
            key: "size",
            title: t("size"),
            numeric: true,
            sort: (s) => s.size,
            cell: (s) => <span title={tn("stacks.files", s.files)}>{bytes(s.size)}</span>,
          },
          {
            key: "instances",
            title: t("instances.title"),
            numeric: true,
            sort: (s) => s.instances,
            cell: (s) => number(s.instances),
          },
          {
            key: "addedAt",
            title: t("stacks.added"),
            sort: (s) => s.addedAt,
            extra: true,
            cell: (s) => (
              <>
                <Time at={s.addedAt} /> <span className="muted">{s.addedBy}</span>
              </>
            ),
          },
          {
            key: "remove",
            title: t("remove"),
            quiet: true,
            cell: (s) => (
              <Button
                kind="quiet"
                icon="trash"
                label={t("stacks.remove", { name: nameOf(s) })}
                why={why ?? (s.instances ? tn("stacks.used", s.instances) : null)}
                onClick={() => setRemoving(s)}
              />
            ),
          },
        ]}
      />
      {adding
        ? (
          <AddStack
            onClose={() => setAdding(false)}
            onDone={(stack) => {
              setAdding(false);
              list.reload();
              toast(t("stacks.done", { name: nameOf(stack) }));
            }}
          />
        )
        : null}
      {removing
        ? (
          <RemoveStack
            stack={removing}
            onClose={() => setRemoving(null)}
            onDone={() => {
              setRemoving(null);
              list.reload();
            }}
          />
        )
        : null}
    </div>
  );
}

function RemoveStack(p: { stack: Stack; onClose: () => void; onDone: () => void }) {
  const action = useAction();
  const name = nameOf(p.stack);
  return (
    <Confirm
      title={t("stacks.remove", { name })}
      verb={t("stacks.removeDo")}
      danger
      busy={action.busy}
      error={action.error}
      onClose={p.onClose}
      onConfirm={() =>
        action.run(async () => {
          await api.delete(`stacks/${p.stack.id}`);
          p.onDone();
        })}
    >
      <p>{t("stacks.removeText", { size: bytes(p.stack.size) })}</p>
    </Confirm>
  );
}

/** Sends the file as it is; closing the dialog stops the transfer, and nothing of it stays. */
function AddStack(p: { onClose: () => void; onDone: (stack: Stack) => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const start = () => {
    if (!file) return;
    const mine = new AbortController();
    stop.current = mine;
    setError(null);
    setSent(0);
    upload<Stack>(query("stacks", { name: file.name }), file, (n) => setSent(n), mine.signal).then(
      p.onDone,
      (e) => {
        if (mine.signal.aborted) return;
        setError(asError(e));
        setSent(null);
      },
    );
  };
  const percent = file && sent !== null ? Math.floor((sent / Math.max(1, file.size)) * 100) : 0;
  return (
    <Dialog title={t("stacks.add")} onClose={p.onClose}>
      <p>{t("stacks.what")}</p>
      <div className="form-field">
        <label htmlFor="stack-file">{t("stacks.file")}</label>
        <input
          id="stack-file"
          className="input"
          type="file"
          accept=".tgz,.tar.gz"
          disabled={sent !== null}
          onChange={(e) => setFile(e.target.files?.[0] ?? null)}
        />
      </div>
      {file && sent !== null
        ? (
          <div className="progress-field">
            <progress max={100} value={percent} aria-label={t("stacks.sending")} />
            <p className="muted small" role="status">
              {percent < 100
                ? t("stacks.sent", { sent: bytes(sent), total: bytes(file.size), percent })
                : t("stacks.unpacking")}
            </p>
          </div>
        )
        : null}
      {error ? <ProblemNote error={error} /> : null}
      <div className="dialog-foot">
        <Button onClick={p.onClose}>{sent === null ? t("cancel") : t("stacks.stop")}</Button>
        <Button
          kind="primary"
          icon="upload"
          busy={sent !== null}
          why={file ? null : t("stacks.pickFirst")}
          onClick={start}
        >
          {t("stacks.send")}
        </Button>
      </div>
    </Dialog>
  );
}
