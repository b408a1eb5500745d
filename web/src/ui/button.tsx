import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";

interface Look {
  kind?: "primary" | "quiet" | "danger";
  icon?: string;
  children?: ReactNode;
  /** The accessible name of a button that shows only its icon. */
  label?: string;
}

function classes(p: Look): string {
  return ["btn", p.kind, p.children ? "" : "only-icon"].filter(Boolean).join(" ");
}

/** `why` says why it can't be pressed now: it stays reachable, so that everybody learns the reason. */
export function Button(
  p: Look & {
    onClick?: () => void;
    type?: "button" | "submit";
    busy?: boolean;
    why?: string | null;
    pressed?: boolean;
    expanded?: boolean;
    controls?: string;
    hasPopup?: "menu" | "dialog";
  },
) {
  const off = Boolean(p.why) || p.busy;
  return (
    <button
      type={p.type ?? "button"}
      className={classes(p)}
      aria-label={p.children ? undefined : p.label}
      title={p.why ?? (p.children ? undefined : p.label)}
      aria-disabled={off || undefined}
      aria-busy={p.busy || undefined}
      aria-pressed={p.pressed}
      aria-expanded={p.expanded}
      aria-controls={p.controls}
      aria-haspopup={p.hasPopup}
      onClick={(e) => {
        if (off) e.preventDefault();
        else p.onClick?.();
      }}
    >
      {p.icon ? <Icon name={p.icon} /> : null}
      {p.children}
      {p.why ? <span className="vh">{p.why}</span> : null}
    </button>
  );
}

export function LinkButton(p: Look & { href: string }) {
  return (
    <Link className={classes(p)} href={p.href} aria-label={p.children ? undefined : p.label}>
      {p.icon ? <Icon name={p.icon} /> : null}
      {p.children}
    </Link>
  );
}
