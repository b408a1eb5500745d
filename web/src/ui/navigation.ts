import { useEffect } from "react";
import { type Location, parseUrl, withQuery } from "../core/router.ts";
import { createStore } from "../core/store.ts";
import { useStore } from "./use-store.ts";

const here = () => parseUrl(location.pathname + location.search + location.hash);

interface Navigation {
  at: Location;
  /** Where somebody wants to go while a form holds unsaved input. */
  asked: string | null;
}

export const navigation = createStore<Navigation>({ at: here(), asked: null });
const start = navigation.get().at;
/** Whether this tab has shown another page before; what the browser loads begins at its own top. */
export const moved = () => navigation.get().at !== start;
const unsaved = new Set<object>();
let index = Number(history.state?.index ?? 0);
let pending: (() => void) | null = null;
let returning = false;

history.replaceState({ index }, "");

addEventListener("popstate", (event) => {
  const to = Number(event.state?.index ?? 0);
  if (returning) {
    returning = false;
    return;
  }
  const step = to - index;
  if (unsaved.size && step !== 0) {
    // The browser has already moved: step back, ask, and go on only if told to.
    returning = true;
    history.go(-step);
    ask(() => history.go(step), location.pathname);
    return;
  }
  index = to;
  navigation.set({ at: here() });
});

addEventListener("beforeunload", (event) => {
  if (unsaved.size) event.preventDefault();
});

function ask(go: () => void, where: string): void {
  pending = go;
  navigation.set({ asked: where });
}

export function leaveAnyway(): void {
  const go = pending;
  pending = null;
  unsaved.clear();
  navigation.set({ asked: null });
  go?.();
}

export function stay(): void {
  pending = null;
  navigation.set({ asked: null });
}

export function navigate(to: string, how: "push" | "replace" = "push"): void {
  const samePage = parseUrl(to).path === navigation.get().at.path;
  if (unsaved.size && !samePage) return ask(() => navigate(to, how), to);
  if (how === "push") history.pushState({ index: ++index }, "", to);
  else history.replaceState({ index }, "", to);
  navigation.set({ at: here() });
}

/** Asks before leaving while `dirty`. */
export function useUnsaved(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const mark = {};
    unsaved.add(mark);
    return () => {
      unsaved.delete(mark);
    };
  }, [dirty]);
}

/** For a form that was just saved and moves on at once, before React took its mark away. */
export function saved(): void {
  unsaved.clear();
}

export function useLocation(): Location {
  return useStore(navigation, (n) => n.at);
}

/** One value of the query, kept in the address so that reload and Back keep it. */
export function useQuery(name: string, fallback = ""): [string, (value: string) => void] {
  const at = useLocation();
  return [
    at.query.get(name) ?? fallback,
    (value) =>
      navigate(
        withQuery(navigation.get().at, { [name]: value === fallback ? null : value }),
        "replace",
      ),
  ];
}
