import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { AccessRule, Broker, BrokerClient } from "../api/types.ts";
import { useAction, useList, useLoad, useTopic } from "../api/use.ts";
import { session } from "../app/session.ts";
import { number } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { Said } from "../ui/said.tsx";
import { Button } from "../ui/button.tsx";
import { Secret } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CheckBox, Form, InlineSelect, TextField } from "../ui/fields.tsx";
import { DialogFoot, Removal } from "../ui/form-parts.tsx";
import { ListPanel } from "../ui/list.tsx";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { Await, Empty } from "../ui/states.tsx";
import { Ago } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";

export function BrokerPage() {
  const broker = useLoad<Broker>("broker");
  useTopic("broker", broker.reload);
  const clients = useList<BrokerClient>("broker/clients");
  const user = useStore(session, (s) => s.user);
  const mayEdit = user !== null && somewhere(user, "owner");
  const [editing, setEditing] = useState<BrokerClient | "new" | null>(null);
  const [removing, setRemoving] = useState<BrokerClient | null>(null);
  const [secret, setSecret] = useState<{ name: string; password: string } | null>(null);
  return (
    <div className="page">
      <PageHead title={t("broker.title")} note={t("broker.note")}>
        {mayEdit
          ? (
            <Button kind="primary" icon="plus-lg" onClick={() => setEditing("new")}>
              {t("broker.add")}
            </Button>
          )
          : null}
      </PageHead>
      <Await of={broker}>{(b) => <State broker={b} />}</Await>
      <h2 className="section-title">{t("broker.clients")}</h2>
      <ListPanel
        label={t("broker.clients")}
        list={clients}
        id={(c) => c.id}
        nothing={
          <Empty icon="hdd-network" title={t("broker.nobody")}>{t("broker.nobodyText")}</Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (c) => c.name,
            cell: (c) =>
              mayEdit
                ? (
                  <button type="button" className="link" onClick={() => setEditing(c)}>
                    {c.name}
                  </button>
                )
                : c.name,
          },
          { key: "note", title: t("note"), extra: true, cell: (c) => c.note || "–" },
          {
            key: "rules",
            title: t("broker.rules"),
            cell: (c) => (
              <span className="muted">
                {c.rules.map((r) => `${word("brokerAccess", r.access)} ${r.filter}`).join(", ")}
              </span>
            ),
          },
          {
            key: "enabled",
            title: t("state"),
            cell: (c) => t(c.enabled ? "broker.enabled" : "broker.disabled"),
          },
          {
            key: "seen",
            title: t("device.seen"),
            extra: true,
            cell: (c) => c.lastSeenAt ? <Ago at={c.lastSeenAt} /> : t("never"),
          },
          {
            key: "tools",
            title: t("device.actions"),
            quiet: true,
            cell: (c) =>
              mayEdit
                ? (
                  <Button
                    kind="quiet"
                    icon="trash"
                    label={t("broker.removeOf", { name: c.name })}
                    onClick={() => setRemoving(c)}
                  />
                )
                : null,
          },
        ]}
      />
      {editing
        ? (
          <ClientDialog
            client={editing === "new" ? null : editing}
            onClose={() => setEditing(null)}
            onDone={(given) => {
              setEditing(null);
              setSecret(given);
              clients.reload();
            }}
          />
        )
        : null}
      {secret
        ? (
          <Dialog title={t("broker.password")} onClose={() => setSecret(null)}>
            <p>{t("broker.passwordText", { name: secret.name })}</p>
            <Secret text={secret.password} label={t("broker.password")} />
            <div className="dialog-foot">
              <Button onClick={() => setSecret(null)}>{t("close")}</Button>
            </div>
          </Dialog>
        )
        : null}
      {removing
        ? (
          <Removal
            path={`broker/clients/${removing.id}`}
            title={t("broker.removeAsk", { name: removing.name })}
            text={t("broker.removeText")}
            onClose={() => setRemoving(null)}
            onDone={() => {
              setRemoving(null);
              clients.reload();
            }}
          />
        )
        : null}
    </div>
  );
}

