import { useEffect, useRef, useState } from "react";
import { windowOf } from "../core/virtual.ts";
import type { Column } from "./table.tsx";

const ROW = 37;

/**
 * A table of thousands of rows: only those on screen are in the document, and the next part of the
 * list is asked for before somebody reaches its end.
 */
export function VirtualTable<T>(
  p: {
    label: string;
    columns: readonly Column<T>[];
    rows: readonly T[];
    /** Of the whole list, for those who hear it. */
    count: number;
    id: (row: T) => string;
    rowClass?: (row: T) => string | undefined;
    more: (() => void) | null;
    /** The server sorts such lists: by which column, and how to choose another. */
    sort?: { by: string; keys: readonly string[]; choose: (key: string) => void };
  },
) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = () => {
    const box = scroller.current;
    if (box) setView({ top: box.scrollTop, height: box.clientHeight });
  };
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  const shown = windowOf(view.top, view.height, ROW, p.rows.length);
  const isNearEnd = shown.end > p.rows.length - 40;
  const { more } = p;
  useEffect(() => {
    if (isNearEnd) more?.();
  }, [isNearEnd, more !== null, p.rows.length]);
  const below = shown.height - shown.top - (shown.end - shown.start) * ROW;
  return (
    <div
      className="table-scroll is-virtual"
      ref={scroller}
      role="group"
      aria-label={p.label}
      tabIndex={0}
      onScroll={look}
    >
      <table className="table" aria-rowcount={p.count + 1}>
        <caption className="vh">{p.label}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {p.columns.map((c) => (
              <th
                key={c.key}
                scope="col"
                className={cellClass(c)}
                aria-sort={p.sort?.keys.includes(c.key)
                  ? p.sort.by === c.key ? "ascending" : "none"
                  : undefined}
              >
                {p.sort?.keys.includes(c.key)
                  ? (
                    <button type="button" onClick={() => p.sort?.choose(c.key)}>
                      {c.title}
                      <span aria-hidden="true" className="arrow">
                        {p.sort.by === c.key ? "▴" : ""}
                      </span>
                    </button>
                  )
                  : <span className={c.quiet ? "vh" : undefined}>{c.title}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={shown.top} columns={p.columns.length} />
          {p.rows.slice(shown.start, shown.end).map((row, n) => (
            <tr
              key={p.id(row)}
              aria-rowindex={shown.start + n + 2}
              className={p.rowClass?.(row)}
            >
              {p.columns.map((c, i) =>
                i === 0
                  ? <th key={c.key} scope="row" className={cellClass(c)}>{c.cell(row)}</th>
                  : <td key={c.key} className={cellClass(c)}>{c.cell(row)}</td>
              )}
            </tr>
          ))}
          <Gap height={below} columns={p.columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function Gap({ height, columns }: { height: number; columns: number }) {
  const cell = useRef<HTMLTableCellElement>(null);
  useEffect(() => {
    if (cell.current) cell.current.style.height = `${height}px`;
  });
  return height > 0
    ? (
      <tr aria-hidden="true" className="gap">
        <td ref={cell} colSpan={columns} />
      </tr>
    )
    : null;
}

function cellClass<T>(c: Column<T>): string | undefined {
  return [c.numeric ? "num" : "", c.extra ? "hide-s" : "", c.quiet ? "tools" : ""]
    .filter(Boolean).join(" ") || undefined;
}
