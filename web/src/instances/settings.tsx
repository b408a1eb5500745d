import { useState } from "react";
import { api } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Access, Instance, PageToken, Stack } from "../api/types.ts";
import { useAction, useList } from "../api/use.ts";
import { FilesSettings } from "../files/files-settings.tsx";
import { timeZones } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Secret } from "../ui/copy.tsx";
import { BoxChoice, CheckBox, Form, NameField, SelectField, TextField } from "../ui/fields.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Await } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { nameOf, stackLabel } from "./instances.tsx";
import { toast } from "../ui/toast.tsx";

interface Props {
  instance: Instance;
  onChange: (i: Instance) => void;
}

/** Only what somebody changed is sent, so that two people at two fields do not undo each other. */
export function SettingsTab({ instance, onChange }: Props) {
  return (
    <>
      <General key={`g${instance.id}`} instance={instance} onChange={onChange} />
      <Palette key={`p${instance.id}`} instance={instance} onChange={onChange} />
      <Keeping key={`k${instance.id}`} instance={instance} onChange={onChange} />
      <FilesSettings key={`f${instance.id}`} instance={instance} onChange={onChange} />
      <PageAccess key={`a${instance.id}`} instance={instance} onChange={onChange} />
    </>
  );
}

/** Empty fields follow the site. */
function Keeping({ instance, onChange }: Props) {
  const [draft, setDraft] = useState<{ keepVersions?: string; keepDays?: string }>({});
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const dirty = Object.keys(draft).length > 0;
  useUnsaved(dirty);
  const locked = !may(instance, "instance.edit");
  const field = (key: "keepVersions" | "keepDays", label: string, min: number) => (
    <TextField
      label={label}
      hint={t("keeping.asSite")}
      type="number"
      min={min}
      disabled={locked}
      value={draft[key] ?? String(instance[key] ?? "")}
      onChange={(v) => setDraft({ ...draft, [key]: v })}
      error={fields[key]}
    />
  );
  const save = () =>
    action.run(async () => {
      const body = Object.fromEntries(
        Object.entries(draft).map(([key, v]) => [key, v === "" ? null : Number(v)]),
      );
      onChange(await api.patch<Instance>(`instances/${instance.id}`, body));
      setDraft({});
      toast(t("saved"));
    });
  return (
    <Panel title={t("keeping.title")}>
      <Form onSubmit={save} error={action.error} className="form pad columns">
        {field("keepVersions", t("keeping.newest"), 1)}
        {field("keepDays", t("keeping.days"), 0)}
        <Foot
          dirty={dirty}
          busy={action.busy}
          locked={locked}
          discard={() => setDraft({})}
        />
      </Form>
    </Panel>
  );
}