function State({ broker }: { broker: Broker }) {
  return (
    <Panel title={t("broker.state")}>
      <Facts
        rows={[
          [t("state"), word("brokerState", broker.state)],
          broker.problem ? [t("device.problem"), <Said key="p" text={broker.problem} />] : null,
          broker.connections === null
            ? null
            : [t("broker.connections"), number(broker.connections)],
          broker.dropped === null ? null : [t("broker.dropped"), number(broker.dropped)],
        ]}
      />
      {broker.unenforceable.length
        ? (
          <div className="pad">
            <p>{t("broker.unenforceable")}</p>
            <ul className="plain-list">{broker.unenforceable.map((x) => <li key={x}>{x}</li>)}</ul>
          </div>
        )
        : null}
    </Panel>
  );
}

function ClientDialog(
  p: {
    client: BrokerClient | null;
    onClose: () => void;
    onDone: (secret: { name: string; password: string } | null) => void;
  },
) {
  const { client } = p;
  const teams = useApplications().teams;
  const [name, setName] = useState(client?.name ?? "");
  const [note, setNote] = useState(client?.note ?? "");
  const [enabled, setEnabled] = useState(client?.enabled ?? true);
  const [rules, setRules] = useState<readonly AccessRule[]>(
    client?.rules ?? [{ access: "publish", filter: "" }],
  );
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const change = (n: number, to: Partial<AccessRule>) =>
    setRules(rules.map((r, i) => i === n ? { ...r, ...to } : r));
  const body = { name, note, enabled, rules: rules.filter((r) => r.filter.trim()) };
  const save = () =>
    action.run(async () => {
      if (client) {
        await api.patch(`broker/clients/${client.id}`, body);
        p.onDone(null);
      } else {
        const made = await api.post<{ password: string }>("broker/clients", {
          ...body,
          teamId: teams?.[0]?.id,
        });
        p.onDone({ name, password: made.password });
      }
    });
  const renew = () =>
    action.run(async () => {
      const made = await api.post<{ password: string }>(`broker/clients/${client!.id}/password`);
      p.onDone({ name, password: made.password });
    });
  return (
    <Dialog title={client ? client.name : t("broker.add")} onClose={p.onClose} wide>
      <Form onSubmit={save} error={action.error}>
        <TextField
          label={t("name")}
          hint={t("broker.nameHint")}
          required
          disabled={client !== null}
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextField label={t("note")} value={note} onChange={setNote} error={fields.note} />
        <fieldset className="boxes-plain">
          <legend>{t("broker.rules")}</legend>
          <p className="hint">{t("broker.rulesHint")}</p>
          {rules.map((r, n) => (
            <div className="tools-row" key={n}>
              <InlineSelect
                label={t("broker.access")}
                value={r.access}
                onChange={(v) => change(n, { access: v as AccessRule["access"] })}
                choices={(["publish", "subscribe", "both"] as const).map((v) => ({
                  value: v,
                  label: word("brokerAccess", v),
                }))}
              />
              <input
                className="input code-input"
                aria-label={t("broker.filter")}
                placeholder="plant/hall-2/#"
                value={r.filter}
                onChange={(e) => change(n, { filter: e.target.value })}
              />
              <Button
                kind="quiet"
                icon="trash"
                label={t("broker.ruleRemove", { filter: r.filter || "–" })}
                onClick={() => setRules(rules.filter((_, i) => i !== n))}
              />
            </div>
          ))}
          {fields.rules ? <p className="error">{fields.rules}</p> : null}
          <Button
            icon="plus-lg"
            onClick={() => setRules([...rules, { access: "publish", filter: "" }])}
          >
            {t("broker.ruleAdd")}
          </Button>
        </fieldset>
        <CheckBox label={t("broker.enabled")} checked={enabled} onChange={setEnabled} />
        <DialogFoot
          busy={action.busy}
          why={name ? null : t("unchanged")}
          onClose={p.onClose}
        >
          {client
            ? <Button busy={action.busy} onClick={renew}>{t("broker.newPassword")}</Button>
            : null}
        </DialogFoot>
      </Form>
    </Dialog>
  );
}
