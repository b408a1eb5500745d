import { useRef, useState } from "react";
import { api, download, query, upload } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { FileEntry, FileList, Instance } from "../api/types.ts";
import { asError, useAction, useLoad, useTopic } from "../api/use.ts";
import { withQuery } from "../core/router.ts";
import { bytes } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Form, TextField } from "../ui/fields.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "../ui/menu.tsx";
import { navigate, navigation, useQuery } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { problemText } from "../ui/problem.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Table, TableFoot } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";
import { Quota } from "./quota.tsx";

type Asked = { kind: "folder" } | { kind: "move" | "delete"; entry: FileEntry };

/** The files area of one instance: what its flows read and write, and what people put there. */
export function FilesTab({ instance }: { instance: Instance }) {
  const [path] = useQuery("path");
  const base = `instances/${instance.id}/files`;
  const list = useLoad<FileList>(query(base, { path, limit: 200 }));
  useTopic(`instance/${instance.id}/files`, list.reload);
  const [more, setMore] = useState<FileEntry[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [asked, setAsked] = useState<Asked | null>(null);
  const sending = useSending(instance, path, list.reload);
  const picker = useRef<HTMLInputElement>(null);
  const why = may(instance, "files.edit") ? null : t("why.role");
  const data = list.data;
  const items = data ? [...data.items, ...more] : [];
  const cursor = next === undefined ? data?.next ?? null : next;
  const reload = () => {
    setMore([]);
    setNext(undefined);
    list.reload();
  };
  const open = (to: string) => {
    setMore([]);
    setNext(undefined);
    // A folder is a place: back leads out of it.
    navigate(withQuery(navigation.get().at, { path: to || null }));
  };
  const showMore = async () => {
    try {
      const page = await api.get<FileList>(query(base, { path, limit: 200, cursor }));
      setMore([...more, ...page.items]);
      setNext(page.next);
    } catch (e) {
      toast(problemText(asError(e)));
    }
  };
  const take = (files: FileList_ | null) => {
    if (files?.length && !why) sending.send([...files]);
  };
  return (
    <Panel
      title={t("files.title")}
      tools={
        <>
          <Button icon="folder-plus" why={why} onClick={() => setAsked({ kind: "folder" })}>
            {t("files.newFolder")}
          </Button>
          <Button
            icon="upload"
            why={why}
            busy={sending.busy}
            onClick={() => picker.current?.click()}
          >
            {t("files.upload")}
          </Button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label={t("files.upload")}
            onChange={(e) => {
              take(e.target.files);
              e.target.value = "";
            }}
          />
        </>
      }
    >
      <div
        className={sending.over ? "drop is-over" : "drop"}
        onDragOver={(e) => {
          if (why || !e.dataTransfer.types.includes("Files")) return;
          e.preventDefault();
          sending.setOver(true);
        }}
        onDragLeave={() => sending.setOver(false)}
        onDrop={(e) => {
          e.preventDefault();
          sending.setOver(false);
          take(e.dataTransfer.files);
        }}
      >
        <div className="pad files-head">
          <Where path={path} open={open} />
          {data ? <Quota used={data.used} quota={data.quota} /> : null}
        </div>
        <Sent sending={sending} />
        {data === null
          ? list.error ? <Failed error={list.error} retry={reload} /> : <Loading />
          : items.length === 0
          ? (
            <Empty icon="folder2-open" title={path ? t("files.emptyFolder") : t("files.nothing")}>
              {t("files.nothingText")}
            </Empty>
          )
          : (
            <>
              <Table
                label={t("files.title")}
                rows={items}
                id={(f) => f.path}
                columns={[
                  {
                    key: "name",
                    title: t("name"),
                    sort: (f) => (f.kind === "folder" ? "0" : "1") + f.name,
                    cell: (f) => <Name entry={f} instance={instance} open={open} />,
                  },
                  {
                    key: "size",
                    title: t("size"),
                    numeric: true,
                    sort: (f) => f.size,
                    cell: (f) => f.kind === "folder" ? "" : bytes(f.size),
                  },
                  {
                    key: "modified",
                    title: t("files.modified"),
                    sort: (f) => f.modifiedAt,
                    extra: true,
                    cell: (f) => <Time at={f.modifiedAt} />,
                  },
                  {
                    key: "tools",
                    title: t("files.actions"),
                    quiet: true,
                    cell: (f) => (
                      <Menu
                        label={t("files.actionsOf", { name: f.name })}
                        icon="three-dots"
                        items={[
                          ...(f.kind === "file"
                            ? [{
                              label: t("download"),
                              icon: "download",
                              onPick: () => fetchFile(instance, f),
                            }]
                            : []),
                          {
                            label: t("files.move"),
                            icon: "pencil-square",
                            why,
                            onPick: () => setAsked({ kind: "move", entry: f }),
                          },
                          {
                            label: t("files.delete"),
                            icon: "trash",
                            danger: true,
                            why,
                            onPick: () => setAsked({ kind: "delete", entry: f }),
                          },
                        ]}
                      />
                    ),
                  },
                ]}
              />
              <TableFoot
                shown={items.length}
                count={data.count}
                more={cursor ? () => void showMore() : null}
              />
            </>
          )}
        <p className="pad muted small">{note(instance)}</p>
      </div>
      {asked?.kind === "folder"
        ? (
          <NameDialog
            title={t("files.newFolder")}
            verb={t("files.newFolder")}
            initial=""
            onClose={() => setAsked(null)}
            onDone={async (name) => {
              await api.post(`${base}/folders`, { path: join(path, name) });
              reload();
            }}
          />
        )
        : null}
      {asked?.kind === "move"
        ? (
          <NameDialog
            title={t("files.moveTitle", { name: asked.entry.name })}
            verb={t("files.move")}
            hint={t("files.moveHint")}
            initial={asked.entry.path}
            onClose={() => setAsked(null)}
            onDone={async (to) => {
              await api.post(`${base}/move`, { from: asked.entry.path, to });
              reload();
            }}
          />
        )
        : null}
      {asked?.kind === "delete"
        ? (
          <DeleteDialog
            base={base}
            entry={asked.entry}
            onClose={() => setAsked(null)}
            onDone={reload}
          />
        )
        : null}
    </Panel>
  );
}

type FileList_ = { length: number } & Iterable<File>;

function note(instance: Instance): string {
  const parts = [t("files.where")];
  parts.push(instance.filesInVersions ? t("files.inVersions") : t("files.notInVersions"));
  if (instance.filesServed) parts.push(t("files.served", { path: `/f/${instance.slug}/` }));
  return parts.join(" ");
}

function join(folder: string, name: string): string {
  return folder ? `${folder}/${name}` : name;
}

function fetchFile(instance: Instance, entry: FileEntry): void {
  download(query(`instances/${instance.id}/files/content`, { path: entry.path }), entry.name)
    .catch((e) => toast(problemText(asError(e))));
}

function Where({ path, open }: { path: string; open: (path: string) => void }) {
  const parts = path ? path.split("/") : [];
  return (
    <nav aria-label={t("files.path")} className="grow">
      <ol className="crumbs">
        {["", ...parts].map((part, i) => {
          const to = parts.slice(0, i).join("/");
          const name = i === 0 ? t("files.root") : part;
          return (
            <li key={to}>
              {i === parts.length
                ? <span aria-current="page">{name}</span>
                : <button type="button" className="link" onClick={() => open(to)}>{name}</button>}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function Name(
  { entry, instance, open }: {
    entry: FileEntry;
    instance: Instance;
    open: (path: string) => void;
  },
) {
  if (entry.kind === "folder") {
    return (
      <button type="button" className="link file-name" onClick={() => open(entry.path)}>
        <Icon name="folder" />
        {entry.name}
      </button>
    );
  }
  if (entry.kind === "other") return <span className="file-name muted">{entry.name}</span>;
  return (
    <button
      type="button"
      className="link file-name"
      onClick={() => fetchFile(instance, entry)}
    >
      <Icon name="file-earmark" />
      {entry.name}
    </button>
  );
}

function NameDialog(
  p: {
    title: string;
    verb: string;
    hint?: string;
    initial: string;
    onClose: () => void;
    onDone: (name: string) => Promise<void>;
  },
) {
  const [name, setName] = useState(p.initial);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={p.title} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            await p.onDone(name);
            p.onClose();
          })}
      >
        <TextField
          label={t("name")}
          hint={p.hint}
          required
          autoFocus
          maxLength={1000}
          value={name}
          onChange={setName}
          error={fields.path ?? fields.to ?? fields.from}
        />
        <DialogFoot verb={p.verb} busy={action.busy} onClose={p.onClose} />
      </Form>
    </Dialog>
  );
}

function DeleteDialog(
  p: { base: string; entry: FileEntry; onClose: () => void; onDone: () => void },
) {
  const action = useAction();
  return (
    <Confirm
      title={t("files.deleteAsk", { name: p.entry.name })}
      verb={t("files.delete")}
      danger
      busy={action.busy}
      error={action.error}
      onClose={p.onClose}
      onConfirm={() =>
        action.run(async () => {
          await api.delete(query(`${p.base}/content`, { path: p.entry.path }));
          p.onClose();
          p.onDone();
        })}
    >
      <p>{p.entry.kind === "folder" ? t("files.deleteFolderText") : t("files.deleteText")}</p>
    </Confirm>
  );
}

interface Transfer {
  file: File;
  sent: number;
  state: "waiting" | "sending" | "done" | "failed";
  why: string | null;
  taken: boolean;
}

interface Sending {
  busy: boolean;
  over: boolean;
  setOver: (over: boolean) => void;
  transfers: readonly Transfer[];
  send: (files: File[], overwrite?: boolean) => void;
  retry: (overwrite: boolean) => void;
  clear: () => void;
}

/** One file after the other; what fails stays in the list with its reason and can be sent again. */
function useSending(instance: Instance, path: string, done: () => void): Sending {
  const [transfers, setTransfers] = useState<readonly Transfer[]>([]);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const send = async (files: File[], overwrite = false) => {
    if (busy) return;
    setBusy(true);
    const all: Transfer[] = files.map((file) => ({
      file,
      sent: 0,
      state: "waiting",
      why: null,
      taken: false,
    }));
    const show = () => setTransfers([...all]);
    for (const one of all) {
      one.state = "sending";
      show();
      const to = query(`instances/${instance.id}/files/content`, {
        path: join(path, one.file.name),
      });
      try {
        await upload(
          to,
          one.file,
          (sent) => {
            one.sent = sent;
            show();
          },
          new AbortController().signal,
          overwrite ? {} : { "if-none-match": "*" },
          "PUT",
        );
        one.state = "done";
      } catch (e) {
        const error = asError(e);
        one.state = "failed";
        one.taken = error.status === 412;
        one.why = one.taken ? t("files.taken") : problemText(error);
      }
      show();
    }
    setBusy(false);
    done();
    const sent = all.filter((f) => f.state === "done").length;
    if (sent === all.length) {
      setTransfers([]);
      toast(tn("files.sent", sent));
    }
  };
  return {
    busy,
    over,
    setOver,
    transfers,
    send: (files, overwrite) => void send(files, overwrite),
    retry: (overwrite) =>
      void send(transfers.filter((f) => f.state === "failed").map((f) => f.file), overwrite),
    clear: () => setTransfers([]),
  };
}

function Sent({ sending }: { sending: Sending }) {
  const { transfers, busy } = sending;
  if (!transfers.length) return null;
  const failed = transfers.filter((f) => f.state === "failed");
  return (
    <div className="pad sent" role="status">
      <ul className="rows">
        {transfers.map((f) => (
          <li key={f.file.name}>
            <span className="grow">{f.file.name}</span>
            {f.state === "failed" ? <span className="error">{f.why}</span> : (
              <progress
                aria-label={f.file.name}
                max={Math.max(f.file.size, 1)}
                value={f.state === "done" ? Math.max(f.file.size, 1) : f.sent}
              />
            )}
          </li>
        ))}
      </ul>
      {busy || !failed.length ? null : (
        <div className="form-foot">
          <Button onClick={sending.clear}>{t("close")}</Button>
          {failed.some((f) => f.taken)
            ? (
              <Button kind="danger" onClick={() => sending.retry(true)}>
                {t("files.overwrite")}
              </Button>
            )
            : (
              <Button kind="primary" onClick={() => sending.retry(false)}>
                {t("files.retry")}
              </Button>
            )}
        </div>
      )}
    </div>
  );
}
