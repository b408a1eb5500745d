import { type KeyboardEvent, memo, type ReactElement, type ReactNode, useMemo } from "react";
import { natural } from "../core/names.ts";
import { t } from "../i18n/text.ts";
import { useQuery } from "./navigation.ts";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the header is no button. */
  sort?: (row: T) => string | number;
  numeric?: boolean;
  /** The header is heard, not seen (columns of buttons). */
  quiet?: boolean;
  /** Dropped on narrow screens. */
  extra?: boolean;
}

/** Sorts by the header that was pressed, kept in the address; arrow keys go from row to row. */
export function Table<T>(
  p: {
    label: string;
    columns: readonly Column<T>[];
    rows: readonly T[];
    id: (row: T) => string;
    rowClass?: (row: T) => string | undefined;
    /** For pages with two tables: which name the sort has in the address. */
    sortName?: string;
  },
) {
  const [order, setOrder] = useQuery(p.sortName ?? "sort");
  const down = order.startsWith("-");
  const by = p.columns.find((c) => c.sort && c.key === order.replace(/^-/, ""));
  const rows = useMemo(() => {
    const read = by?.sort;
    if (!read) return p.rows;
    return [...p.rows].sort((a, b) => {
      const x = read(a), y = read(b);
      const d = typeof x === "number" && typeof y === "number"
        ? x - y
        : natural(String(x), String(y));
      return down ? -d : d;
    });
  }, [p.rows, by, down]);
  const onKey = (e: KeyboardEvent<HTMLTableSectionElement>) => {
    const from = e.target as HTMLElement;
    const row = from.closest("tr");
    if (!row || !from.matches("a, button") || e.altKey || e.ctrlKey || e.metaKey) return;
    const all = [...e.currentTarget.querySelectorAll("tr")];
    const at = all.indexOf(row);
    const to: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: all.length - 1,
    };
    if (!(e.key in to)) return;
    e.preventDefault();
    const next = all[Math.max(0, Math.min(all.length - 1, to[e.key]))];
    const column = from.closest("td, th")?.getAttribute("data-column");
    const cell = next?.querySelector(`[data-column="${column}"]`);
    (cell ?? next)?.querySelector<HTMLElement>("a, button")?.focus();
  };
  return (
    <div className="table-scroll" role="group" aria-label={p.label} tabIndex={0}>
      <table className="table">
        <caption className="vh">{p.label}</caption>
        <thead>
          <tr>
            {p.columns.map((c) => (
              <th
                key={c.key}
                scope="col"
                className={cellClass(c)}
                aria-sort={c.sort
                  ? by === c ? (down ? "descending" : "ascending") : "none"
                  : undefined}
              >
                {c.sort
                  ? (
                    <button
                      type="button"
                      onClick={() => setOrder(by === c && !down ? `-${c.key}` : c.key)}
                    >
                      {c.title}
                      <span aria-hidden="true" className="arrow">
                        {by === c ? (down ? "▾" : "▴") : ""}
                      </span>
                    </button>
                  )
                  : <span className={c.quiet ? "vh" : undefined}>{c.title}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={onKey}>
          {rows.map((row) => (
            <Row key={p.id(row)} row={row} columns={p.columns} className={p.rowClass?.(row)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps<T> {
  row: T;
  columns: readonly Column<T>[];
  className?: string;
}

/** Drawn again only if it is another row, or if the columns were made anew. */
const Row = memo(({ row, columns, className }: RowProps<unknown>) => (
  <tr className={className}>
    {columns.map((c, i) =>
      i === 0
        ? (
          <th key={c.key} scope="row" data-column={c.key} className={cellClass(c)}>
            {c.cell(row)}
          </th>
        )
        : (
          <td key={c.key} data-column={c.key} className={cellClass(c)}>
            {c.cell(row)}
          </td>
        )
    )}
  </tr>
)) as <T>(p: RowProps<T>) => ReactElement;

function cellClass<T>(c: Column<T>): string | undefined {
  return [c.numeric ? "num" : "", c.extra ? "hide-s" : "", c.quiet ? "tools" : ""]
    .filter(Boolean).join(" ") || undefined;
}

/** `12 of 340`, and the way to the next page. */
export function TableFoot(
  p: { shown: number; count: number; more?: (() => void) | null; children?: ReactNode },
) {
  return (
    <div className="table-foot">
      <span role="status">{t("table.shown", { n: p.shown, m: p.count })}</span>
      {p.children}
      <span className="grow" />
      {p.more
        ? <button type="button" className="btn" onClick={p.more}>{t("table.more")}</button>
        : null}
    </div>
  );
}
