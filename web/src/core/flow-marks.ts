import type { Change, ComparedNode, Comparison } from "../api/types.ts";

export const SIGN: Record<Change, string> = {
  added: "+",
  removed: "−",
  changed: "~",
  moved: "↗",
};

export type Side = "from" | "to";

/** What a comparison says of the nodes and wires of one side, by their ids there. */
export interface Marks {
  nodes: Map<string, { change: Change; key: string }>;
  wires: Map<string, "added" | "removed">;
}

/** One name of a difference in both sides, for addresses and selections. */
export function keyOf(n: ComparedNode): string {
  return n.toId ?? `-${n.fromId}`;
}

/** The key of the container in which a difference is listed; `global` where it has none. */
export function containerKeyOf(n: ComparedNode): string {
  if (n.kind === "tab" || n.kind === "subflow") return keyOf(n);
  if (n.toId !== undefined) return n.toContainer ?? GLOBAL;
  return n.fromContainer === undefined ? GLOBAL : `-${n.fromContainer}`;
}

export const GLOBAL = "global";

export function marksOf(c: Comparison, side: Side, hideMoves = false): Marks {
  const marks: Marks = { nodes: new Map(), wires: new Map() };
  for (const n of c.nodes) {
    const id = side === "from" ? n.fromId : n.toId;
    if (id === undefined) continue;
    if (!(hideMoves && n.change === "moved")) {
      marks.nodes.set(id, { change: n.change, key: keyOf(n) });
    }
    if (side === "to") {
      for (const w of n.wires.added) marks.wires.set(`${id}:${w.port}:${w.toId}`, "added");
    } else {
      for (const w of n.wires.removed) marks.wires.set(`${id}:${w.port}:${w.fromId}`, "removed");
    }
  }
  return marks;
}

/** One line of the list of containers. */
export interface ContainerEntry {
  key: string;
  fromId?: string;
  toId?: string;
  kind: "tab" | "subflow" | "global";
  label: string;
  change: Change | "same";
  counts: Record<Change, number>;
  nodes: ComparedNode[];
}

/** Containers in their order with what differs in each, in reading order of the drawing. */
export function entriesOf(
  c: Comparison,
  placeOf: (n: ComparedNode) => { x: number; y: number } | null,
  hideMoves = false,
): ContainerEntry[] {
  const entries: ContainerEntry[] = c.containers.map((x) => ({
    key: x.kind === "global" ? GLOBAL : x.toId ?? `-${x.fromId}`,
    fromId: x.fromId,
    toId: x.toId,
    kind: x.kind,
    label: x.label,
    change: hideMoves && x.change === "moved" ? "same" : x.change,
    counts: {
      added: x.added,
      removed: x.removed,
      changed: x.changed,
      moved: hideMoves ? 0 : x.moved,
    },
    nodes: [],
  }));
  const byKey = new Map(entries.map((e) => [e.key, e]));
  // A removed node may lie in a tab that still exists: listed under its name in `to`.
  for (const e of entries) if (e.fromId !== undefined) byKey.set(`-${e.fromId}`, e);
  for (const n of c.nodes) {
    if (hideMoves && n.change === "moved") continue;
    const key = containerKeyOf(n);
    let entry = byKey.get(key) ?? byKey.get(GLOBAL);
    if (!entry) {
      entry = {
        key: GLOBAL,
        kind: "global",
        label: "",
        change: "changed",
        counts: { added: 0, removed: 0, changed: 0, moved: 0 },
        nodes: [],
      };
      entries.push(entry);
      byKey.set(GLOBAL, entry);
    }
    entry.nodes.push(n);
  }
  for (const e of entries) {
    const rank = new Map(e.nodes.map((n) => [n, rankOf(n, placeOf)]));
    e.nodes.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  }
  return entries;
}

/** Tabs first, then by rows of the drawing, left to right; what has no place last. */
function rankOf(
  n: ComparedNode,
  placeOf: (n: ComparedNode) => { x: number; y: number } | null,
): number {
  if (n.kind === "tab" || n.kind === "subflow") return -1e12;
  const at = placeOf(n);
  return at ? Math.round(at.y / 40) * 1e6 + at.x : 1e12;
}

/** The difference after or before one, round the corner; from nowhere: the first or the last. */
export function stepped(keys: readonly string[], at: string | null, by: 1 | -1): string | null {
  if (keys.length === 0) return null;
  const i = at === null ? -1 : keys.indexOf(at);
  if (i < 0) return by === 1 ? keys[0] : keys[keys.length - 1];
  return keys[(i + by + keys.length) % keys.length];
}
