import { useState } from "react";
import { api } from "../api/client.ts";
import type { Application, Instance, Snapshot } from "../api/types.ts";
import { asError, useAction, useLoad } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { somewhere } from "../api/permissions.ts";
import { useStore } from "../ui/use-store.ts";
import { DownloadSnapshot } from "./download.tsx";
import { bytes } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Restore } from "../instances/restore.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Form, NameField, TextArea } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { Menu } from "../ui/menu.tsx";
import { navigate } from "../ui/navigation.ts";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { problemText } from "../ui/problem.tsx";
import { Await } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";

/** With what its instance runs now; uploaded ones wait for the other side to be picked. */
export function compareSnapshot(s: Snapshot): string {
  const from = `from=snapshot:${s.id}`;
  return s.instanceId ? `/compare?${from}&to=instance:${s.instanceId}` : `/compare?${from}`;
}

export function SnapshotPage({ id }: { id: string }) {
  const loaded = useLoad<Snapshot>(`snapshots/${id}`);
  const s = loaded.data;
  const application = useLoad<Application>(s ? `applications/${s.applicationId}` : null);
  const instance = useLoad<Instance>(s?.instanceId ? `instances/${s.instanceId}` : null);
  const user = useStore(session, (state) => state.user);
  const why = user && somewhere(user, "member") ? null : t("why.role");
  const [dialog, setDialog] = useState<"restore" | "edit" | "delete" | "download" | null>(null);
  const pin = async () => {
    try {
      loaded.set(await api.patch<Snapshot>(`snapshots/${id}`, { pinned: !s?.pinned }));
    } catch (e) {
      toast(problemText(asError(e)));
    }
  };
  useCrumb(
    id,
    s?.name,
    application.data ? { id: application.data.id, name: application.data.name } : undefined,
  );
  return (
    <div className="page">
      <PageHead title={s?.name ?? t("snapshot")} note={s?.note}>
        {s
          ? (
            <>
              <Menu
                label={t("snapshots.actions")}
                icon="three-dots"
                items={[
                  {
                    label: t("snapshots.make"),
                    icon: "plus-lg",
                    why,
                    onPick: () =>
                      navigate(`/instances/new?application=${s.applicationId}&snapshot=${s.id}`),
                  },
                  {
                    label: s.pinned ? t("unpin") : t("pin"),
                    icon: "pin-angle",
                    why,
                    onPick: pin,
                  },
                  { label: t("edit"), icon: "pencil-square", why, onPick: () => setDialog("edit") },
                  {
                    label: t("snapshots.delete"),
                    icon: "trash",
                    danger: true,
                    why: why ?? (s.pinned ? t("snapshots.unpinFirst") : null),
                    onPick: () => setDialog("delete"),
                  },
                ]}
              />
              <LinkButton icon="eye" href={`/snapshots/${s.id}/flows`}>
                {t("snapshots.look")}
              </LinkButton>
              <LinkButton icon="intersect" href={compareSnapshot(s)}>
                {t("compare.title")}
              </LinkButton>
              <Button icon="download" onClick={() => setDialog("download")}>{t("download")}</Button>
              <Button
                kind="primary"
                icon="arrow-counterclockwise"
                why={why}
                onClick={() => setDialog("restore")}
              >
                {t("snapshots.restore")}
              </Button>
            </>
          )
          : null}
      </PageHead>
      <Await of={loaded}>
        {(snapshot) => (
          <Panel title={t("snapshots.facts")}>
            <Facts
              rows={[
                [
                  t("snapshots.from"),
                  snapshot.instanceId
                    ? (
                      <Link key="i" href={`/instances/${snapshot.instanceId}/versions`}>
                        {instance.data?.name ?? t("instance")}
                      </Link>
                    )
                    : t("source.upload"),
                ],
                [t("snapshots.author"), snapshot.author],
                [
                  t("snapshots.kept"),
                  snapshot.pinned ? t("snapshots.isPinned") : t("snapshots.notPinned"),
                ],
                [t("created"), <Time key="t" at={snapshot.createdAt} />],
                [t("size"), bytes(snapshot.size)],
                [
                  t("snapshots.credentials"),
                  snapshot.hasCredentials ? t("snapshots.included") : t("snapshots.none"),
                ],
                [
                  t("snapshots.files"),
                  snapshot.hasFiles ? t("snapshots.included") : t("snapshots.none"),
                ],
                [
                  t("snapshots.modules"),
                  snapshot.modules.map((m) => `${m.name} ${m.version}`).join(", ") || "–",
                ],
                [t("environment.title"), snapshot.environment.join(", ") || "–"],
                [
                  t("snapshots.digest"),
                  <code key="d" className="digest">{snapshot.flowsDigest}</code>,
                ],
              ]}
            />
          </Panel>
        )}
      </Await>
      {s && dialog === "restore"
        ? (
          <Restore
            source={{ snapshot: s.id }}
            title={t("restore.snapshot", { name: s.name })}
            hasFiles={s.hasFiles}
            instance={instance.data}
            onClose={() => setDialog(null)}
            onDone={() => {}}
          />
        )
        : null}
      {s && dialog === "download"
        ? (
          <DownloadSnapshot
            snapshot={s}
            mayTakeCredentials={why === null}
            onClose={() => setDialog(null)}
          />
        )
        : null}
      {s && dialog === "edit"
        ? <Edit snapshot={s} onClose={() => setDialog(null)} onDone={loaded.set} />
        : null}
      {s && dialog === "delete" ? <Remove snapshot={s} onClose={() => setDialog(null)} /> : null}
    </div>
  );
}

function Edit(p: { snapshot: Snapshot; onClose: () => void; onDone: (s: Snapshot) => void }) {
  const [name, setName] = useState(p.snapshot.name);
  const [note, setNote] = useState(p.snapshot.note);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={t("snapshots.edit")} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            p.onDone(await api.patch<Snapshot>(`snapshots/${p.snapshot.id}`, { name, note }));
            p.onClose();
          })}
      >
        <NameField
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextArea label={t("note")} value={note} onChange={setNote} error={fields.note} />
        <DialogFoot verb={t("save")} busy={action.busy} onClose={p.onClose} />
      </Form>
    </Dialog>
  );
}

function Remove({ snapshot, onClose }: { snapshot: Snapshot; onClose: () => void }) {
  const action = useAction();
  return (
    <Confirm
      title={t("snapshots.deleteAsk", { name: snapshot.name })}
      verb={t("snapshots.delete")}
      danger
      busy={action.busy}
      error={action.error}
      onClose={onClose}
      onConfirm={() =>
        action.run(async () => {
          await api.delete(`snapshots/${snapshot.id}`);
          navigate(`/applications/${snapshot.applicationId}?tab=snapshots`);
        })}
    >
      <p>{t("snapshots.deleteText")}</p>
    </Confirm>
  );
}
