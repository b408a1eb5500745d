import { type ReactNode, useEffect } from "react";

/** Title, one line below it, and what can be done here. Also names the browser's tab. */
export function PageHead(
  p: { title: string; note?: ReactNode; tab?: string; children?: ReactNode },
) {
  const tab = p.tab ? `${p.title} · ${p.tab}` : p.title;
  useEffect(() => {
    document.title = `${tab} – Lineside`;
  }, [tab]);
  return (
    <div className="page-head">
      <div className="grow">
        <h1 tabIndex={-1}>{p.title}</h1>
        {p.note ? <div className="note">{p.note}</div> : null}
      </div>
      {p.children}
    </div>
  );
}

export function Panel(
  p: { title?: string; label?: string; tools?: ReactNode; className?: string; children: ReactNode },
) {
  return (
    <section
      className={p.className ? `panel ${p.className}` : "panel"}
      aria-label={p.label ?? p.title}
    >
      {p.title || p.tools
        ? (
          <header>
            {p.title ? <h2>{p.title}</h2> : null}
            <span className="grow" />
            {p.tools}
          </header>
        )
        : null}
      {p.children}
    </section>
  );
}

/** Name and value pairs. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode] | null)[] }) {
  return (
    <dl className="facts">
      {rows.map((r) =>
        r
          ? (
            <div key={r[0]}>
              <dt>{r[0]}</dt>
              <dd>{r[1]}</dd>
            </div>
          )
          : null
      )}
    </dl>
  );
}
