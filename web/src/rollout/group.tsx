import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { Device, DeviceGroup, List, MaintenanceWindow, Snapshot } from "../api/types.ts";
import { useAction, useCalm, useList, useLoad, useTopic } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { deviceColumns } from "../devices/devices.tsx";
import { t } from "../i18n/text.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CheckBox, choicesOf, Form, SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { DialogFoot, Removal } from "../ui/form-parts.tsx";
import { Link } from "../ui/link.tsx";
import { Search } from "../ui/list.tsx";
import { navigate } from "../ui/navigation.ts";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { FilterFields, filterOf, filterText, typed } from "./filter.tsx";

export function GroupPage({ id }: { id: string }) {
  const loaded = useLoad<DeviceGroup>(`device-groups/${id}`);
  const devices = useList<Device>("devices", { group: id });
  const refresh = useCalm(() => {
    loaded.reload();
    devices.reload();
  });
  useTopic("devices", refresh);
  const user = useStore(session, (s) => s.user);
  const mayEdit = user !== null && somewhere(user, "member");
  const [open, setOpen] = useState<"edit" | "pick" | "delete" | null>(null);
  const group = loaded.data;
  useCrumb(id, group?.name);
  const close = () => setOpen(null);
  if (!group) {
    return (
      <div className="page">
        <PageHead title={t("device.group")} />
        <section className="panel">
          {loaded.error ? <Failed error={loaded.error} retry={loaded.reload} /> : <Loading />}
        </section>
      </div>
    );
  }
  return (
    <div className="page">
      <PageHead title={group.name} note={group.note || filterText(group.filter)}>
        {mayEdit
          ? (
            <>
              <Button icon="trash" onClick={() => setOpen("delete")}>{t("remove")}</Button>
              <Button icon="pencil" onClick={() => setOpen("edit")}>{t("edit")}</Button>
              <LinkButton kind="primary" icon="send" href={`/deployments/new?group=${group.id}`}>
                {t("rollout.start")}
              </LinkButton>
            </>
          )
          : null}
      </PageHead>
      <Panel title={t("groups.facts")}>
        <Facts
          rows={[
            [
              t("device.target"),
              group.target
                ? <Link key="t" href={`/snapshots/${group.target.id}`}>{group.target.name}</Link>
                : "–",
            ],
            [
              t("device.current"),
              t("enrol.usesOf", { left: group.currentCount, most: group.deviceCount }),
            ],
            [t("groups.members"), filterText(group.filter)],
            [t("windows.one"), group.window?.name ?? t("groups.anytime")],
          ]}
        />
      </Panel>
      <section className="panel list" aria-label={t("devices.title")}>
        {mayEdit && group.filter === null
          ? (
            <header>
              <h2>{t("devices.title")}</h2>
              <span className="grow" />
              <Button onClick={() => setOpen("pick")}>{t("groups.pick")}</Button>
            </header>
          )
          : null}
        {devices.data === null
          ? devices.error ? <Failed error={devices.error} retry={devices.reload} /> : <Loading />
          : devices.data.length === 0
          ? <Empty icon="cpu" title={t("groups.empty")}>{t("groups.emptyText")}</Empty>
          : (
            <VirtualTable
              label={t("devices.title")}
              columns={deviceColumns(new Map(), new Map()).filter((c) => c.key !== "home")}
              rows={devices.data}
              count={devices.count}
              id={(d) => d.id}
              more={devices.more}
            />
          )}
      </section>
      {open === "edit"
        ? <EditGroup group={group} onClose={close} onDone={(g) => (loaded.set(g), close())} />
        : open === "pick"
        ? <PickDevices group={group} onClose={close} onDone={() => (refresh(), close())} />
        : open === "delete"
        ? (
          <Removal
            path={`device-groups/${id}`}
            title={t("groups.deleteAsk", { name: group.name })}
            text={t("groups.deleteText")}
            onClose={close}
            onDone={() => navigate("/groups")}
          />
        )
        : null}
    </div>
  );
}

