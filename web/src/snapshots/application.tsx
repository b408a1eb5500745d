import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { Application, Instance, Snapshot } from "../api/types.ts";
import { useAction, useList, useLoad } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { bytes } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { instanceColumns, useUpkeep } from "../instances/instances.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Form, NameField, TextArea } from "../ui/fields.tsx";
import { Icon } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel } from "../ui/list.tsx";
import { Menu } from "../ui/menu.tsx";
import { navigate, useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Await, Empty } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { DialogFoot } from "../ui/form-parts.tsx";
import { compareSnapshot } from "./snapshot.tsx";
import { UploadSnapshot } from "./upload.tsx";

export function ApplicationPage({ id }: { id: string }) {
  const loaded = useLoad<Application>(`applications/${id}`);
  const user = useStore(session, (s) => s.user);
  const [tab] = useQuery("tab", "instances");
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  useCrumb(id, loaded.data?.name);
  const why = user && somewhere(user, "owner") ? null : t("why.owner");
  return (
    <div className="page">
      <PageHead
        title={loaded.data?.name ?? t("application")}
        tab={tab === "snapshots" ? t("snapshots.title") : undefined}
        note={loaded.data?.description}
      >
        {loaded.data
          ? (
            <Menu
              label={t("applications.actions")}
              icon="three-dots"
              items={[
                {
                  label: t("edit"),
                  icon: "pencil-square",
                  why,
                  onPick: () => setDialog("edit"),
                },
                {
                  label: t("applications.delete"),
                  icon: "trash",
                  danger: true,
                  why: why ??
                    (loaded.data.counts.instances
                      ? tn("applications.used", loaded.data.counts.instances)
                      : null),
                  onPick: () => setDialog("delete"),
                },
              ]}
            />
          )
          : null}
        {user && somewhere(user, "member")
          ? (
            <LinkButton icon="plus-lg" kind="primary" href={`/instances/new?application=${id}`}>
              {t("instances.create")}
            </LinkButton>
          )
          : null}
      </PageHead>
      <Tabs
        label={t("application")}
        current={tab}
        tabs={[
          { key: "instances", title: t("instances.title"), href: `/applications/${id}` },
          {
            key: "snapshots",
            title: t("snapshots.title"),
            href: `/applications/${id}?tab=snapshots`,
          },
        ]}
      />
      <Await of={loaded}>
        {(application) => (
          <>
            {tab === "snapshots" ? <Snapshots id={id} /> : <Instances id={id} />}
            {dialog === "edit"
              ? (
                <Edit
                  application={application}
                  onClose={() => setDialog(null)}
                  onDone={loaded.set}
                />
              )
              : null}
            {dialog === "delete"
              ? <Remove application={application} onClose={() => setDialog(null)} />
              : null}
          </>
        )}
      </Await>
    </div>
  );
}

function Instances({ id }: { id: string }) {
  const list = useList<Instance>("instances", { application: id });
  useUpkeep(list);
  return (
    <ListPanel
      label={t("instances.title")}
      list={list}
      id={(i) => i.id}
      nothing={
        <Empty
          icon="collection"
          title={t("instances.nothing")}
          action={
            <LinkButton kind="primary" icon="plus-lg" href={`/instances/new?application=${id}`}>
              {t("instances.create")}
            </LinkButton>
          }
        >
          {t("instances.nothingText")}
        </Empty>
      }
      columns={instanceColumns(new Map())}
    />
  );
}

function Snapshots({ id }: { id: string }) {
  const list = useList<Snapshot>(`applications/${id}/snapshots`);
  const instances = useList<Instance>("instances", { application: id });
  const [adding, setAdding] = useState(false);
  const user = useStore(session, (s) => s.user);
  const why = user && somewhere(user, "member") ? null : t("why.role");
  const name = (s: Snapshot) => instances.data?.find((i) => i.id === s.instanceId)?.name ?? "–";
  const add = (
    <Button icon="upload" why={why} onClick={() => setAdding(true)}>{t("snapshots.upload")}</Button>
  );
  return (
    <>
      <div className="toolbar">
        <p className="muted grow">{t("snapshots.note")}</p>
        {add}
      </div>
      <ListPanel
        label={t("snapshots.title")}
        list={list}
        id={(s) => s.id}
        nothing={
          <Empty icon="camera" title={t("snapshots.nothing")} action={add}>
            {t("snapshots.nothingText")}
          </Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (s) => s.name,
            cell: (s) => (
              <>
                <Link href={`/snapshots/${s.id}`}>{s.name}</Link>
                {s.pinned
                  ? (
                    <span className="tag">
                      <Icon name="pin-angle-fill" />
                      {t("pinned")}
                    </span>
                  )
                  : null}
              </>
            ),
          },
          {
            key: "note",
            title: t("note"),
            extra: true,
            cell: (s) => <span className="wrap muted">{s.note}</span>,
          },
          {
            key: "instance",
            title: t("snapshots.from"),
            sort: name,
            cell: (s) =>
              s.instanceId
                ? <Link className="soft" href={`/instances/${s.instanceId}`}>{name(s)}</Link>
                : t("source.upload"),
          },
          {
            key: "author",
            title: t("snapshots.author"),
            sort: (s) => s.author,
            cell: (s) => s.author,
          },
          {
            key: "created",
            title: t("created"),
            sort: (s) => s.createdAt,
            cell: (s) => <Time at={s.createdAt} />,
          },
          {
            key: "size",
            title: t("size"),
            numeric: true,
            sort: (s) => s.size,
            extra: true,
            cell: (s) => bytes(s.size),
          },
          {
            key: "compare",
            title: t("compare.title"),
            quiet: true,
            extra: true,
            cell: (s) => (
              <LinkButton
                kind="quiet"
                icon="intersect"
                label={t("snapshots.compareNamed", { name: s.name })}
                href={compareSnapshot(s)}
              />
            ),
          },
        ]}
      />
      {adding
        ? (
          <UploadSnapshot
            application={id}
            onClose={() => setAdding(false)}
            onDone={(s) => {
              setAdding(false);
              list.reload();
              toast(t("snapshots.uploaded", { name: s.name }));
            }}
          />
        )
        : null}
    </>
  );
}

function Edit(
  p: { application: Application; onClose: () => void; onDone: (a: Application) => void },
) {
  const [name, setName] = useState(p.application.name);
  const [description, setDescription] = useState(p.application.description);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={t("applications.edit")} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            p.onDone(
              await api.patch<Application>(`applications/${p.application.id}`, {
                name,
                description,
              }),
            );
            p.onClose();
          })}
      >
        <NameField
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextArea
          label={t("description")}
          value={description}
          onChange={setDescription}
          error={fields.description}
        />
        <DialogFoot verb={t("save")} busy={action.busy} onClose={p.onClose} />
      </Form>
    </Dialog>
  );
}

function Remove({ application, onClose }: { application: Application; onClose: () => void }) {
  const action = useAction();
  return (
    <Confirm
      title={t("applications.deleteAsk", { name: application.name })}
      verb={t("applications.delete")}
      danger
      typed={application.name}
      busy={action.busy}
      error={action.error}
      onClose={onClose}
      onConfirm={() =>
        action.run(async () => {
          await api.delete(`applications/${application.id}`);
          navigate("/applications");
        })}
    >
      <p>{t("applications.deleteText")}</p>
    </Confirm>
  );
}
