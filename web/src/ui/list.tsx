import type { ReactNode } from "react";
import type { Listed } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { Empty, Failed, Loading } from "./states.tsx";
import { type Column, Table, TableFoot } from "./table.tsx";

/** A tool bar over a list: search box, further filters, what can be done. */
export function Toolbar({ children, label }: { children: ReactNode; label: string }) {
  return <div className="toolbar" role="group" aria-label={label}>{children}</div>;
}

export function Search(
  p: { label: string; value: string; onChange: (value: string) => void },
) {
  return (
    <label className="search">
      <Icon name="search" />
      <span className="vh">{p.label}</span>
      <input
        type="search"
        placeholder={p.label}
        value={p.value}
        onChange={(e) => p.onChange(e.target.value)}
      />
    </label>
  );
}

/**
 * A list with its pictures: it loads, it can't be loaded, there is nothing yet, nothing fits
 * the filter, or rows. `rows` is what the filter leaves of what was loaded.
 */
export function ListPanel<T>(
  p: {
    label: string;
    list: Listed<T>;
    rows?: readonly T[];
    columns: readonly Column<T>[];
    id: (row: T) => string;
    rowClass?: (row: T) => string | undefined;
    filtered?: boolean;
    clear?: () => void;
    nothing: ReactNode;
    sortName?: string;
  },
) {
  const rows = p.rows ?? p.list.data ?? [];
  return (
    <section className="panel list" aria-label={p.label}>
      {p.list.data === null
        ? p.list.error
          ? <Failed error={p.list.error} retry={p.list.reload} />
          : <Loading rows={6} />
        : rows.length > 0
        ? (
          <>
            <Table
              label={p.label}
              columns={p.columns}
              rows={rows}
              id={p.id}
              rowClass={p.rowClass}
              sortName={p.sortName}
            />
            <TableFoot shown={rows.length} count={p.list.count} more={p.list.more}>
              {p.list.error ? <span className="stale">{t("list.stale")}</span> : null}
            </TableFoot>
          </>
        )
        : p.filtered
        ? (
          <Empty
            icon="search"
            title={t("list.nothingFound")}
            action={p.clear
              ? <Button onClick={p.clear}>{t("list.clearFilter")}</Button>
              : undefined}
          >
            {t("list.nothingFits")}
          </Empty>
        )
        : p.nothing}
    </section>
  );
}
