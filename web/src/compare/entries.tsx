import { useEffect, useRef } from "react";
import type { ComparedNode } from "../api/types.ts";
import type { ContainerEntry } from "../core/flow-marks.ts";
import { GLOBAL, keyOf } from "../core/flow-marks.ts";
import { t, tn } from "../i18n/text.ts";
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
            ? <Changes entry={e} selected={p.selected} onSelect={p.onSelect} />
            : null}
        </li>
      ))}
    </ul>
  );
}

function Changes(
  { entry, selected, onSelect }: {
    entry: ContainerEntry;
    selected: string | null;
    onSelect: (entry: string, key: string) => void;
  },
) {
  const { nodes } = entry;
  if (nodes.length === 0) return <p className="muted no-changes">{t("compare.same")}</p>;
  const { start, end } = windowAt(nodes, selected);
  return (
    <ul className="changes">
      <More n={start} />
      {nodes.slice(start, end).map((n) => (
        <li key={keyOf(n)}>
          <button
            type="button"
            aria-current={selected === keyOf(n)}
            onClick={() => onSelect(entry.key, keyOf(n))}
          >
            <ChangeSign change={n.change} />
            <span className="entry-name">{nameOf(n)}</span>
            <span className="muted">
              {n.kind === "node" || n.kind === "config" ? n.type : t(`compare.kind.${n.kind}`)}
            </span>
          </button>
        </li>
      ))}
      <More n={nodes.length - end} />
    </ul>
  );
}

/** A tab may hold thousands of differences: those around the one that is looked at are listed. */
const LISTED = 200;

function windowAt(nodes: readonly ComparedNode[], selected: string | null) {
  const at = selected === null ? 0 : nodes.findIndex((n) => keyOf(n) === selected);
  const page = Math.floor(Math.max(0, at) / (LISTED / 2));
  const start = Math.max(0, (page - 1) * (LISTED / 2));
  return { start, end: Math.min(nodes.length, start + 2 * LISTED) };
}

function More({ n }: { n: number }) {
  return n > 0 ? <li className="muted no-changes">{tn("compare.more", n)}</li> : null;
}

function EntryIcon({ kind }: { kind: ContainerEntry["kind"] }) {
  if (kind === "tab") return <Icon name="window" />;
  if (kind === "subflow") return <Icon name="diagram-2" />;
  return <Icon name="gear" />;
}

export function labelOf(e: ContainerEntry): string {
  return e.key === GLOBAL ? t("compare.kind.global") : e.label || t(`compare.kind.${e.kind}`);
}
