import { useState } from "react";
import { Plain } from "../app/plain.tsx";
import { session, signedIn } from "../app/session.ts";
import { api } from "../api/client.ts";
import type { SignedIn } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Form, TextField } from "../ui/fields.tsx";
import { useStore } from "../ui/use-store.ts";

export function SignIn() {
  const site = useStore(session, (s) => s.health?.site ?? null);
  const ended = useStore(session, (s) => s.ended);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction();
  const submit = () =>
    action.run(async () => signedIn(await api.post<SignedIn>("session", { username, password })));
  return (
    <Plain title={t("signIn.title")} note={site ? <p>{site}</p> : null}>
      {ended && !action.error ? <p className="notice" role="status">{t("signIn.ended")}</p> : null}
      <Form onSubmit={submit} error={action.error} label={t("signIn.title")}>
        <TextField
          label={t("username")}
          name="username"
          autoComplete="username"
          required
          autoFocus
          value={username}
          onChange={setUsername}
        />
        <TextField
          label={t("password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={setPassword}
        />
        <div className="form-foot">
          <Button type="submit" kind="primary" busy={action.busy}>{t("signIn.do")}</Button>
        </div>
      </Form>
      <p className="muted small">{t("signIn.forgot")}</p>
    </Plain>
  );
}
