import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device, DeviceGroup, List } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { choicesOf, Form, NameField, SelectField, TextField } from "../ui/fields.tsx";
import { FormFoot } from "../ui/form-parts.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { toast } from "../ui/toast.tsx";

/** What it is called and where it belongs. */
export function Identity(
  { device, onChange }: { device: Device; onChange: (device: Device) => void },
) {
  const [name, setName] = useState(device.name);
  const [type, setType] = useState(device.type);
  const [tags, setTags] = useState(device.tags.join(" "));
  const [application, setApplication] = useState(device.applicationId ?? "");
  const [group, setGroup] = useState(device.groupId ?? "");
  const applications = useApplications().data;
  const groups = useLoad<List<DeviceGroup>>(
    application ? `device-groups?application=${application}&limit=200` : null,
  ).data?.items.filter((g) => g.filter === null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const list = tags.split(/[\s,]+/).filter(Boolean);
  const dirty = name !== device.name || type !== device.type ||
    list.join(" ") !== device.tags.join(" ") || application !== (device.applicationId ?? "") ||
    group !== (device.groupId ?? "");
  useUnsaved(dirty);
  const save = () =>
    action.run(async () => {
      onChange(
        await api.patch<Device>(`devices/${device.id}`, {
          name,
          type,
          tags: list,
          applicationId: application || null,
          groupId: group || null,
        }),
      );
      toast(t("saved"));
    });
  return (
    <Panel title={t("device.identity")}>
      <Form onSubmit={save} error={action.error} className="form pad">
        <NameField
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextField
          label={t("device.type")}
          hint={t("device.typeHint")}
          maxLength={80}
          value={type}
          onChange={setType}
          error={fields.type}
        />
        <TextField
          label={t("device.tags")}
          hint={t("device.tagsHint")}
          value={tags}
          onChange={setTags}
          error={fields.tags}
        />
        <SelectField
          label={t("application")}
          value={application}
          onChange={(v) => {
            setApplication(v);
            setGroup("");
          }}
          choices={[
            { value: "", label: t("device.unassigned") },
            ...(applications ?? []).filter((a) => a.teamId === device.teamId)
              .map((a) => ({ value: a.id, label: a.name })),
          ]}
          error={fields.applicationId}
        />
        {groups && groups.length > 0
          ? (
            <SelectField
              label={t("device.group")}
              value={group}
              onChange={setGroup}
              choices={choicesOf(groups, t("device.noGroup"))}
              error={fields.groupId}
            />
          )
          : null}
        <FormFoot busy={action.busy} why={dirty ? null : t("unchanged")} />
      </Form>
    </Panel>
  );
}
