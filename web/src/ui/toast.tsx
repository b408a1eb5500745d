import { useEffect } from "react";
import { createStore } from "../core/store.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";
import { useStore } from "./use-store.ts";

interface Toast {
  id: number;
  text: string;
}

const toasts = createStore<{ list: readonly Toast[] }>({ list: [] });
let last = 0;

/** Says that something was done. Never the only place where a failure is shown. */
export function toast(text: string): void {
  toasts.set({ list: [...toasts.get().list, { id: ++last, text }].slice(-3) });
}

function drop(id: number): void {
  toasts.set({ list: toasts.get().list.filter((x) => x.id !== id) });
}

function One({ it }: { it: Toast }) {
  useEffect(() => {
    const id = setTimeout(() => drop(it.id), 6000);
    return () => clearTimeout(id);
  }, [it.id]);
  return (
    <div className="toast">
      <span>{it.text}</span>
      <Button kind="quiet" icon="x-lg" label={t("close")} onClick={() => drop(it.id)} />
    </div>
  );
}

export function Toasts() {
  const list = useStore(toasts, (s) => s.list);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map((it) => <One key={it.id} it={it} />)}
    </div>
  );
}
