import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { DeviceGroup, MaintenanceWindow } from "../api/types.ts";
import { useAction, useCalm, useList, useTopic } from "../api/use.ts";
import { session } from "../app/session.ts";
import { t } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { choicesOf, Form, NameField, SelectField } from "../ui/fields.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel } from "../ui/list.tsx";
import { navigate } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { useStore } from "../ui/use-store.ts";
import { type Filter, FilterFields, filterOf, filterText } from "./filter.tsx";
import { Windows } from "./windows.tsx";

export function GroupsPage() {
  const list = useList<DeviceGroup>("device-groups");
  useTopic("devices", useCalm(list.reload));
  const windows = useList<MaintenanceWindow>("maintenance-windows");
  const user = useStore(session, (s) => s.user);
  const mayEdit = user !== null && somewhere(user, "member");
  const [making, setMaking] = useState(false);
  const make = mayEdit
    ? (
      <Button kind="primary" icon="plus-lg" onClick={() => setMaking(true)}>
        {t("groups.add")}
      </Button>
    )
    : undefined;
  return (
    <div className="page">
      <PageHead title={t("groups.title")} note={t("groups.note")}>{make}</PageHead>
      <ListPanel
        label={t("groups.title")}
        list={list}
        id={(g) => g.id}
        nothing={
          <Empty icon="diagram-3" title={t("groups.nothing")} action={make}>
            {t("groups.nothingText")}
          </Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (g) => g.name,
            cell: (g) => <Link href={`/groups/${g.id}`}>{g.name}</Link>,
          },
          {
            key: "devices",
            title: t("devices.title"),
            numeric: true,
            sort: (g) => g.deviceCount,
            cell: (g) => g.deviceCount,
          },
          {
            key: "target",
            title: t("device.target"),
            cell: (g) =>
              g.target ? <Link href={`/snapshots/${g.target.id}`}>{g.target.name}</Link> : "–",
          },
          {
            key: "current",
            title: t("device.current"),
            numeric: true,
            cell: (g) =>
              g.target ? t("enrol.usesOf", { left: g.currentCount, most: g.deviceCount }) : "–",
          },
          {
            key: "filter",
            title: t("groups.members"),
            extra: true,
            cell: (g) => <span className="muted">{filterText(g.filter)}</span>,
          },
          {
            key: "window",
            title: t("windows.one"),
            extra: true,
            cell: (g) => g.window?.name ?? "–",
          },
        ]}
      />
      <Windows list={windows} mayEdit={mayEdit} />
      {making ? <MakeGroup onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function MakeGroup({ onClose }: { onClose: () => void }) {
  const applications = useApplications().data;
  const [picked, setPicked] = useState<string | null>(null);
  const application = picked ?? applications?.[0]?.id ?? "";
  const [name, setName] = useState("");
  const [filter, setFilter] = useState<Filter | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const save = () =>
    action.run(async () => {
      const made = await api.post<DeviceGroup>("device-groups", {
        applicationId: application,
        name,
        filter: filterOf(filter),
      });
      navigate(`/groups/${made.id}`);
    });
  return (
    <Dialog title={t("groups.add")} onClose={onClose}>
      <Form onSubmit={save} error={action.error}>
        <NameField
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <SelectField
          label={t("application")}
          value={application}
          onChange={setPicked}
          choices={choicesOf(applications)}
        />
        <FilterFields filter={filter} onChange={setFilter} error={fields.filter} />
        <DialogFoot
          verb={t("groups.add")}
          busy={action.busy}
          why={name && application ? null : t("unchanged")}
          onClose={onClose}
        />
      </Form>
    </Dialog>
  );
}
