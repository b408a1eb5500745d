import { type ReactNode, useId } from "react";
import { api } from "../api/client.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";
import { Confirm } from "./dialog.tsx";

interface Sending {
  busy: boolean;
  /** Why it cannot be sent now. */
  why?: string | null;
  /** “Save” unless it is something else. */
  verb?: string;
  icon?: string;
  /** What else can be done, on the left. */
  children?: ReactNode;
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
    <div className="form-foot">
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
