import { useState } from "react";
import { api } from "../api/client.ts";
import type { Invitation, User } from "../api/types.ts";
import { useAction, useList } from "../api/use.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Secret } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CheckBox, Form, SelectField, TextField } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel, Search, Toolbar } from "../ui/list.tsx";
import { navigate, useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";
import { GrantChoice, type GrantDraft, useScopes } from "./grants.tsx";

export function UsersPage({ tab }: { tab: "users" | "invitations" }) {
  const [dialog, setDialog] = useState<"create" | "invite" | null>(null);
  const [round, setRound] = useState(0);
  return (
    <div className="page">
      <PageHead
        title={t("users.title")}
        tab={tab === "invitations" ? t("invitations.title") : undefined}
        note={t("users.note")}
      >
        <Button icon="person-plus" onClick={() => setDialog("create")}>{t("users.create")}</Button>
        <Button icon="envelope" kind="primary" onClick={() => setDialog("invite")}>
          {t("invitations.create")}
        </Button>
      </PageHead>
      <Tabs
        label={t("users.title")}
        current={tab}
        tabs={[
          { key: "users", title: t("users.title"), href: "/users" },
          { key: "invitations", title: t("invitations.title"), href: "/users/invitations" },
        ]}
      />
      {tab === "users" ? <Users /> : <Invitations key={round} />}
      {dialog === "create" ? <CreateUser onClose={() => setDialog(null)} /> : null}
      {dialog === "invite"
        ? (
          <Invite
            onClose={() => {
              setDialog(null);
              setRound(round + 1);
            }}
          />
        )
        : null}
    </div>
  );
}

function Users() {
  const list = useList<User>("users");
  const [text, setText] = useQuery("query");
  const q = text.trim().toLowerCase();
  const rows = (list.data ?? []).filter((u) =>
    !q || `${u.username} ${u.name} ${u.email ?? ""}`.toLowerCase().includes(q)
  );
  return (
    <>
      <Toolbar label={t("filter")}>
        <Search label={t("users.filter")} value={text} onChange={setText} />
      </Toolbar>
      <ListPanel
        label={t("users.title")}
        list={list}
        rows={rows}
        id={(u) => u.id}
        filtered={Boolean(q)}
        clear={() => setText("")}
        nothing={<Empty icon="people" title={t("users.nothing")} />}
        columns={[
          {
            key: "username",
            title: t("username"),
            sort: (u) => u.username,
            cell: (u) => (
              <>
                <Link href={`/users/${u.id}`}>{u.username}</Link>
                {u.disabled ? <Tag>{t("users.disabled")}</Tag> : null}
              </>
            ),
          },
          { key: "name", title: t("user.name"), sort: (u) => u.name, cell: (u) => u.name },
          {
            key: "roles",
            title: t("users.roles"),
            cell: (u) => (
              <span className="muted">
                {u.administrator ? word("role", "administrator") : rolesInWords(u)}
              </span>
            ),
          },
          {
            key: "seen",
            title: t("users.lastSeen"),
            sort: (u) => u.lastSeenAt ?? "",
            extra: true,
            cell: (u) => u.lastSeenAt ? <Ago at={u.lastSeenAt} /> : t("never"),
          },
        ]}
      />
    </>
  );
}

function rolesInWords(u: User): string {
  return u.grants.map((g) => `${word("role", g.role)} (${g.scopeName})`).join(", ") ||
    t("role.none");
}

function CreateUser({ onClose }: { onClose: () => void }) {
  const [username, setUsername] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [administrator, setAdministrator] = useState(false);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={t("users.create")} onClose={onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            const user = await api.post<User>("users", {
              username,
              name,
              password,
              email: null,
              administrator,
            });
            onClose();
            navigate(`/users/${user.id}`);
          })}
      >
        <TextField
          label={t("username")}
          hint={t("username.hint")}
          required
          autoFocus
          value={username}
          onChange={setUsername}
          error={fields.username}
        />
        <TextField
          label={t("user.name")}
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextField
          label={t("password")}
          hint={t("password.hint")}
          type="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={setPassword}
          error={fields.password}
        />
        <CheckBox
          label={t("users.isAdministrator")}
          hint={t("users.administratorHint")}
          checked={administrator}
          onChange={setAdministrator}
        />
        <DialogFoot verb={t("users.create")} busy={action.busy} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

/** A link that makes an account, to be handed over by any means: no mail is needed. */
function Invite({ onClose }: { onClose: () => void }) {
  const scopes = useScopes();
  const [username, setUsername] = useState("");
  const [hours, setHours] = useState("72");
  const [grant, setGrant] = useState<GrantDraft | null>(null);
  const [made, setMade] = useState<Invitation | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  if (made?.link) {
    return (
      <Dialog title={t("invitations.made")} onClose={onClose}>
        <p>
          {t("invitations.hand")} <Time at={made.expiresAt} />
        </p>
        <Secret text={new URL(made.link, location.href).href} label={t("invitations.link")} />
        <div className="dialog-foot">
          <Button kind="primary" onClick={onClose}>{t("close")}</Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("invitations.create")} onClose={onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () =>
            setMade(
              await api.post<Invitation>("invitations", {
                ...(username ? { username } : {}),
                grants: grant ? [grant] : [],
                expiresInHours: Number(hours),
              }),
            )
          )}
      >
        <p className="muted">{t("invitations.text")}</p>
        <TextField
          label={t("invitations.username")}
          hint={t("invitations.usernameHint")}
          value={username}
          onChange={setUsername}
          error={fields.username}
        />
        <GrantChoice scopes={scopes} value={grant} onChange={setGrant} />
        <SelectField
          label={t("invitations.expires")}
          value={hours}
          onChange={setHours}
          choices={[
            { value: "24", label: t("invitations.day") },
            { value: "72", label: t("invitations.days3") },
            { value: "168", label: t("invitations.week") },
          ]}
        />
        <DialogFoot verb={t("invitations.make")} busy={action.busy} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

function Invitations() {
  const list = useList<Invitation>("invitations");
  const action = useAction();
  return (
    <ListPanel
      label={t("invitations.title")}
      list={list}
      id={(i) => i.id}
      nothing={
        <Empty icon="envelope" title={t("invitations.nothing")}>{t("invitations.text")}</Empty>
      }
      columns={[
        {
          key: "username",
          title: t("username"),
          sort: (i) => i.username ?? "",
          cell: (i) => i.username ?? <span className="muted">{t("invitations.free")}</span>,
        },
        {
          key: "roles",
          title: t("users.roles"),
          cell: (i) => i.grants.map((g) => word("role", g.role)).join(", ") || t("role.none"),
        },
        {
          key: "expires",
          title: t("expires"),
          sort: (i) => i.expiresAt,
          cell: (i) => <Time at={i.expiresAt} />,
        },
        {
          key: "revoke",
          title: t("invitations.revoke"),
          quiet: true,
          cell: (i) => (
            <Button
              kind="quiet"
              icon="trash"
              label={t("invitations.revoke")}
              onClick={() =>
                action.run(async () => {
                  await api.delete(`invitations/${i.id}`);
                  list.reload();
                })}
            />
          ),
        },
      ]}
    />
  );
}
