import { useState } from "react";
import { api } from "../api/client.ts";
import type { Grant, User } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { CheckBox, Form, TextField } from "../ui/fields.tsx";
import { navigate, useUnsaved } from "../ui/navigation.ts";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Await, Empty } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { DialogFoot, FormFoot } from "../ui/form-parts.tsx";
import { GrantChoice, type GrantDraft, useScopes } from "./grants.tsx";

export function UserPage({ id }: { id: string }) {
  const loaded = useLoad<User>(`users/${id}`);
  useCrumb(id, loaded.data?.username);
  return (
    <div className="page">
      <PageHead
        title={loaded.data?.username ?? t("user")}
        note={loaded.data
          ? (
            <span className="note-row">
              <span>{loaded.data.name}</span>
              {loaded.data.disabled ? <Tag>{t("users.disabled")}</Tag> : null}
            </span>
          )
          : null}
      />
      <Await of={loaded}>
        {(user) => (
          <>
            <Profile user={user} onChange={loaded.set} />
            <Grants user={user} reload={loaded.reload} />
            <Danger user={user} onChange={loaded.set} />
          </>
        )}
      </Await>
    </div>
  );
}

function Profile({ user, onChange }: { user: User; onChange: (u: User) => void }) {
  const me = useStore(session, (s) => s.user?.id === user.id);
  const [name, setName] = useState(user.name);
  const [administrator, setAdministrator] = useState(user.administrator);
  const action = useAction();
  const dirty = name !== user.name || administrator !== user.administrator;
  useUnsaved(dirty);
  return (
    <Panel title={t("account.tab.profile")}>
      <Facts
        rows={[
          [t("created"), <Time key="c" at={user.createdAt} />],
          [
            t("users.lastSeen"),
            user.lastSeenAt ? <Ago key="s" at={user.lastSeenAt} /> : t("never"),
          ],
          [t("user.email"), user.email ?? "–"],
        ]}
      />
      <Form
        className="form pad"
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            onChange(await api.patch<User>(`users/${user.id}`, { name, administrator }));
            toast(t("saved"));
          })}
      >
        <TextField
          label={t("user.name")}
          value={name}
          onChange={setName}
          error={action.error?.problem.fields?.name}
        />
        <CheckBox
          label={t("users.isAdministrator")}
          hint={me ? t("users.notYourself") : t("users.administratorHint")}
          checked={administrator}
          disabled={me}
          onChange={setAdministrator}
        />
        <FormFoot busy={action.busy} why={dirty ? null : t("unchanged")} />
      </Form>
    </Panel>
  );
}

function Grants({ user, reload }: { user: User; reload: () => void }) {
  const [adding, setAdding] = useState(false);
  const action = useAction();
  const remove = (g: Grant) =>
    action.run(async () => {
      await api.delete(`grants/${g.id}`);
      reload();
    });
  return (
    <Panel
      title={t("users.roles")}
      tools={<Button icon="plus-lg" onClick={() => setAdding(true)}>{t("grants.add")}</Button>}
    >
      {action.error ? <ProblemNote error={action.error} /> : null}
      {user.grants.length === 0
        ? (
          <Empty icon="shield-lock" title={t("grants.nothing")}>
            {user.administrator ? t("grants.administrator") : t("grants.nothingText")}
          </Empty>
        )
        : (
          <ul className="rows">
            {user.grants.map((g) => (
              <li key={g.id}>
                <strong>{word("role", g.role)}</strong>
                <span className="grow">{word("scope", g.scope)}: {g.scopeName}</span>
                <Button
                  kind="quiet"
                  icon="trash"
                  label={t("grants.remove", { role: word("role", g.role), name: g.scopeName })}
                  onClick={() => remove(g)}
                />
              </li>
            ))}
          </ul>
        )}
      {adding
        ? (
          <AddGrant
            user={user}
            onClose={() => setAdding(false)}
            onDone={() => {
              setAdding(false);
              reload();
            }}
          />
        )
        : null}
    </Panel>
  );
}

function AddGrant(p: { user: User; onClose: () => void; onDone: () => void }) {
  const scopes = useScopes();
  const [grant, setGrant] = useState<GrantDraft | null>(null);
  const action = useAction();
  return (
    <Dialog title={t("grants.addTo", { name: p.user.username })} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          grant && action.run(async () => {
            await api.post("grants", { userId: p.user.id, ...grant });
            p.onDone();
          })}
      >
        <GrantChoice scopes={scopes} value={grant} onChange={setGrant} required />
        <DialogFoot
          verb={t("grants.add")}
          busy={action.busy}
          why={grant ? null : t("grants.pick")}
          onClose={p.onClose}
        />
      </Form>
    </Dialog>
  );
}

function Danger({ user, onChange }: { user: User; onChange: (u: User) => void }) {
  const me = useStore(session, (s) => s.user?.id === user.id);
  const [asked, setAsked] = useState<"disable" | "delete" | "password" | null>(null);
  const action = useAction();
  const why = me ? t("users.notYourself") : null;
  const disable = (disabled: boolean) =>
    action.run(async () => {
      onChange(await api.patch<User>(`users/${user.id}`, { disabled }));
      setAsked(null);
    });
  return (
    <Panel title={t("users.access")} className="danger-panel">
      <div className="pad row">
        <Button icon="key" why={why} onClick={() => setAsked("password")}>
          {t("users.newPassword")}
        </Button>
        {user.disabled
          ? <Button busy={action.busy} onClick={() => disable(false)}>{t("users.enable")}</Button>
          : <Button why={why} onClick={() => setAsked("disable")}>{t("users.disable")}</Button>}
        <Button kind="danger" icon="trash" why={why} onClick={() => setAsked("delete")}>
          {t("users.delete")}
        </Button>
      </div>
      {asked === "disable"
        ? (
          <Confirm
            title={t("users.disableAsk", { name: user.username })}
            verb={t("users.disable")}
            busy={action.busy}
            error={action.error}
            onClose={() => setAsked(null)}
            onConfirm={() => disable(true)}
          >
            <p>{t("users.disableText")}</p>
          </Confirm>
        )
        : null}
      {asked === "delete"
        ? (
          <Confirm
            title={t("users.deleteAsk", { name: user.username })}
            verb={t("users.delete")}
            danger
            typed={user.username}
            busy={action.busy}
            error={action.error}
            onClose={() => setAsked(null)}
            onConfirm={() =>
              action.run(async () => {
                await api.delete(`users/${user.id}`);
                navigate("/users");
              })}
          >
            <p>{t("users.deleteText")}</p>
          </Confirm>
        )
        : null}
      {asked === "password" ? <NewPassword user={user} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function NewPassword({ user, onClose }: { user: User; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const action = useAction();
  return (
    <Dialog title={t("users.newPasswordFor", { name: user.username })} onClose={onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            await api.post(`users/${user.id}/password`, { new: password });
            toast(t("users.passwordDone"));
            onClose();
          })}
      >
        <p className="muted">{t("users.newPasswordText")}</p>
        <TextField
          label={t("password.new")}
          hint={t("password.hint")}
          type="password"
          autoComplete="new-password"
          required
          autoFocus
          value={password}
          onChange={setPassword}
          error={action.error?.problem.fields?.new}
        />
        <DialogFoot verb={t("users.newPassword")} busy={action.busy} onClose={onClose} />
      </Form>
    </Dialog>
  );
}
