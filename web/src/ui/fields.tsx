import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import type { ApiError } from "../api/client.ts";
import { t } from "../i18n/text.ts";
import { ProblemNote } from "./problem.tsx";

interface Common {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  required?: boolean;
  disabled?: boolean;
}

/** The frame of one field: label above, hint and error below, both tied to the control. */
function Frame(p: Common & { id: string; children: ReactNode }) {
  return (
    <div className={p.error ? "form-field has-error" : "form-field"}>
      <label htmlFor={p.id}>{p.label}</label>
      {p.children}
      {p.hint ? <p className="hint" id={`${p.id}-hint`}>{p.hint}</p> : null}
      {p.error ? <p className="error" id={`${p.id}-error`}>{p.error}</p> : null}
    </div>
  );
}

function described(id: string, p: Common): string | undefined {
  return [p.hint ? `${id}-hint` : "", p.error ? `${id}-error` : ""].filter(Boolean).join(" ") ||
    undefined;
}

export function TextField(
  p: Common & {
    value: string;
    onChange: (value: string) => void;
    type?: "text" | "password" | "email" | "number" | "datetime-local";
    autoComplete?: string;
    autoFocus?: boolean;
    name?: string;
    placeholder?: string;
    min?: number;
    max?: number;
    step?: number | "any";
    maxLength?: number;
    spellCheck?: boolean;
    code?: boolean;
    list?: readonly string[];
  },
) {
  const id = useId();
  return (
    <Frame {...p} id={id}>
      <input
        id={id}
        className={p.code ? "input code-input" : "input"}
        name={p.name}
        type={p.type ?? "text"}
        value={p.value}
        required={p.required}
        disabled={p.disabled}
        placeholder={p.placeholder}
        autoComplete={p.autoComplete ?? "off"}
        autoFocus={p.autoFocus}
        autoCapitalize="none"
        spellCheck={p.spellCheck ?? false}
        min={p.min}
        max={p.max}
        step={p.step}
        maxLength={p.maxLength}
        list={p.list ? `${id}-list` : undefined}
        aria-invalid={p.error ? true : undefined}
        aria-describedby={described(id, p)}
        onChange={(e) => p.onChange(e.target.value)}
      />
      {p.list
        ? <datalist id={`${id}-list`}>{p.list.map((v) => <option key={v} value={v} />)}</datalist>
        : null}
    </Frame>
  );
}

/** What people call a thing. */
export function NameField(
  p: Omit<Common, "label" | "required"> & {
    value: string;
    onChange: (value: string) => void;
    autoFocus?: boolean;
  },
) {
  return <TextField label={t("name")} required maxLength={80} {...p} />;
}

export function TextArea(
  p: Common & { value: string; onChange: (value: string) => void; rows?: number; code?: boolean },
) {
  const id = useId();
  return (
    <Frame {...p} id={id}>
      <textarea
        id={id}
        className={p.code ? "input code-input" : "input"}
        rows={p.rows ?? 3}
        value={p.value}
        required={p.required}
        disabled={p.disabled}
        aria-invalid={p.error ? true : undefined}
        aria-describedby={described(id, p)}
        onChange={(e) => p.onChange(e.target.value)}
      />
    </Frame>
  );
}

export interface Choice {
  value: string;
  label: string;
}

/** One of things that have names; `none` where it may be none of them. */
export function choicesOf(
  things: readonly { id: string; name: string }[] | null | undefined,
  none?: string,
): Choice[] {
  const all = (things ?? []).map((x) => ({ value: x.id, label: x.name }));
  return none === undefined ? all : [{ value: "", label: none }, ...all];
}

export function SelectField(
  p: Common & { value: string; onChange: (value: string) => void; choices: readonly Choice[] },
) {
  const id = useId();
  return (
    <Frame {...p} id={id}>
      <select
        id={id}
        className="input"
        value={p.value}
        required={p.required}
        disabled={p.disabled}
        aria-invalid={p.error ? true : undefined}
        aria-describedby={described(id, p)}
        onChange={(e) => p.onChange(e.target.value)}
      >
        {p.choices.map((c) => <option key={c.value} value={c.value}>{c.label}</option>)}
      </select>
    </Frame>
  );
}

/** A select without a frame, for tool bars; its label is heard, not seen. */
export function InlineSelect(
  p: {
    label: string;
    value: string;
    onChange: (value: string) => void;
    choices: readonly Choice[];
  },
) {
  return (
    <label className="inline">
      <span className="vh">{p.label}</span>
      <select className="input" value={p.value} onChange={(e) => p.onChange(e.target.value)}>
        {p.choices.map((c) => <option key={c.value} value={c.value}>{c.label}</option>)}
      </select>
    </label>
  );
}

export function CheckBox(
  p: {
    label: ReactNode;
    hint?: string;
    checked: boolean;
    onChange: (value: boolean) => void;
    disabled?: boolean;
  },
) {
  const id = useId();
  return (
    <div className="check-field">
      <input
        id={id}
        type="checkbox"
        checked={p.checked}
        disabled={p.disabled}
        aria-describedby={p.hint ? `${id}-hint` : undefined}
        onChange={(e) => p.onChange(e.target.checked)}
      />
      <label htmlFor={id}>{p.label}</label>
      {p.hint ? <p className="hint" id={`${id}-hint`}>{p.hint}</p> : null}
    </div>
  );
}

/** Big boxes, one of which is taken. */
export function BoxChoice(
  p: {
    legend: string;
    /** The legend is heard only: a heading says the same. */
    quiet?: boolean;
    value: string;
    onChange: (value: string) => void;
    choices: readonly (Choice & { note?: string; disabled?: boolean })[];
  },
) {
  const name = useId();
  return (
    <fieldset className="boxes">
      <legend className={p.quiet ? "vh" : undefined}>{p.legend}</legend>
      {p.choices.map((c) => (
        <label key={c.value} className={p.value === c.value ? "box is-picked" : "box"}>
          <input
            type="radio"
            name={name}
            value={c.value}
            checked={p.value === c.value}
            disabled={c.disabled}
            onChange={() =>
              p.onChange(c.value)}
          />
          <span>
            <strong>{c.label}</strong>
            {c.note ? <span className="muted">{c.note}</span> : null}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** A form that shows what the server refused, and puts the focus on the first field it named. */
export function Form(
  p: {
    onSubmit: () => void;
    error: ApiError | null;
    children: ReactNode;
    label?: string;
    className?: string;
  },
) {
  const ref = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!p.error) return;
    const first = ref.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    (first ?? ref.current?.querySelector<HTMLElement>(".problem"))?.focus();
  }, [p.error]);
  return (
    <form
      ref={ref}
      className={p.className ?? "form"}
      aria-label={p.label}
      onSubmit={(e: FormEvent) => {
        e.preventDefault();
        p.onSubmit();
      }}
    >
      {p.children}
      {p.error ? <ProblemNote error={p.error} /> : null}
    </form>
  );
}