interface Dialogue<T> {
  group: DeviceGroup;
  onClose: () => void;
  onDone: (result: T) => void;
}

function EditGroup({ group, onClose, onDone }: Dialogue<DeviceGroup>) {
  const [name, setName] = useState(group.name);
  const [note, setNote] = useState(group.note);
  const [filter, setFilter] = useState(typed(group.filter));
  const [target, setTarget] = useState(group.target?.id ?? "");
  const [window, setWindow] = useState(group.window?.id ?? "");
  const snapshots = useLoad<List<Snapshot>>(
    `applications/${group.applicationId}/snapshots?limit=200`,
  ).data?.items ?? [];
  const windows = useLoad<List<MaintenanceWindow>>(
    `maintenance-windows?application=${group.applicationId}&limit=200`,
  ).data?.items ?? [];
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const save = () =>
    action.run(async () => {
      onDone(
        await api.patch<DeviceGroup>(`device-groups/${group.id}`, {
          name,
          note,
          filter: filterOf(filter),
          targetSnapshotId: target || null,
          windowId: window || null,
        }),
      );
      toast(t("saved"));
    });
  return (
    <Dialog title={group.name} onClose={onClose} wide>
      <Form onSubmit={save} error={action.error}>
        <TextField label={t("name")} required value={name} onChange={setName} error={fields.name} />
        <TextArea label={t("note")} value={note} onChange={setNote} error={fields.note} />
        <SelectField
          label={t("device.target")}
          hint={t("groups.targetHint")}
          value={target}
          onChange={setTarget}
          choices={choicesOf(snapshots, "–")}
          error={fields.targetSnapshotId}
        />
        <SelectField
          label={t("windows.one")}
          hint={t("groups.windowHint")}
          value={window}
          onChange={setWindow}
          choices={choicesOf(windows, t("groups.anytime"))}
        />
        <FilterFields filter={filter} onChange={setFilter} error={fields.filter} />
        <DialogFoot busy={action.busy} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

/** Members of a group that somebody picks. */
function PickDevices({ group, onClose, onDone }: Dialogue<void>) {
  const [text, setText] = useState("");
  const list = useList<Device>("devices", {
    application: group.applicationId,
    query: text.trim(),
  });
  const [picked, setPicked] = useState<ReadonlyMap<string, boolean>>(new Map());
  const action = useAction();
  const isIn = (d: Device) => picked.get(d.id) ?? d.groupId === group.id;
  const save = () =>
    action.run(async () => {
      const all: string[] = [];
      let next: string | null = "";
      while (next !== null) {
        const page: List<Device> = await api.get(
          `devices?group=${group.id}&limit=200${next ? `&cursor=${encodeURIComponent(next)}` : ""}`,
        );
        all.push(...page.items.map((d) => d.id));
        next = page.next;
      }
      const members = new Set(all);
      for (const [device, wanted] of picked) {
        if (wanted) members.add(device);
        else members.delete(device);
      }
      await api.put(`device-groups/${group.id}/devices`, { deviceIds: [...members] });
      onDone();
    });
  return (
    <Dialog title={t("groups.pick")} onClose={onClose} wide>
      <Form onSubmit={save} error={action.error ?? list.error}>
        <Search label={t("devices.filter")} value={text} onChange={setText} />
        <div className="pick-list" role="group" aria-label={t("devices.title")}>
          {(list.data ?? []).map((d) => (
            <CheckBox
              key={d.id}
              label={d.groupId && d.groupId !== group.id
                ? t("groups.elsewhere", { name: d.name })
                : d.name}
              checked={isIn(d)}
              onChange={(v) => setPicked(new Map(picked).set(d.id, v))}
            />
          ))}
        </div>
        {list.more ? <Button onClick={list.more}>{t("table.more")}</Button> : null}
        <DialogFoot
          busy={action.busy}
          why={picked.size ? null : t("unchanged")}
          onClose={onClose}
        />
      </Form>
    </Dialog>
  );
}
