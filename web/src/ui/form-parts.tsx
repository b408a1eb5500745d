import { type ReactNode, useId, useState } from "react";
import { api } from "../api/client.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";
import { Confirm } from "./dialog.tsx";
import { Form, TextField } from "./fields.tsx";
import { useUnsaved } from "./navigation.ts";
import { toast } from "./toast.tsx";

interface Sending {
  busy: boolean;
  /** Why it cannot be sent now. */
  why?: string | null;
  /** “Save” unless it is something else. */
  verb?: string;
  icon?: string;
  /** What else can be done, on the left. */
  children?: ReactNode;
  /** Under all columns of the form. */
  whole?: boolean;
}

function Send(p: Sending & { danger?: boolean }) {
  return (
    <Button
      type="submit"
      kind={p.danger ? "danger" : "primary"}
      icon={p.icon}
      busy={p.busy}
      why={p.why}
    >
      {p.verb ?? t("save")}
    </Button>
  );
}

/** The end of a form on a page. */
export function FormFoot(p: Sending) {
  return (
    <div className={p.whole ? "form-foot whole" : "form-foot"}>
      {p.children}
      <span className="grow" />
      <Send {...p} />
    </div>
  );
}

/** The end of a form in a dialog. */
export function DialogFoot(p: Sending & { onClose: () => void }) {
  return (
    <div className="dialog-foot">
      {p.children}
      {p.children ? <span className="grow" /> : null}
      <Button onClick={p.onClose}>{t("cancel")}</Button>
      <Send {...p} />
    </div>
  );
}

/** A few numbers of one resource. Only what was changed is sent. */
export function NumbersForm<K extends string>(
  p: {
    path: string;
    text: string;
    given: Record<K, number>;
    fields: readonly { key: K; label: string; hint?: string; min: number; max?: number }[];
    onSaved: (given: Record<K, number>) => void;
  },
) {
  const [draft, setDraft] = useState<Partial<Record<K, string>>>({});
  const action = useAction();
  const changed = p.fields.map((f) => f.key).filter((k) =>
    draft[k] !== undefined && draft[k] !== String(p.given[k])
  );
  useUnsaved(changed.length > 0);
  const save = () =>
    action.run(async () => {
      const body = Object.fromEntries(changed.map((k) => [k, Number(draft[k])]));
      p.onSaved(await api.patch<Record<K, number>>(p.path, body));
      setDraft({});
      toast(t("saved"));
    });
  return (
    <Form onSubmit={save} error={action.error} className="form pad columns">
      <p className="whole">{p.text}</p>
      {p.fields.map(({ key, ...field }) => (
        <TextField
          key={key}
          {...field}
          type="number"
          required
          value={draft[key] ?? String(p.given[key])}
          onChange={(v) => setDraft({ ...draft, [key]: v })}
          error={action.error?.problem.fields?.[key]}
        />
      ))}
      <FormFoot whole busy={action.busy} why={changed.length ? null : t("unchanged")} />
    </Form>
  );
}

/** A file of which only the text counts. */
export function FileField(
  p: { label: string; accept?: string; onText: (text: string) => void },
) {
  const id = useId();
  return (
    <div className="form-field">
      <label htmlFor={id}>{p.label}</label>
      <input
        id={id}
        className="input"
        type="file"
        accept={p.accept}
        // A file that was mended and is chosen again is a change too.
        onClick={(e) => {
          e.currentTarget.value = "";
        }}
        onChange={async (e) => p.onText(await e.target.files?.[0]?.text() ?? "")}
      />
    </div>
  );
}

/** Asks, removes what is at `path`, and says when that is done. */
export function Removal(
  p: {
    path: string;
    title: string;
    text: string;
    verb?: string;
    /** What must be written first, where much is lost. */
    typed?: string;
    onClose: () => void;
    onDone: () => void;
  },
) {
  const action = useAction();
  return (
    <Confirm
      title={p.title}
      verb={p.verb ?? t("remove")}
      danger
      typed={p.typed}
      busy={action.busy}
      error={action.error}
      onClose={p.onClose}
      onConfirm={() =>
        action.run(async () => {
          await api.delete(p.path);
          p.onDone();
        })}
    >
      <p>{p.text}</p>
    </Confirm>
  );
}
