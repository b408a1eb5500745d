import { useState } from "react";
import { api } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Instance } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { CheckBox, Form, TextField } from "../ui/fields.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { toast } from "../ui/toast.tsx";
import { FormFoot } from "../ui/form-parts.tsx";

/** Quota, versions and addresses of the files area. */
export function FilesSettings(
  { instance, onChange }: { instance: Instance; onChange: (i: Instance) => void },
) {
  const [quota, setQuota] = useState(String(instance.filesQuotaMB));
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const locked = !may(instance, "instance.edit");
  const dirty = quota !== String(instance.filesQuotaMB);
  useUnsaved(dirty);
  const put = (change: Partial<Instance>) =>
    action.run(async () => {
      onChange(await api.patch<Instance>(`instances/${instance.id}`, change));
      toast(t("saved"));
    });
  return (
    <Panel title={t("files.title")}>
      <Form
        className="form pad"
        error={action.error}
        onSubmit={() => dirty && put({ filesQuotaMB: Number(quota) })}
      >
        <CheckBox
          label={t("files.inVersionsBox")}
          hint={t("files.inVersionsHint")}
          checked={instance.filesInVersions}
          disabled={locked || action.busy}
          onChange={(filesInVersions) => void put({ filesInVersions })}
        />
        <CheckBox
          label={t("files.servedBox")}
          hint={t("files.servedHint", { path: `/f/${instance.slug}/` })}
          checked={instance.filesServed}
          disabled={locked || action.busy}
          onChange={(filesServed) => void put({ filesServed })}
        />
        <TextField
          label={t("files.quota")}
          hint={t("files.quotaHint")}
          type="number"
          min={1}
          max={1_048_576}
          required
          disabled={locked}
          value={quota}
          onChange={setQuota}
          error={fields.filesQuotaMB}
        />
        <FormFoot busy={action.busy} why={locked ? t("why.role") : dirty ? null : t("unchanged")} />
      </Form>
    </Panel>
  );
}
