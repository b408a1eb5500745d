import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { LinkButton } from "../ui/button.tsx";
import { Form, NameField } from "../ui/fields.tsx";
import { FormFoot } from "../ui/form-parts.tsx";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { useHome } from "./home.tsx";

/** A stock agent has opened this page and waits for its device to be made. */
export function RegisterPage({ session }: { session: string }) {
  const home = useHome();
  const [name, setName] = useState("");
  const [made, setMade] = useState<Device | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const save = () =>
    action.run(async () => {
      setMade(
        await api.post<Device>("devices", {
          name,
          teamId: home.team,
          applicationId: home.application,
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
              <NameField
                value={name}
                onChange={setName}
                error={fields.name}
              />
              {home.field}
              <FormFoot verb={t("register.go")} busy={action.busy} />
            </Form>
          )}
      </Panel>
    </div>
  );
}
