import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device, DeviceSettings as Settings, Stack } from "../api/types.ts";
import { useAction, useList, useLoad } from "../api/use.ts";
import { timeZones } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { stackLabel } from "../instances/instances.tsx";
import { Button } from "../ui/button.tsx";
import { CheckBox, Form, SelectField, TextField } from "../ui/fields.tsx";
import { FormFoot } from "../ui/form-parts.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { Await } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";
import { Identity } from "./identity.tsx";

export function DeviceSettings(p: { device: Device; onChange: (device: Device) => void }) {
  const loaded = useLoad<Settings>(`devices/${p.device.id}/settings`);
  return (
    <>
      <Identity device={p.device} onChange={p.onChange} />
      <Await of={loaded}>
        {(settings) => <Running device={p.device} given={settings} onSaved={loaded.set} />}
      </Await>
    </>
  );
}

/** Only what the device's kind of agent obeys; before it has one, everything. */
function Running(p: { device: Device; given: Settings; onSaved: (settings: Settings) => void }) {
  const { given } = p;
  const path = `devices/${p.device.id}/settings`;
  const [ours, stock] = [p.device.agent !== "stock", p.device.agent !== "lineside"];
  const stacks = useList<Stack>(ours ? "stacks" : null).data ?? [];
  const [heap, setHeap] = useState(String(given.heapMB));
  const [port, setPort] = useState(String(given.port));
  const [install, setInstall] = useState(given.paletteInstall);
  const [timeZone, setTimeZone] = useState(given.timeZone ?? "");
  const [level, setLevel] = useState<string>(given.logLevel);
  const [nodeRED, setNodeRED] = useState(given.nodeREDVersion ?? "");
  const [probation, setProbation] = useState(String(given.probationSeconds));
  const [stack, setStack] = useState(given.stackId ?? "");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const wanted = {
    timeZone: timeZone || null,
    ...(ours
      ? {
        heapMB: Number(heap),
        port: Number(port),
        paletteInstall: install,
        logLevel: level,
        probationSeconds: Number(probation),
        stackId: stack || null,
      }
      : {}),
    ...(stock ? { nodeREDVersion: nodeRED || null } : {}),
  };
  const dirty = Object.entries(wanted).some(([k, v]) => given[k as keyof Settings] !== v);
  useUnsaved(dirty);
  const save = () =>
    action.run(async () => {
      p.onSaved(await api.patch<Settings>(path, wanted));
      toast(t("saved"));
    });
  return (
    <>
      <Panel title={t("device.running")}>
        <Form onSubmit={save} error={action.error} className="form pad">
          {ours
            ? (
              <>
                <TextField
                  label={t("device.heap")}
                  hint={t("device.heapHint")}
                  type="number"
                  min={64}
                  max={16384}
                  value={heap}
                  onChange={setHeap}
                  error={fields.heapMB}
                />
                <TextField
                  label={t("device.port")}
                  hint={t("device.portHint")}
                  type="number"
                  min={1024}
                  max={65535}
                  value={port}
                  onChange={setPort}
                  error={fields.port}
                />
                <TextField
                  label={t("device.probation")}
                  hint={t("device.probationHint")}
                  type="number"
                  min={0}
                  max={86400}
                  value={probation}
                  onChange={setProbation}
                  error={fields.probationSeconds}
                />
                <SelectField
                  label={t("log.level")}
                  value={level}
                  onChange={setLevel}
                  choices={["error", "warn", "info", "debug", "trace"].map((v) => ({
                    value: v,
                    label: word("log.level", v),
                  }))}
                />
                <SelectField
                  label={t("stack")}
                  hint={t("device.stackHint")}
                  value={stack}
                  onChange={setStack}
                  choices={[
                    { value: "", label: t("device.stackOfSnapshot") },
                    ...stacks.map((k) => ({ value: k.id, label: stackLabel(k) })),
                  ]}
                  error={fields.stackId}
                />
              </>
            )
            : <p className="muted">{t("device.stockSettings")}</p>}
          <TextField
            label={t("timeZone")}
            hint={t("device.timeZoneHint")}
            list={timeZones()}
            value={timeZone}
            onChange={setTimeZone}
            error={fields.timeZone}
          />
          {stock
            ? (
              <TextField
                label={t("device.nodeRED")}
                hint={t("device.nodeREDHint")}
                value={nodeRED}
                onChange={setNodeRED}
                error={fields.nodeREDVersion}
              />
            )
            : null}
          {ours
            ? (
              <CheckBox
                label={t("device.install")}
                hint={t("device.installHint")}
                checked={install}
                onChange={setInstall}
              />
            )
            : null}
          <FormFoot busy={action.busy} why={dirty ? null : t("unchanged")} />
        </Form>
      </Panel>
      <Login path={path} field="localLogin" given={given.localLogin} onSaved={p.onSaved} />
      <Login path={path} field="httpAuth" given={given.httpAuth} onSaved={p.onSaved} />
    </>
  );
}

/** A name and password for those who stand before the device. */
function Login(
  p: {
    path: string;
    field: "localLogin" | "httpAuth";
    given: { name: string } | null;
    onSaved: (settings: Settings) => void;
  },
) {
  const [name, setName] = useState(p.given?.name ?? "");
  const [password, setPassword] = useState("");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const send = (value: { name: string; password: string } | null) =>
    action.run(async () => {
      p.onSaved(await api.patch<Settings>(p.path, { [p.field]: value }));
      setPassword("");
      if (!value) setName("");
      toast(t("saved"));
    });
  return (
    <Panel title={t(`deviceLogin.${p.field}`)}>
      <Form onSubmit={() => send({ name, password })} error={action.error} className="form pad">
        <p className="muted">{t(`deviceLoginText.${p.field}`)}</p>
        <TextField
          label={t("name")}
          required
          value={name}
          onChange={setName}
          error={fields[p.field] ?? fields[`${p.field}.name`]}
        />
        <TextField
          label={t("device.password")}
          type="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={setPassword}
          error={fields[`${p.field}.password`]}
        />
        <FormFoot busy={action.busy} why={name && password ? null : t("unchanged")}>
          {p.given
            ? (
              <Button busy={action.busy} onClick={() => send(null)}>
                {t("device.loginRemove")}
              </Button>
            )
            : null}
        </FormFoot>
      </Form>
    </Panel>
  );
}
