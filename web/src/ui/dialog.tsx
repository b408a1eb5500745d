import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { ApiError } from "../api/client.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";
import { Form, TextField } from "./fields.tsx";

/** A modal dialog of the browser. Esc closes it; the focus goes back to what opened it. */
export function Dialog(
  p: { title: string; onClose: () => void; children: ReactNode; wide?: boolean },
) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={p.wide ? "dialog is-wide" : "dialog"}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        p.onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={id}>{p.title}</h2>
        <span className="grow" />
        <Button kind="quiet" icon="x-lg" label={t("close")} onClick={p.onClose} />
      </div>
      <div className="dialog-body">{p.children}</div>
    </dialog>
  );
}

/** Asks before something that hurts. The button carries the verb; `typed` must be written first. */
export function Confirm(
  p: {
    title: string;
    verb: string;
    danger?: boolean;
    typed?: string;
    busy: boolean;
    error: ApiError | null;
    onConfirm: () => void;
    onClose: () => void;
    children: ReactNode;
  },
) {
  const [text, setText] = useState("");
  const ready = p.typed === undefined || text === p.typed;
  return (
    <Dialog title={p.title} onClose={p.onClose}>
      <Form onSubmit={() => ready && !p.busy && p.onConfirm()} error={p.error}>
        {p.children}
        {p.typed === undefined ? null : (
          <TextField
            label={t("confirm.typed", { name: p.typed })}
            value={text}
            onChange={setText}
            autoFocus
            error={p.error?.problem.fields?.name}
          />
        )}
        <div className="dialog-foot">
          <Button onClick={p.onClose}>{t("cancel")}</Button>
          <Button
            type="submit"
            kind={p.danger ? "danger" : "primary"}
            busy={p.busy}
            why={ready ? null : t("confirm.typeFirst")}
          >
            {p.verb}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
