import { useEffect, useState } from "react";
import { LANGUAGES, Plain } from "../app/plain.tsx";
import { prefer, preferences } from "../app/preferences.ts";
import { signedIn } from "../app/session.ts";
import { api } from "../api/client.ts";
import type { SignedIn } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { timeZones } from "../i18n/format.ts";
import { type Language, t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Form, SelectField, TextField } from "../ui/fields.tsx";
import { navigate } from "../ui/navigation.ts";
import { useStore } from "../ui/use-store.ts";

/** The code from the address, taken out of it at once: it must not stay in the history. */
function codeFromAddress(): string {
  const code = /(?:^|&)code=([^&]+)/.exec(location.hash.slice(1))?.[1] ?? "";
  if (code) history.replaceState(history.state, "", location.pathname + location.search);
  return decodeURIComponent(code);
}

let given: string | null = null;

/** Two steps, one call: the administrator, then the site. What was typed survives a refusal. */
export function FirstRun() {
  given ??= codeFromAddress();
  const language = useStore(preferences, (p) => p.language);
  const [step, setStep] = useState<1 | 2>(1);
  const [input, setInput] = useState(() => ({
    code: given ?? "",
    username: "",
    password: "",
    site: "",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
  }));
  const put = (change: Partial<typeof input>) => setInput({ ...input, ...change });
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const back = Boolean(fields.code || fields.username || fields.password) ||
    action.error?.status === 401 || action.error?.status === 403;
  useEffect(() => {
    if (back) setStep(1);
  }, [action.error, back]);
  useEffect(() => {
    const wanted = step === 2 ? "#main input" : back ? "#main [aria-invalid=true]" : null;
    if (wanted) document.querySelector<HTMLElement>(wanted)?.focus();
  }, [step, back]);

  const submit = () => {
    if (step === 1) {
      action.clear();
      return setStep(2);
    }
    action.run(async () => {
      const answer = await api.post<SignedIn>("setup", { ...input, language });
      navigate("/", "replace");
      await signedIn(answer);
    });
  };
  return (
    <Plain title={t("setup.title")} note={<p>{t("setup.note")}</p>}>
      <ol className="steps" aria-label={t("setup.steps")}>
        <li aria-current={step === 1 ? "step" : undefined}>{t("setup.administrator")}</li>
        <li aria-current={step === 2 ? "step" : undefined}>{t("setup.site")}</li>
      </ol>
      <Form onSubmit={submit} error={action.error} label={t("setup.title")}>
        {step === 1
          ? (
            <>
              <TextField
                label={t("setup.code")}
                hint={given ? t("setup.codeGiven") : t("setup.codeHint")}
                code
                required
                value={input.code}
                onChange={(code) => put({ code: code.trim() })}
                error={fields.code}
                autoFocus={!given}
              />
              <TextField
                label={t("username")}
                hint={t("username.hint")}
                required
                name="username"
                autoComplete="username"
                value={input.username}
                onChange={(username) => put({ username })}
                error={fields.username}
                autoFocus={Boolean(given)}
              />
              <TextField
                label={t("password")}
                hint={t("password.hint")}
                required
                type="password"
                name="password"
                autoComplete="new-password"
                value={input.password}
                onChange={(password) => put({ password })}
                error={fields.password}
              />
              <div className="form-foot">
                <Button type="submit" kind="primary">{t("next")}</Button>
              </div>
            </>
          )
          : (
            <>
              <TextField
                label={t("site.name")}
                hint={t("site.nameHint")}
                required
                value={input.site}
                onChange={(site) => put({ site })}
                error={fields.site}
              />
              <SelectField
                label={t("site.language")}
                value={language}
                onChange={(v) => prefer({ language: v as Language })}
                choices={LANGUAGES}
                error={fields.language}
              />
              <TextField
                label={t("site.timeZone")}
                hint={t("site.timeZoneHint")}
                required
                list={timeZones()}
                value={input.timeZone}
                onChange={(timeZone) => put({ timeZone })}
                error={fields.timeZone}
              />
              <div className="form-foot">
                <Button onClick={() => setStep(1)}>{t("back")}</Button>
                <Button type="submit" kind="primary" busy={action.busy}>{t("setup.finish")}</Button>
              </div>
            </>
          )}
      </Form>
    </Plain>
  );
}
