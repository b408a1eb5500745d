import { type ReactNode, useEffect, useRef, useState } from "react";
import { asError } from "../api/use.ts";
import type { ApiError } from "../api/client.ts";
import { moved } from "./navigation.ts";
import { Failed, Loading } from "./states.tsx";

type Load<M> = () => Promise<M>;

const loaded = new Map<Load<unknown>, unknown>();

/**
 * A part of the page that the browser gets when somebody opens it. `load` stands outside of the
 * component: it is what the module is remembered by.
 */
export function Lazily<M>({ load, draw }: { load: Load<M>; draw: (module: M) => ReactNode }) {
  const [, setRound] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (loaded.has(load)) return;
    let alive = true;
    load().then(
      (module) => {
        loaded.set(load, module);
        if (alive) setRound((r) => r + 1);
      },
      (e) => alive && setError(asError(e)),
    );
    return () => {
      alive = false;
    };
  }, [load, attempt]);
  const module = loaded.get(load) as M | undefined;
  const waited = useRef(false);
  if (module === undefined) waited.current = true;
  // Whoever came here by keyboard would stand nowhere: the heading was not there yet.
  useEffect(() => {
    if (!module || !waited.current) return;
    waited.current = false;
    if (moved() && document.activeElement === document.body) {
      document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    }
  }, [module]);
  if (module !== undefined) return <>{draw(module)}</>;
  return (
    <section className="panel">
      {error
        ? (
          <Failed
            error={error}
            retry={() => {
              setError(null);
              setAttempt((a) => a + 1);
            }}
          />
        )
        : <Loading />}
    </section>
  );
}
