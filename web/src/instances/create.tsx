import { useMemo, useState } from "react";
import { api } from "../api/client.ts";
import type { Application, Instance, Parameter, Recipe, Snapshot, Stack } from "../api/types.ts";
import { useAction, useList, useLoad } from "../api/use.ts";
import { readFlowsFile } from "../core/flows-file.ts";
import { slugOf } from "../core/names.ts";
import { t, tn } from "../i18n/text.ts";
import { stackLabel } from "./instances.tsx";
import { useApplications } from "../snapshots/use-applications.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { BoxChoice, CheckBox, choicesOf, Form, SelectField, TextField } from "../ui/fields.tsx";
import { navigate, saved, useQuery, useUnsaved } from "../ui/navigation.ts";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { Await, Empty, Loading } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";

/** Shows something within a minute and needs nothing. */
const FIRST = "http-endpoint-page";

type Start = "snapshot" | "recipe" | "file" | "empty";
type Values = Record<string, string | number | boolean | null>;

export function CreateInstance() {
  const applications = useApplications();
  const recipes = useList<Recipe>("recipes");
  const stacks = useList<Stack>("stacks");
  return (
    <div className="page narrow">
      <PageHead title={t("create.title")} note={t("create.note")} />
      <Await of={applications}>
        {(list) =>
          recipes.loading && !recipes.data || stacks.loading && !stacks.data
            ? <Loading />
            : list.length === 0
            ? (
              <section className="panel">
                <Empty
                  icon="folder"
                  title={t("create.noApplication")}
                  action={
                    <LinkButton kind="primary" href="/applications">
                      {t("applications.title")}
                    </LinkButton>
                  }
                >
                  {t("create.noApplicationText")}
                </Empty>
              </section>
            )
            : (
              <Wizard
                applications={list}
                recipes={recipes.data ?? []}
                stacks={stacks.data ?? []}
              />
            )}
      </Await>
    </div>
  );
}

function Wizard(
  p: { applications: Application[]; recipes: readonly Recipe[]; stacks: readonly Stack[] },
) {
  const [wanted] = useQuery("application");
  const [wantedRecipe] = useQuery("recipe");
  const [application, setApplication] = useState(
    p.applications.find((a) => a.id === wanted)?.id ?? p.applications[0].id,
  );
  const [name, setName] = useState("");
  const [from] = useQuery("snapshot");
  const snapshot = useLoad<Snapshot>(from ? `snapshots/${from}` : null);
  const [start, setStart] = useState<Start>(
    from ? "snapshot" : p.recipes.length ? "recipe" : "empty",
  );
  const [recipe, setRecipe] = useState(
    (p.recipes.find((r) => r.name === wantedRecipe) ?? p.recipes.find((r) => r.name === FIRST) ??
      p.recipes[0])?.name ?? "",
  );
  const [values, setValues] = useState<Values>({});
  const [flows, setFlows] = useState<unknown[] | null>(null);
  const newest = useMemo(
    () => [...p.stacks].sort((a, b) => b.addedAt.localeCompare(a.addedAt))[0]?.id ?? "",
    [p.stacks],
  );
  const [stack, setStack] = useState(newest);
  const [run, setRun] = useState(true);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  useUnsaved(name !== "" || flows !== null);
  const picked = p.recipes.find((r) => r.name === recipe);
  const ready = start !== "file" || flows !== null;
  const submit = () =>
    ready && action.run(async () => {
      const body: Record<string, unknown> = { name, start: run };
      if (stack) body.stack = stack;
      if (start === "recipe" && picked) {
        body.recipe = picked.name;
        body.parameters = parametersOf(picked, values);
      }
      if (start === "file") body.flows = flows;
      if (start === "snapshot") body.snapshot = from;
      const made = await api.post<Instance>(`applications/${application}/instances`, body, {
        timeout: 120_000,
      });
      saved();
      toast(t("create.done", { name: made.name }));
      navigate(`/instances/${made.id}`);
    });
  return (
    <Form onSubmit={submit} error={action.error} label={t("create.title")} className="form">
      <Panel title={t("create.what")}>
        <div className="pad form">
          <TextField
            label={t("name")}
            hint={name ? t("create.address", { path: `/${slugOf(name)}/` }) : t("create.nameHint")}
            required
            autoFocus
            maxLength={80}
            value={name}
            onChange={setName}
            error={fields.name ?? fields.slug}
          />
          {p.applications.length > 1
            ? (
              <SelectField
                label={t("application")}
                value={application}
                onChange={setApplication}
                choices={choicesOf(p.applications)}
                error={fields.application}
              />
            )
            : null}
          {p.stacks.length
            ? (
              <SelectField
                label={t("stack")}
                value={stack}
                onChange={setStack}
                error={fields.stack}
                choices={p.stacks.map((s) => ({
                  value: s.id,
                  label: stackLabel(s),
                }))}
              />
            )
            : <p className="detail">{t("create.noStack")}</p>}
        </div>
      </Panel>
      <Panel title={t("create.from")}>
        <div className="pad form">
          <BoxChoice
            legend={t("create.from")}
            quiet
            value={start}
            onChange={(v) => setStart(v as Start)}
            choices={[
              ...(from
                ? [{
                  value: "snapshot",
                  label: t("snapshot"),
                  note: snapshot.data?.name ?? t("create.snapshotNote"),
                }]
                : []),
              ...(p.recipes.length
                ? [{ value: "recipe", label: t("create.recipe"), note: t("create.recipeNote") }]
                : []),
              { value: "file", label: t("create.file"), note: t("create.fileNote") },
              { value: "empty", label: t("create.empty"), note: t("create.emptyNote") },
            ]}
          />
          {start === "recipe" && picked
            ? (
              <>
                <SelectField
                  label={t("create.recipe")}
                  hint={
                    <>
                      {picked.purpose} {tn("create.nodes", picked.nodes)}.
                      {picked.needs.length
                        ? ` ${t("create.needs", { list: picked.needs.join(" ") })}`
                        : ""}
                    </>
                  }
                  value={recipe}
                  onChange={(v) => {
                    setRecipe(v);
                    setValues({});
                  }}
                  choices={p.recipes.map((r) => ({ value: r.name, label: r.title }))}
                  error={fields.recipe}
                />
                <div className="columns">
                  {picked.parameters.map((parameter) => (
                    <ParameterField
                      key={parameter.name}
                      parameter={parameter}
                      value={values[parameter.name] ?? parameter.default}
                      onChange={(v) => setValues({ ...values, [parameter.name]: v })}
                      error={fields[`parameters.${parameter.name}`] ?? fields[parameter.name]}
                    />
                  ))}
                </div>
              </>
            )
            : null}
          {start === "snapshot" && snapshot.data
            ? <FromSnapshot snapshot={snapshot.data} error={fields.snapshot} />
            : null}
          {start === "file" ? <FlowsFile onRead={setFlows} error={fields.flows} /> : null}
        </div>
      </Panel>
      <CheckBox label={t("create.start")} checked={run} onChange={setRun} />
      <div className="form-foot">
        <LinkButton href="/instances">{t("cancel")}</LinkButton>
        <Button
          type="submit"
          kind="primary"
          busy={action.busy}
          why={ready ? null : t("flowsFile.pickFirst")}
        >
          {t("instances.create")}
        </Button>
      </div>
    </Form>
  );
}

