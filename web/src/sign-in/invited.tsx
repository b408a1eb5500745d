import { useState } from "react";
import { Plain } from "../app/plain.tsx";
import { signedIn } from "../app/session.ts";
import { api } from "../api/client.ts";
import type { InvitationOffer, SignedIn } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Form, TextField } from "../ui/fields.tsx";
import { navigate, useLocation } from "../ui/navigation.ts";
import { Failed, Loading } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";

/** `/invitations/<secret>`, or `/invitation#<secret>` where the link keeps it out of logs. */
export function Invited() {
  const at = useLocation();
  const [secret] = useState(() =>
    at.path.startsWith("/invitations/") ? at.path.split("/")[2] : at.hash.replace(/^secret=/, "")
  );
  const path = `invitations/${encodeURIComponent(secret)}`;
  const offer = useLoad<InvitationOffer>(path);
  if (offer.error) {
    const gone = offer.error.status === 404;
    return (
      <Plain title={t("invited.title")}>
        {gone
          ? (
            <>
              <p>{t("invited.gone")}</p>
              <LinkButton href="/sign-in">{t("signIn.title")}</LinkButton>
            </>
          )
          : <Failed error={offer.error} retry={offer.reload} />}
      </Plain>
    );
  }
  if (!offer.data) {
    return (
      <Plain title={t("invited.title")}>
        <Loading />
      </Plain>
    );
  }
  return <Accept path={path} offer={offer.data} />;
}

function Accept({ path, offer }: { path: string; offer: InvitationOffer }) {
  const [username, setUsername] = useState(offer.username ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const submit = () =>
    action.run(async () => {
      const answer = await api.post<SignedIn>(path, { username, password, name });
      navigate("/", "replace");
      await signedIn(answer);
    });
  return (
    <Plain
      title={t("invited.title")}
      note={
        <p>
          {t("invited.note", { site: offer.site })} {t("invited.until")}{" "}
          <Time at={offer.expiresAt} />
        </p>
      }
    >
      <Form onSubmit={submit} error={action.error} label={t("invited.title")}>
        <TextField
          label={t("username")}
          hint={t("username.hint")}
          name="username"
          autoComplete="username"
          required
          disabled={offer.username !== null}
          value={username}
          onChange={setUsername}
          error={fields.username}
        />
        <TextField
          label={t("user.name")}
          name="name"
          autoComplete="name"
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextField
          label={t("password")}
          hint={t("password.hint")}
          name="password"
          type="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={setPassword}
          error={fields.password}
        />
        <div className="form-foot">
          <Button type="submit" kind="primary" busy={action.busy}>{t("invited.accept")}</Button>
        </div>
      </Form>
    </Plain>
  );
}