function General({ instance, onChange }: Props) {
  const stacks = useList<Stack>("stacks");
  const [draft, setDraft] = useState<Partial<Record<string, string>>>({});
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const dirty = Object.keys(draft).length > 0;
  useUnsaved(dirty);
  const locked = !may(instance, "instance.edit");
  const now: Record<string, string> = {
    name: instance.name,
    slug: instance.slug,
    stack: instance.stack?.id ?? "",
    memoryLimitMB: String(instance.memoryLimitMB),
    cpuLimitPercent: instance.cpuLimitPercent === null ? "" : String(instance.cpuLimitPercent),
    timeZone: instance.timeZone,
  };
  const value = (key: string) => draft[key] ?? now[key];
  const put = (key: string) => (text: string) => {
    const next = { ...draft, [key]: text };
    if (text === now[key]) delete next[key];
    setDraft(next);
  };
  const save = () =>
    action.run(async () => {
      const body: Record<string, unknown> = { ...draft };
      if ("memoryLimitMB" in body) body.memoryLimitMB = Number(draft.memoryLimitMB);
      if ("cpuLimitPercent" in body) {
        body.cpuLimitPercent = draft.cpuLimitPercent ? Number(draft.cpuLimitPercent) : null;
      }
      if ("stack" in body) body.stack = draft.stack || null;
      onChange(await api.patch<Instance>(`instances/${instance.id}`, body));
      setDraft({});
      toast(t("saved"));
    });
  const running = instance.state !== "stopped";
  return (
    <Panel title={t("settings.general")}>
      <Form onSubmit={save} error={action.error} className="form pad columns">
        <NameField
          disabled={locked}
          value={value("name")}
          onChange={put("name")}
          error={fields.name}
        />
        <TextField
          label={t("instance.slug")}
          hint={running ? t("instance.slugStopped") : t("instance.slugHint")}
          required
          code
          maxLength={48}
          disabled={locked || running}
          value={value("slug")}
          onChange={put("slug")}
          error={fields.slug}
        />
        <SelectField
          label={t("stack")}
          hint={t("instance.nextStart")}
          disabled={locked}
          value={value("stack")}
          onChange={put("stack")}
          error={fields.stack}
          choices={[
            ...(stacks.data ?? []).map((s) => ({
              value: s.id,
              label: stackLabel(s),
            })),
            ...(instance.stack && !stacks.data?.some((s) => s.id === instance.stack?.id)
              ? [{
                value: instance.stack.id,
                label: nameOf(instance.stack),
              }]
              : []),
            ...(instance.stack ? [] : [{ value: "", label: t("stack.practice") }]),
          ]}
        />
        <TextField
          label={t("instance.memoryLimit")}
          hint={`MB. ${t("instance.nextStart")}`}
          type="number"
          min={64}
          max={65536}
          required
          disabled={locked}
          value={value("memoryLimitMB")}
          onChange={put("memoryLimitMB")}
          error={fields.memoryLimitMB}
        />
        <TextField
          label={t("instance.cpuLimit")}
          hint={t("instance.cpuHint")}
          type="number"
          min={5}
          max={6400}
          disabled={locked}
          value={value("cpuLimitPercent")}
          onChange={put("cpuLimitPercent")}
          error={fields.cpuLimitPercent}
        />
        <TextField
          label={t("timeZone")}
          hint={t("instance.nextStart")}
          list={timeZones()}
          required
          disabled={locked}
          value={value("timeZone")}
          onChange={put("timeZone")}
          error={fields.timeZone}
        />
        <Foot
          dirty={dirty}
          busy={action.busy}
          locked={locked}
          discard={() => {
            setDraft({});
            action.clear();
          }}
        />
      </Form>
    </Panel>
  );
}

function Foot(p: { dirty: boolean; busy: boolean; locked: boolean; discard: () => void }) {
  return (
    <div className="form-foot whole">
      <span className="grow" />
      {p.dirty ? <Button onClick={p.discard}>{t("discard")}</Button> : null}
      <Button
        type="submit"
        kind="primary"
        busy={p.busy}
        why={p.locked ? t("why.role") : p.dirty ? null : t("unchanged")}
      >
        {t("save")}
      </Button>
    </div>
  );
}

/** What the editor's palette manager may do. Each box is saved as it is ticked. */
function Palette({ instance, onChange }: Props) {
  const action = useAction();
  const locked = !may(instance, "instance.edit") || action.busy;
  const put = (change: Partial<Instance>) => {
    action.run(async () => {
      onChange(await api.patch<Instance>(`instances/${instance.id}`, change));
      toast(t("saved"));
    });
  };
  return (
    <Panel title={t("palette.title")}>
      <div className="pad form">
        <CheckBox
          label={t("palette.install")}
          hint={t("palette.installHint")}
          checked={instance.paletteInstall}
          disabled={locked}
          onChange={(paletteInstall) => put({ paletteInstall })}
        />
        <CheckBox
          label={t("palette.upload")}
          hint={t("palette.uploadHint")}
          checked={instance.paletteUpload}
          disabled={locked}
          onChange={(paletteUpload) => put({ paletteUpload })}
        />
        {action.error ? <ProblemNote error={action.error} /> : null}
      </div>
    </Panel>
  );
}

