import { useState } from "react";
import { api } from "../api/client.ts";
import type { Scope, Token } from "../api/types.ts";
import { useAction, useList } from "../api/use.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Secret } from "../ui/copy.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { CheckBox, Form, NameField, SelectField } from "../ui/fields.tsx";
import { ListPanel } from "../ui/list.tsx";
import { Empty } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";
import { useScopes } from "../users/grants.tsx";

/** Tokens for scripts. The secret is shown once, right after it was made. */
export function TokensTab() {
  const list = useList<Token>("user/tokens");
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<Token | null>(null);
  const action = useAction();
  const make = (
    <Button kind="primary" icon="key" onClick={() => setMaking(true)}>{t("tokens.make")}</Button>
  );
  return (
    <>
      <div className="toolbar">
        <p className="muted grow">{t("tokens.text")}</p>
        {make}
      </div>
      <ListPanel
        label={t("account.tab.tokens")}
        list={list}
        id={(k) => k.id}
        nothing={<Empty icon="key" title={t("tokens.nothing")} />}
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (k) => k.name,
            cell: (k) => (
              <>
                <strong>{k.name}</strong>
                {k.readOnly ? <Tag>{t("tokens.readOnly")}</Tag> : null}
              </>
            ),
          },
          { key: "scope", title: t("tokens.scope"), cell: (k) => word("scope", k.scope) },
          {
            key: "used",
            title: t("tokens.lastUsed"),
            cell: (k) => k.lastUsedAt ? <Ago at={k.lastUsedAt} /> : t("never"),
          },
          {
            key: "expires",
            title: t("expires"),
            extra: true,
            cell: (k) => k.expiresAt ? <Time at={k.expiresAt} /> : t("never"),
          },
          {
            key: "remove",
            title: t("remove"),
            quiet: true,
            cell: (k) => (
              <Button
                kind="quiet"
                icon="trash"
                label={t("tokens.remove", { name: k.name })}
                onClick={() => setRemoving(k)}
              />
            ),
          },
        ]}
      />
      {making
        ? (
          <MakeToken
            onClose={() => {
              setMaking(false);
              list.reload();
            }}
          />
        )
        : null}
      {removing
        ? (
          <Confirm
            title={t("tokens.remove", { name: removing.name })}
            verb={t("tokens.revoke")}
            danger
            busy={action.busy}
            error={action.error}
            onClose={() => setRemoving(null)}
            onConfirm={() =>
              action.run(async () => {
                await api.delete(`user/tokens/${removing.id}`);
                setRemoving(null);
                list.reload();
              })}
          >
            <p>{t("tokens.revokeText")}</p>
          </Confirm>
        )
        : null}
    </>
  );
}

function MakeToken({ onClose }: { onClose: () => void }) {
  const scopes = useScopes();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [readOnly, setReadOnly] = useState(true);
  const [scope, setScope] = useState("site:");
  const [made, setMade] = useState<Token | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  if (made?.secret) {
    return (
      <Dialog title={t("tokens.made")} onClose={onClose}>
        <p>{t("tokens.once")}</p>
        <Secret text={made.secret} label={t("tokens.secret")} />
        <div className="dialog-foot">
          <Button kind="primary" onClick={onClose}>{t("close")}</Button>
        </div>
      </Dialog>
    );
  }
  const submit = () =>
    action.run(async () => {
      const [kind, id] = scope.split(":");
      setMade(
        await api.post<Token>("user/tokens", {
          name,
          readOnly,
          scope: kind as Scope,
          scopeId: id || null,
          expiresAt: days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null,
        }),
      );
    });
  return (
    <Dialog title={t("tokens.make")} onClose={onClose}>
      <Form onSubmit={submit} error={action.error}>
        <NameField
          hint={t("tokens.nameHint")}
          autoFocus
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <SelectField
          label={t("tokens.scope")}
          hint={t("tokens.scopeHint")}
          value={scope}
          onChange={setScope}
          error={fields.scope}
          choices={scopes.map((s) => ({
            value: `${s.scope}:${s.scopeId ?? ""}`,
            label: `${word("scope", s.scope)}: ${s.name}`,
          }))}
        />
        <SelectField
          label={t("expires")}
          value={days}
          onChange={setDays}
          error={fields.expiresAt}
          choices={[
            { value: "30", label: t("tokens.days30") },
            { value: "90", label: t("tokens.days90") },
            { value: "365", label: t("tokens.year") },
            { value: "", label: t("never") },
          ]}
        />
        <CheckBox label={t("tokens.readOnlyDo")} checked={readOnly} onChange={setReadOnly} />
        <DialogFoot verb={t("tokens.make")} busy={action.busy} onClose={onClose} />
      </Form>
    </Dialog>
  );
}
