import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { navigate } from "./navigation.ts";

/** A link inside this page; with a modifier key it is an ordinary one. */
export function Link(p: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    p.onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || p.target) return;
    event.preventDefault();
    navigate(p.href);
  };
  return <a {...p} onClick={go} />;
}
