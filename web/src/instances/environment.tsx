import { useEffect, useState } from "react";
import { api } from "../api/client.ts";
import type { Environment, Instance, Variable } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { isVariableName } from "../core/names.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Form } from "../ui/fields.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { Await, Empty } from "../ui/states.tsx";
import { toast } from "../ui/toast.tsx";

export function EnvironmentTab({ instance }: { instance: Instance }) {
  return <EnvironmentPanel path={`instances/${instance.id}/environment`} />;
}

/** The variables of whatever has some; `path` is where they are read and written. */
export function EnvironmentPanel({ path }: { path: string }) {
  const loaded = useLoad<Environment>(path);
  return (
    <Panel title={t("environment.title")}>
      <Await of={loaded}>
        {(environment) => <Editor path={path} given={environment.variables} onSaved={loaded.set} />}
      </Await>
    </Panel>
  );
}

interface Row extends Variable {
  key: number;
  /** A secret that the server keeps: it never comes back, and stays unless something is typed. */
  kept: boolean;
}

let last = 0;
const rowsOf = (list: readonly Variable[]): Row[] =>
  list.map((v) => ({ ...v, key: ++last, kept: v.secret && v.value === null }));

function Editor(
  p: { path: string; given: readonly Variable[]; onSaved: (e: Environment) => void },
) {
  const [rows, setRows] = useState<Row[]>(() => rowsOf(p.given));
  const [dirty, setDirty] = useState(false);
  const action = useAction();
  useUnsaved(dirty);
  useEffect(() => {
    if (!dirty) setRows(rowsOf(p.given));
  }, [p.given]);
  const change = (key: number, to: Partial<Row>) => {
    setRows(rows.map((r) => r.key === key ? { ...r, ...to } : r));
    setDirty(true);
  };
  const wrong = (r: Row): string | null => {
    if (!r.name) return null;
    if (!isVariableName(r.name)) return t("environment.wrongName");
    if (rows.some((o) => o.key !== r.key && o.name === r.name)) return t("environment.twice");
    return null;
  };
  const refused = rows.some((r) => wrong(r) !== null);
  const save = () =>
    !refused && action.run(async () => {
      const variables = rows.filter((r) => r.name).map((r) => ({
        name: r.name,
        secret: r.secret,
        value: r.kept && r.value === null ? null : r.value ?? "",
      }));
      const answer = await api.put<Environment | undefined>(p.path, { variables });
      setDirty(false);
      p.onSaved(
        answer ?? {
          variables: variables.map((v) => v.secret ? { ...v, value: null } : v),
        },
      );
      toast(t("environment.saved"));
    });
  const add = () => {
    setRows([...rows, { key: ++last, name: "", value: "", secret: false, kept: false }]);
    setDirty(true);
  };
  return (
    <Form onSubmit={save} error={action.error} className="form pad">
      <p className="muted">{t("environment.text", { NAME: "{NAME}" })}</p>
      {rows.length === 0 ? <Empty icon="sliders" title={t("environment.nothing")} /> : (
        <div
          className="table-scroll"
          role="group"
          tabIndex={0}
          aria-label={t("environment.title")}
        >
          <table className="table is-form">
            <thead>
              <tr>
                <th scope="col">{t("name")}</th>
                <th scope="col">{t("environment.value")}</th>
                <th scope="col">{t("environment.secret")}</th>
                <th scope="col">
                  <span className="vh">{t("remove")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.key}>
                  <td>
                    <input
                      className="input code-input"
                      aria-label={t("name")}
                      value={r.name}
                      spellCheck={false}
                      aria-invalid={wrong(r) ? true : undefined}
                      aria-describedby={wrong(r) ? `wrong-${r.key}` : undefined}
                      onChange={(e) => change(r.key, { name: e.target.value.trim() })}
                    />
                    {wrong(r) ? <p className="error" id={`wrong-${r.key}`}>{wrong(r)}</p> : null}
                  </td>
                  <td>
                    <input
                      className="input code-input"
                      aria-label={t("environment.valueOf", { name: r.name || "–" })}
                      type={r.secret ? "password" : "text"}
                      autoComplete="off"
                      spellCheck={false}
                      placeholder={r.kept ? t("environment.kept") : undefined}
                      value={r.value ?? ""}
                      onChange={(e) => change(r.key, { value: e.target.value })}
                    />
                  </td>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={t("environment.secretOf", { name: r.name || "–" })}
                      checked={r.secret}
                      disabled={r.kept}
                      title={r.kept ? t("environment.staysSecret") : undefined}
                      onChange={(e) => change(r.key, { secret: e.target.checked })}
                    />
                  </td>
                  <td>
                    <Button
                      kind="quiet"
                      icon="trash"
                      label={t("environment.remove", { name: r.name || "–" })}
                      onClick={() => {
                        setRows(rows.filter((o) => o.key !== r.key));
                        setDirty(true);
                      }}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="form-foot">
        <Button icon="plus-lg" onClick={add}>{t("environment.add")}</Button>
        <span className="grow" />
        {dirty
          ? (
            <Button
              onClick={() => {
                setRows(rowsOf(p.given));
                setDirty(false);
                action.clear();
              }}
            >
              {t("discard")}
            </Button>
          )
          : null}
        <Button type="submit" kind="primary" busy={action.busy} why={dirty ? null : t("unchanged")}>
          {t("save")}
        </Button>
      </div>
    </Form>
  );
}
