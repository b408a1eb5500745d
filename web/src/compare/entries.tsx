import { useEffect, useRef } from "react";
import type { ContainerEntry } from "../core/flow-marks.ts";
import { GLOBAL, keyOf } from "../core/flow-marks.ts";
import { t } from "../i18n/text.ts";
import { Icon } from "../ui/icon.tsx";
import { ChangeCounts, ChangeSign, ChangeTag } from "./change.tsx";
import { nameOf } from "./difference.tsx";

/** Tabs, subflows and configuration with their counts; the open one with its differences. */
export function Entries(
  p: {
    entries: readonly ContainerEntry[];
    open: string | null;
    selected: string | null;
    onOpen: (key: string) => void;
    onSelect: (entry: string, key: string) => void;
  },
) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }, [p.selected]);
  return (
    <ul className="entries" ref={list}>
      {p.entries.map((e) => (
        <li key={e.key}>
          <button
            type="button"
            className="entry"
            aria-expanded={p.open === e.key}
            onClick={() => p.onOpen(e.key)}
          >
            <EntryIcon kind={e.kind} />
            <span className="entry-name">{labelOf(e)}</span>
            {e.change === "added" || e.change === "removed"
              ? <ChangeTag change={e.change} />
              : null}
            <ChangeCounts counts={e.counts} />
          </button>
          {p.open === e.key
            ? e.nodes.length
              ? (
                <ul className="changes">
                  {e.nodes.map((n) => (
                    <li key={keyOf(n)}>
                      <button
                        type="button"
                        aria-current={p.selected === keyOf(n)}
                        onClick={() => p.onSelect(e.key, keyOf(n))}
                      >
                        <ChangeSign change={n.change} />
                        <span className="entry-name">{nameOf(n)}</span>
                        <span className="muted">
                          {n.kind === "node" || n.kind === "config"
                            ? n.type
                            : t(`compare.kind.${n.kind}`)}
                        </span>
                      </button>
                    </li>
                  ))}
                </ul>
              )
              : <p className="muted no-changes">{t("compare.same")}</p>
            : null}
        </li>
      ))}
    </ul>
  );
}

function EntryIcon({ kind }: { kind: ContainerEntry["kind"] }) {
  if (kind === "tab") return <Icon name="window" />;
  if (kind === "subflow") return <Icon name="diagram-2" />;
  return <Icon name="gear" />;
}

export function labelOf(e: ContainerEntry): string {
  return e.key === GLOBAL ? t("compare.kind.global") : e.label || t(`compare.kind.${e.kind}`);
}
