import { useState } from "react";
import { api } from "../api/client.ts";
import type { Language, Session, Theme, User } from "../api/types.ts";
import { useAction, useList } from "../api/use.ts";
import { LANGUAGES } from "../app/plain.tsx";
import { changedUser, roleOf, session } from "../app/session.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Form, SelectField, TextField } from "../ui/fields.tsx";
import { ListPanel } from "../ui/list.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Empty } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { FormFoot } from "../ui/form-parts.tsx";
import { TokensTab } from "./tokens.tsx";

const TABS = ["profile", "password", "sessions", "tokens"] as const;

export function AccountPage({ tab }: { tab: string }) {
  const user = useStore(session, (s) => s.user);
  const current = TABS.find((x) => x === tab) ?? "profile";
  if (!user) return null;
  return (
    <div className="page narrow">
      <PageHead
        title={t("account.title")}
        tab={t(`account.tab.${current}`)}
        note={`${user.username} · ${word("role", roleOf(user))}`}
      />
      <Tabs
        label={t("account.title")}
        current={current}
        tabs={TABS.map((x) => ({
          key: x,
          title: t(`account.tab.${x}`),
          href: x === "profile" ? "/account" : `/account/${x}`,
        }))}
      />
      {current === "profile" ? <Profile user={user} /> : null}
      {current === "password" ? <Password user={user} /> : null}
      {current === "sessions" ? <Sessions /> : null}
      {current === "tokens" ? <TokensTab /> : null}
    </div>
  );
}

function Profile({ user }: { user: User }) {
  const [name, setName] = useState(user.name);
  const [email, setEmail] = useState(user.email ?? "");
  const [language, setLanguage] = useState<Language>(user.language);
  const [theme, setTheme] = useState<Theme>(user.theme);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const dirty = name !== user.name || email !== (user.email ?? "") || language !== user.language ||
    theme !== user.theme;
  useUnsaved(dirty);
  const save = () =>
    action.run(async () => {
      const changed = await api.patch<User>("user", {
        name,
        email: email || null,
        language,
        theme,
      });
      changedUser(changed);
      toast(t("saved"));
    });
  return (
    <Panel title={t("account.tab.profile")}>
      <Facts
        rows={[
          [t("username"), user.username],
          [
            t("users.roles"),
            user.administrator
              ? word("role", "administrator")
              : user.grants.map((g) => `${word("role", g.role)} (${g.scopeName})`).join(", ") ||
                t("role.none"),
          ],
        ]}
      />
      <Form onSubmit={save} error={action.error} className="form pad">
        <TextField
          label={t("user.name")}
          autoComplete="name"
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextField
          label={t("user.email")}
          type="email"
          autoComplete="email"
          value={email}
          onChange={setEmail}
          error={fields.email}
        />
        <SelectField
          label={t("language")}
          value={language}
          onChange={(v) => setLanguage(v as Language)}
          choices={LANGUAGES}
        />
        <SelectField
          label={t("theme")}
          value={theme}
          onChange={(v) => setTheme(v as Theme)}
          choices={(["system", "light", "dark"] as const).map((v) => ({
            value: v,
            label: word("theme", v),
          }))}
        />
        <FormFoot busy={action.busy} why={dirty ? null : t("unchanged")} />
      </Form>
    </Panel>
  );
}

function Password({ user }: { user: User }) {
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Panel title={t("account.tab.password")}>
      <Form
        className="form pad"
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            await api.post("user/password", { current, new: fresh });
            setCurrent("");
            setFresh("");
            toast(t("account.passwordDone"));
          })}
      >
        <p className="muted">{t("account.passwordText")}</p>
        <input type="hidden" autoComplete="username" value={user.username} readOnly />
        <TextField
          label={t("password.current")}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={setCurrent}
          error={fields.current}
        />
        <TextField
          label={t("password.new")}
          hint={t("password.hint")}
          type="password"
          autoComplete="new-password"
          required
          value={fresh}
          onChange={setFresh}
          error={fields.new}
        />
        <FormFoot verb={t("account.setPassword")} busy={action.busy} />
      </Form>
    </Panel>
  );
}

function Sessions() {
  const list = useList<Session>("user/sessions");
  const action = useAction();
  return (
    <>
      <p className="muted">{t("sessions.text")}</p>
      {action.error ? <ProblemNote error={action.error} /> : null}
      <ListPanel
        label={t("account.tab.sessions")}
        list={list}
        id={(s) => s.id}
        nothing={<Empty icon="person" title={t("sessions.nothing")} />}
        columns={[
          {
            key: "agent",
            title: t("sessions.browser"),
            cell: (s) => (
              <>
                <span title={s.agent}>{browserOf(s.agent)}</span>
                {s.current ? <Tag>{t("sessions.current")}</Tag> : null}
              </>
            ),
          },
          {
            key: "address",
            title: t("audit.from"),
            cell: (s) => <span className="mono">{s.address}</span>,
          },
          {
            key: "seen",
            title: t("users.lastSeen"),
            sort: (s) => s.lastSeenAt,
            cell: (s) => <Ago at={s.lastSeenAt} />,
          },
          {
            key: "expires",
            title: t("expires"),
            extra: true,
            cell: (s) => <Time at={s.expiresAt} />,
          },
          {
            key: "end",
            title: t("sessions.end"),
            quiet: true,
            cell: (s) =>
              s.current ? null : (
                <Button
                  icon="box-arrow-right"
                  onClick={() =>
                    action.run(async () => {
                      await api.delete(`user/sessions/${s.id}`);
                      list.reload();
                    })}
                >
                  {t("sessions.end")}
                </Button>
              ),
          },
        ]}
      />
    </>
  );
}

/** The one word of a browser's long name that a person knows. */
function browserOf(agent: string): string {
  const name = ["Edg", "Firefox", "Chrome", "Safari"].find((n) => agent.includes(`${n}/`));
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0];
  return [name === "Edg" ? "Edge" : name, system].filter(Boolean).join(", ") ||
    agent.slice(0, 40) || "–";
}