const KINDS: readonly Access[] = ["login", "token", "basic", "open"];

function PageAccess({ instance, onChange }: Props) {
  const [access, setAccess] = useState<Access | null>(null);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const picked = access ?? instance.access;
  const dirty = picked !== instance.access || name !== "" || password !== "";
  useUnsaved(dirty);
  const locked = !may(instance, "instance.edit");
  const reset = () => {
    setAccess(null);
    setName("");
    setPassword("");
  };
  const save = () =>
    action.run(async () => {
      const basic = picked === "basic" && (name || password)
        ? { pageBasic: { name, password } }
        : {};
      onChange(await api.patch<Instance>(`instances/${instance.id}`, { access: picked, ...basic }));
      reset();
      toast(t("saved"));
    });
  return (
    <Panel title={t("access.title")}>
      <Form onSubmit={save} error={action.error} className="form pad">
        <BoxChoice
          legend={t("access.who")}
          value={picked}
          onChange={(v) => setAccess(v as Access)}
          choices={KINDS.map((k) => ({
            value: k,
            label: word("access", k),
            note: word("accessNote", k),
            disabled: locked,
          }))}
        />
        {picked === "basic"
          ? (
            <div className="columns">
              <TextField
                label={t("access.basicName")}
                value={name}
                onChange={setName}
                required={instance.access !== "basic"}
                error={fields.name ?? fields["pageBasic.name"]}
              />
              <TextField
                label={t("password")}
                type="password"
                autoComplete="new-password"
                hint={instance.access === "basic" ? t("access.basicKeeps") : undefined}
                required={instance.access !== "basic" || name !== ""}
                value={password}
                onChange={setPassword}
                error={fields.password ?? fields["pageBasic.password"]}
              />
            </div>
          )
          : null}
        <Foot
          dirty={dirty}
          busy={action.busy}
          locked={locked}
          discard={() => {
            reset();
            action.clear();
          }}
        />
      </Form>
      {instance.access === "token" ? <PageTokens instance={instance} locked={locked} /> : null}
    </Panel>
  );
}

/** Bearer tokens for the pages of this instance. A secret is shown once. */
function PageTokens({ instance, locked }: { instance: Instance; locked: boolean }) {
  const path = `instances/${instance.id}/page-tokens`;
  const list = useList<PageToken>(path);
  const [name, setName] = useState("");
  const [made, setMade] = useState<PageToken | null>(null);
  const action = useAction();
  return (
    <div className="pad sub">
      <h3>{t("pageTokens.title")}</h3>
      <p className="muted">{t("pageTokens.text")}</p>
      <Await of={list} rows={2}>
        {(tokens) => (
          <ul className="rows">
            {tokens.map((k) => (
              <li key={k.id}>
                <strong className="grow">{k.name}</strong>
                <span className="muted small">
                  <Time at={k.createdAt} />
                </span>
                <Button
                  kind="quiet"
                  icon="trash"
                  label={t("tokens.remove", { name: k.name })}
                  why={locked ? t("why.role") : null}
                  onClick={() =>
                    action.run(async () => {
                      await api.delete(`${path}/${k.id}`);
                      list.reload();
                    })}
                />
              </li>
            ))}
          </ul>
        )}
      </Await>
      {made?.secret
        ? (
          <div role="status">
            <p>{t("tokens.once")}</p>
            <Secret text={made.secret} label={t("tokens.secret")} />
          </div>
        )
        : null}
      <Form
        className="form is-row"
        error={action.error}
        onSubmit={() =>
          action.run(async () => {
            setMade(await api.post<PageToken>(path, { name }));
            setName("");
            list.reload();
          })}
      >
        <TextField
          label={t("pageTokens.name")}
          required
          maxLength={80}
          value={name}
          onChange={setName}
          disabled={locked}
          error={action.error?.problem.fields?.name}
        />
        <Button type="submit" icon="key" busy={action.busy} why={locked ? t("why.role") : null}>
          {t("tokens.make")}
        </Button>
      </Form>
    </div>
  );
}
