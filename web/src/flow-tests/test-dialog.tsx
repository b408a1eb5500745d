import { useState } from "react";
import { api } from "../api/client.ts";
import type { FlowTest, FlowTestDefinition, Instance } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form, TextArea, TextField } from "../ui/fields.tsx";
import { type FlowNode, nodeChoices } from "./nodes.ts";

const FIRST: FlowTestDefinition = {
  format: "lineside-flow-test/1",
  name: "",
  timeout: 5000,
  environment: {},
  mocks: [],
  steps: [{ send: { payload: 1 }, to: "" }, { expect: { payload: 1 }, at: "" }],
};

/** A case as text, with the nodes of the flows beside it. The server says what is wrong with it, by step. */
export function TestDialog(
  p: {
    instance: Instance;
    test: FlowTest | null;
    readOnly: boolean;
    onClose: () => void;
    onSaved: () => void;
  },
) {
  const [name, setName] = useState(p.test?.name ?? "");
  const [text, setText] = useState(() => {
    const { name: _, format: __, ...rest } = p.test?.definition ?? FIRST;
    return JSON.stringify(rest, null, 2);
  });
  const flows = useLoad<{ flows: FlowNode[] }>(`instances/${p.instance.id}/flows`);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const parsed = read(text);
  const save = () =>
    parsed.value && !p.readOnly && action.run(async () => {
      const body = { ...parsed.value, format: FIRST.format, name };
      const base = `instances/${p.instance.id}/tests`;
      if (p.test) await api.put(`${base}/${p.test.id}`, body);
      else await api.post(base, body);
      p.onSaved();
    });
  return (
    <Dialog wide title={p.test ? p.test.name : t("tests.add")} onClose={p.onClose}>
      <Form error={action.error} onSubmit={save}>
        <TextField
          label={t("name")}
          hint={t("tests.nameHint")}
          required
          autoFocus
          maxLength={120}
          disabled={p.readOnly}
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextArea
          label={t("tests.definition")}
          hint={t("tests.definitionHint")}
          rows={16}
          code
          disabled={p.readOnly}
          value={text}
          onChange={setText}
          error={parsed.error ?? wrong(fields)}
        />
        <details className="small">
          <summary>{t("tests.nodes")}</summary>
          <ul className="plain-list node-ids">
            {nodeChoices(flows.data?.flows ?? []).map((n) => (
              <li key={n.id}>
                <code>{n.id}</code> {n.label} <span className="muted">{n.place}</span>
              </li>
            ))}
          </ul>
        </details>
        <div className="dialog-foot">
          <Button onClick={p.onClose}>{p.readOnly ? t("close") : t("cancel")}</Button>
          {p.readOnly ? null : (
            <Button
              type="submit"
              kind="primary"
              busy={action.busy}
              why={parsed.value ? null : t("tests.noJSON")}
            >
              {t("save")}
            </Button>
          )}
        </div>
      </Form>
    </Dialog>
  );
}

function wrong(fields: Record<string, string>): string | null {
  const rest = Object.entries(fields).filter(([k]) => k !== "name");
  return rest.length ? rest.map(([k, v]) => `${k}: ${v}`).join("\n") : null;
}

function read(text: string): { value: FlowTestDefinition | null; error: string | null } {
  try {
    const value = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { value: null, error: t("tests.noJSON") };
    }
    return { value, error: null };
  } catch (e) {
    return { value: null, error: `${t("tests.noJSON")} ${e instanceof Error ? e.message : ""}` };
  }
}
