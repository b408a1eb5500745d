import { type ReactNode, useEffect, useState } from "react";
import type { ApiError } from "../api/client.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { ProblemNote } from "./problem.tsx";

export function Empty(
  p: { icon: string; title: string; children?: ReactNode; action?: ReactNode },
) {
  return (
    <div className="empty">
      <Icon name={p.icon} />
      <h2>{p.title}</h2>
      {p.children ? <p className="muted">{p.children}</p> : null}
      {p.action}
    </div>
  );
}

/** Nothing for 300 ms, then grey bars, after 10 s a word about it. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const [phase, setPhase] = useState(0);
  useEffect(() => {
    const ids = [setTimeout(() => setPhase(1), 300), setTimeout(() => setPhase(2), 10_000)];
    return () => ids.forEach(clearTimeout);
  }, []);
  if (phase === 0) return <div className="loading" aria-busy="true" />;
  return (
    <div className="loading" aria-busy="true">
      <span className="vh" role="status">{t("loading")}</span>
      {Array.from({ length: rows }, (_, i) => <span key={i} className="bone" />)}
      {phase === 2 ? <p className="muted">{t("loading.slow")}</p> : null}
    </div>
  );
}

export function Failed({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <div className="failed">
      <h2>{t("failed.title")}</h2>
      <ProblemNote error={error}>
        <Button icon="arrow-clockwise" onClick={retry}>{t("failed.retry")}</Button>
      </ProblemNote>
    </div>
  );
}

/** Shows data, or that it loads, or why it can't be had. Old data stays while new is fetched. */
export function Await<T>(
  p: {
    of: { data: T | null; error: ApiError | null; reload: () => void };
    rows?: number;
    children: (data: T) => ReactNode;
  },
) {
  if (p.of.data !== null) return <>{p.children(p.of.data)}</>;
  if (p.of.error) return <Failed error={p.of.error} retry={p.of.reload} />;
  return <Loading rows={p.rows} />;
}