/** What comes along, and what has to be there. */
function FromSnapshot({ snapshot, error }: { snapshot: Snapshot; error?: string }) {
  return (
    <div>
      <p>
        {t("create.snapshotText", { name: snapshot.name })}{" "}
        {snapshot.hasCredentials ? t("create.snapshotCredentials") : ""}
      </p>
      {snapshot.modules.length
        ? (
          <p className="muted">
            {t("create.snapshotModules", {
              list: snapshot.modules.map((m) => `${m.name} ${m.version}`).join(", "),
            })}
          </p>
        )
        : null}
      {error ? <p className="error">{error}</p> : null}
    </div>
  );
}

function parametersOf(recipe: Recipe, values: Values): Values {
  const out: Values = {};
  for (const p of recipe.parameters) {
    const v = values[p.name] ?? p.default;
    out[p.name] = p.type === "number" && v !== null && v !== "" ? Number(v) : v;
  }
  return out;
}

function ParameterField(
  p: {
    parameter: Parameter;
    value: string | number | boolean | null;
    onChange: (v: string | number | boolean) => void;
    error?: string;
  },
) {
  const { parameter } = p;
  if (parameter.type === "boolean") {
    return <CheckBox label={parameter.title} checked={p.value === true} onChange={p.onChange} />;
  }
  return (
    <TextField
      label={parameter.unit ? `${parameter.title} (${parameter.unit})` : parameter.title}
      type={parameter.type === "number" ? "number" : "text"}
      min={parameter.min ?? undefined}
      max={parameter.max ?? undefined}
      step="any"
      required
      value={p.value === null ? "" : String(p.value)}
      onChange={p.onChange}
      error={p.error}
    />
  );
}

function FlowsFile(p: { onRead: (flows: unknown[] | null) => void; error?: string }) {
  const [says, setSays] = useState("");
  const read = async (file: File | undefined) => {
    p.onRead(null);
    if (!file) return setSays("");
    const found = readFlowsFile(await file.text());
    if (found.kind === "flows") {
      p.onRead(found.flows);
      setSays(t("flowsFile.found", { nodes: found.nodes, tabs: found.tabs }));
    } else setSays(found.kind === "snapshot" ? t("flowsFile.isSnapshot") : t("flowsFile.wrong"));
  };
  return (
    <div className={p.error ? "form-field has-error" : "form-field"}>
      <label htmlFor="create-file">{t("flowsFile.label")}</label>
      <input
        id="create-file"
        className="input"
        type="file"
        accept=".json,application/json"
        onChange={(e) => read(e.target.files?.[0])}
      />
      <p className="hint" role="status">{says}</p>
      {p.error ? <p className="error">{p.error}</p> : null}
    </div>
  );
}
