import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Form, SelectField, TextField } from "../ui/fields.tsx";
import { PageHead, Panel } from "../ui/page-head.tsx";

/** A stock agent has opened this page and waits for its device to be made. */
export function RegisterPage({ session }: { session: string }) {
  const { data, teams } = useApplications();
  const [picked, setPicked] = useState<string | null>(null);
  const application = picked ?? (data?.length === 1 ? data[0].id : "");
  const [name, setName] = useState("");
  const [made, setMade] = useState<Device | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const save = () =>
    action.run(async () => {
      setMade(
        await api.post<Device>("devices", {
          name,
          teamId: data?.find((a) => a.id === application)?.teamId ?? teams?.[0]?.id,
          applicationId: application || null,
          registrationSession: session,
        }),
      );
    });
  return (
    <div className="page narrow">
      <PageHead title={t("register.title")} note={t("register.note")} />
      <Panel>
        {made
          ? (
            <div className="pad">
              <p role="status">{t("register.done", { name: made.name })}</p>
              <LinkButton kind="primary" href={`/devices/${made.id}`}>{made.name}</LinkButton>
            </div>
          )
          : (
            <Form onSubmit={save} error={action.error} className="form pad">
              <TextField
                label={t("name")}
                required
                maxLength={80}
                value={name}
                onChange={setName}
                error={fields.name}
              />
              <SelectField
                label={t("application")}
                value={application}
                onChange={setPicked}
                choices={[
                  { value: "", label: t("device.unassigned") },
                  ...(data ?? []).map((a) => ({ value: a.id, label: a.name })),
                ]}
              />
              <div className="form-foot">
                <span className="grow" />
                <Button type="submit" kind="primary" busy={action.busy}>{t("register.go")}</Button>
              </div>
            </Form>
          )}
      </Panel>
    </div>
  );
}
