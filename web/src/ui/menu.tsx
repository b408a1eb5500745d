import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Icon } from "./icon.tsx";

export interface MenuItem {
  label: string;
  icon?: string;
  onPick: () => void;
  danger?: boolean;
  /** Why it can't be picked now. */
  why?: string | null;
}

/** A button with a list of commands: arrow keys, Home, End, Esc; the focus comes back to the button. */
export function Menu(
  p: {
    label: string;
    icon?: string;
    text?: string;
    items: readonly MenuItem[];
    kind?: "quiet" | "primary";
  },
) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    items()[0]?.focus();
    const outside = (e: PointerEvent) => {
      if (!root.current?.contains(e.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  const items = () => [
    ...root.current?.querySelectorAll<HTMLButtonElement>("[role=menuitem]") ?? [],
  ];
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const onKey = (e: KeyboardEvent) => {
    if (!open) {
      if (e.key === "ArrowDown") {
        e.preventDefault();
        setOpen(true);
      }
      return;
    }
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to: Record<string, number> = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    };
    if (e.key in to) all[to[e.key]]?.focus();
    else if (e.key === "Escape") close();
    else if (e.key === "Tab") return setOpen(false);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div className="menu" ref={root} onKeyDown={onKey}>
      <button
        ref={opener}
        type="button"
        className={["btn", p.kind ?? "quiet", p.text ? "" : "only-icon"].join(" ")}
        aria-label={p.label}
        title={p.text ? undefined : p.label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {p.icon ? <Icon name={p.icon} /> : null}
        {p.text ? <span className="hide-s">{p.text}</span> : null}
      </button>
      {open
        ? (
          <div className="menu-list" role="menu" id={id} aria-label={p.label}>
            {p.items.map((item) => (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                tabIndex={-1}
                className={item.danger ? "danger" : undefined}
                aria-disabled={item.why ? true : undefined}
                title={item.why ?? undefined}
                onClick={() => {
                  if (item.why) return;
                  close();
                  item.onPick();
                }}
              >
                {item.icon ? <Icon name={item.icon} /> : null}
                {item.label}
              </button>
            ))}
          </div>
        )
        : null}
    </div>
  );
}
