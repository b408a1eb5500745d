import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "../ui/use-store.ts";
import { api, ApiError, query } from "./client.ts";
import { connection, listen, type LiveMessage } from "./live.ts";
import type { List } from "./types.ts";

export interface Loaded<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  reload: () => void;
  /** Puts in what the server just said, without asking again. */
  set: (data: T) => void;
}

/** Reads one path, again after each `reload` and each return of the connection. `null` reads nothing. */
export function useLoad<T>(path: string | null): Loaded<T> {
  const epoch = useStore(connection, (c) => c.epoch);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<
    { for: string | null; data: T | null; error: ApiError | null }
  >(
    { for: null, data: null, error: null },
  );
  const [loading, setLoading] = useState(path !== null);
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    setLoading(true);
    api.get<T>(path, { signal: stop.signal }).then(
      (data) => setState({ for: path, data, error: null }),
      (error) => {
        if (stop.signal.aborted) return;
        setState((s) => ({
          for: path,
          data: alike(s.for, path) ? s.data : null,
          error: asError(error),
        }));
      },
    ).finally(() => {
      if (!stop.signal.aborted) setLoading(false);
    });
    return () => stop.abort();
  }, [path, round, epoch]);
  const reload = useCallback(() => setRound((r) => r + 1), []);
  const set = useCallback((data: T) => setState({ for: path, data, error: null }), [path]);
  const mine = alike(state.for, path);
  return { data: mine ? state.data : null, error: mine ? state.error : null, loading, reload, set };
}

/** The same object, perhaps with another filter: what is shown stays until the new answer is there. */
function alike(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a.split("?")[0] === b.split("?")[0];
}

export interface Listed<T> extends Omit<Loaded<T[]>, "set"> {
  count: number;
  more: (() => void) | null;
  update: (change: (items: T[]) => T[]) => void;
}

interface Further<T> {
  /** Of which list. */
  first: string | null;
  /** To which answer for its first page. */
  of: List<T>;
  items: T[];
  next: string | null;
}

/** ms between two looks at the pages after the first, however often that one is read again. */
const PACE = 10_000;

const idOf = (x: unknown) => (x as { id?: string }).id;

/**
 * A list with its pages: the first at once, the next when asked for. Pages that were asked for stay
 * when the first is read again, and are read again themselves now and then.
 */
export function useList<T>(
  path: string | null,
  values: Record<string, string | number | null | undefined> = {},
  limit = 200,
): Listed<T> {
  const first = path === null ? null : query(path, { ...values, limit });
  const page = useLoad<List<T>>(first);
  const [further, setFurther] = useState<Further<T> | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const base = page.data;
  const rest = base && further?.first === first ? further : null;
  const next = rest ? rest.next : base?.next ?? null;
  const read = (cursor: string) => api.get<List<T>>(query(path!, { ...values, limit, cursor }));
  const more = next === null || busy ? null : () => {
    setBusy(true);
    read(next).then(
      (list) => {
        const items = [...(rest?.items ?? []), ...list.items];
        setFurther({ first, of: rest?.of ?? base!, items, next: list.next });
        setError(null);
      },
      (e) => setError(asError(e)),
    ).finally(() => setBusy(false));
  };
  const again = useRef<() => Promise<void>>(async () => {});
  again.current = async () => {
    if (!base || !rest || busy) return;
    const items: T[] = [];
    let cursor = base.next;
    while (cursor !== null && items.length < rest.items.length) {
      const list: List<T> = await read(cursor);
      items.push(...list.items);
      cursor = list.next;
    }
    setFurther((f) => f === further ? { first, of: base, items, next: cursor } : f);
  };
  const isOld = rest !== null && rest.of !== base;
  useEffect(() => {
    if (!isOld) return;
    const id = setTimeout(() => again.current().catch(() => {}), PACE);
    return () => clearTimeout(id);
  }, [isOld, further]);
  const data = useMemo(() => {
    if (!base) return null;
    if (!rest) return base.items;
    // One that has come to the first page meanwhile.
    const above = new Set(base.items.map(idOf));
    return [...base.items, ...rest.items.filter((x) => !above.has(idOf(x)))];
  }, [base, rest]);
  return {
    data,
    count: base?.count ?? 0,
    error: page.error ?? error,
    loading: page.loading || busy,
    reload: page.reload,
    more,
    update: (change) => {
      if (!base) return;
      const items = change(base.items), others = rest ? change(rest.items) : [];
      const lost = base.items.length - items.length + (rest?.items.length ?? 0) - others.length;
      const fresh = { ...base, items, count: base.count - lost };
      if (rest) setFurther({ ...rest, of: rest.of === base ? fresh : rest.of, items: others });
      page.set(fresh);
    },
  };
}

/** Hears one live topic for as long as the component stands. */
export function useTopic(topic: string | null, fn: (message: LiveMessage) => void): void {
  const latest = useRef(fn);
  latest.current = fn;
  useEffect(() => {
    if (topic === null) return;
    return listen(topic, (m) => {
      // A topic that is refused is no news of what it is about.
      if (!m.error) latest.current(m);
    });
  }, [topic]);
}

/** Runs `fn` at most once a second, and once more after the last call: for floods of live news. */
export function useCalm(fn: () => void): () => void {
  const latest = useRef(fn);
  latest.current = fn;
  const due = useRef<number | null>(null);
  useEffect(() => () => {
    if (due.current !== null) clearTimeout(due.current);
    due.current = null;
  }, []);
  return useCallback(() => {
    due.current ??= setTimeout(() => {
      due.current = null;
      latest.current();
    }, 1000) as unknown as number;
  }, []);
}

/** Runs `fn` again and again while the component stands and the tab is seen: for what no topic tells. */
export function useEvery(seconds: number, fn: () => void): void {
  const latest = useRef(fn);
  latest.current = fn;
  useEffect(() => {
    const id = setInterval(() => {
      if (!document.hidden) latest.current();
    }, seconds * 1000);
    return () => clearInterval(id);
  }, [seconds]);
}

export interface Action {
  busy: boolean;
  error: ApiError | null;
  /** Runs one call at a time; `true` once it went through. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const running = useRef(false);
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (e) {
      if (alive.current) setError(asError(e));
      return false;
    } finally {
      running.current = false;
      if (alive.current) setBusy(false);
    }
  }, []);
  return { busy, error, run, clear: useCallback(() => setError(null), []) };
}

export function asError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError({ type: "/problems/page", title: "", status: -1, detail });
}
