import type { Change, Comparison } from "../api/types.ts";
import { around, type Box, portOffset, wirePath } from "./flow-geometry.ts";
import { keyOf, type Marks, marksOf } from "./flow-marks.ts";
import {
  boxOf,
  type FlowContainer,
  type FlowGroup,
  type FlowNode,
  type FlowTerminal,
} from "./flow-model.ts";

export type Seen = Change | "same";

export interface SceneNode {
  node: FlowNode;
  change: Seen;
  /** What a click on it selects. */
  key: string;
}

export interface SceneGroup {
  group: FlowGroup;
  change: Seen;
  key: string;
}

export interface SceneWire {
  d: string;
  change: "same" | "added" | "removed";
  link: boolean;
  box: Box;
}

/** A short dashed end with the name of the tab where a link goes on. */
export interface SceneStub {
  x: number;
  y: number;
  label: string;
  left: boolean;
}

/** Where a moved node was. */
export interface SceneTrace {
  from: Box;
  to: Box;
}

/** Everything that one drawing shows, with its marks. */
export interface Scene {
  groups: SceneGroup[];
  wires: SceneWire[];
  stubs: SceneStub[];
  terminals: FlowTerminal[];
  nodes: SceneNode[];
  traces: SceneTrace[];
  box: Box;
  /** Boxes of everything that can be selected. */
  places: Map<string, Box>;
}

const TERMINAL = 40;

interface End {
  out: { x: number; y: (port: number) => number };
  in: { x: number; y: number };
}

function endOf(n: FlowNode): End {
  return {
    out: { x: n.x + n.w / 2, y: (port) => n.y + portOffset(n.outputs, port) },
    in: { x: n.x - n.w / 2, y: n.y },
  };
}

function endOfTerminal(t: FlowTerminal): End {
  return {
    out: { x: t.x + TERMINAL / 2, y: () => t.y },
    in: { x: t.x - TERMINAL / 2, y: t.y },
  };
}

function wireOf(
  a: End,
  port: number,
  b: End,
  change: SceneWire["change"],
  link: boolean,
): SceneWire {
  const x1 = a.out.x, y1 = a.out.y(port), x2 = b.in.x, y2 = b.in.y;
  const back = x2 <= x1;
  return {
    d: wirePath(x1, y1, x2, y2),
    change,
    link,
    box: {
      x: Math.min(x1, x2) - (back ? 40 : 4),
      y: Math.min(y1, y2) - 6,
      w: Math.abs(x2 - x1) + (back ? 80 : 8),
      h: Math.abs(y2 - y1) + (back ? 50 : 12),
    },
  };
}

const NO_MARKS: Marks = { nodes: new Map(), wires: new Map() };

/**
 * One side as it is, its own marks upon it. The container must be laid out.
 * - whole: all of it is new or gone, so that no single node needs a mark.
 */
export function sceneOf(c: FlowContainer, marks: Marks = NO_MARKS, whole = false): Scene {
  const scene: Scene = {
    groups: [],
    wires: [],
    stubs: [],
    terminals: c.terminals,
    nodes: [],
    traces: [],
    box: { x: 0, y: 0, w: 400, h: 200 },
    places: new Map(),
  };
  const ends = new Map<string, End>();
  for (const t of c.terminals) ends.set(t.id, endOfTerminal(t));
  for (const n of c.nodes) {
    ends.set(n.id, endOf(n));
    const mark = marks.nodes.get(n.id);
    const change = whole ? "same" : mark?.change ?? "same";
    add(scene, { node: n, change, key: mark?.key ?? n.id });
  }
  for (const g of outerFirst(c.groups)) {
    const mark = marks.nodes.get(g.id);
    const key = mark?.key ?? g.id;
    scene.groups.push({ group: g, change: whole ? "same" : mark?.change ?? "same", key });
    scene.places.set(key, g);
  }
  const ofNode = (id: string) => {
    const change = marks.nodes.get(id)?.change;
    return change === "added" || change === "removed" ? change : undefined;
  };
  for (const w of c.wires) {
    const a = ends.get(w.source), b = ends.get(w.target);
    if (!a || !b) continue;
    const change = whole
      ? "same"
      : marks.wires.get(w.key) ?? ofNode(w.source) ?? ofNode(w.target) ?? "same";
    scene.wires.push(wireOf(a, w.port, b, change, false));
  }
  const stubs = new Map<string, Set<string>>();
  for (const l of c.links) {
    const a = ends.get(l.source), b = ends.get(l.target);
    if (!l.away && a && b) scene.wires.push(wireOf(a, 0, b, "same", true));
    if (!l.away) continue;
    const id = l.away.end === "target" ? l.source : l.target;
    const labels = stubs.get(id) ?? new Set();
    stubs.set(id, labels.add(l.away.label));
  }
  for (const n of c.nodes) {
    const labels = stubs.get(n.id);
    if (!labels) continue;
    const left = n.type === "link in", more = labels.size > 2 ? ` +${labels.size - 2}` : "";
    scene.stubs.push({
      x: left ? n.x - n.w / 2 : n.x + n.w / 2,
      y: n.y,
      label: [...labels].slice(0, 2).join(", ") + more,
      left,
    });
  }
  scene.box = boundsOf(scene);
  return scene;
}

/** Both sides in one drawing: the later one, with what was removed as ghosts upon it. */
export function overlayOf(
  from: FlowContainer | null,
  to: FlowContainer | null,
  comparison: Comparison,
  hideMoves: boolean,
): Scene {
  if (!to) return sceneOf(from!, marksOf(comparison, "from", hideMoves), true);
  const scene = sceneOf(to, marksOf(comparison, "to", hideMoves), !from);
  if (!from) return scene;
  const later = new Map(to.nodes.map((n) => [n.id, n]));
  const earlier = new Map(from.nodes.map((n) => [n.id, n]));
  const laterId = new Map<string, string>();
  const ghosts = new Set<string>();
  for (const n of comparison.nodes) {
    const old = n.fromId === undefined ? undefined : earlier.get(n.fromId);
    const now = n.toId === undefined ? undefined : later.get(n.toId);
    if (n.fromId !== undefined && n.toId !== undefined) laterId.set(n.fromId, n.toId);
    if (old && !now) {
      if (n.change === "moved" && hideMoves) continue;
      ghosts.add(old.id);
      add(scene, { node: old, change: n.toId === undefined ? "removed" : "moved", key: keyOf(n) });
    }
    if (old && now && n.isMoved && !hideMoves && (old.x !== now.x || old.y !== now.y)) {
      scene.traces.push({ from: boxOf(old), to: boxOf(now) });
    }
  }
  for (const g of from.groups) {
    const gone = comparison.nodes.find((n) => n.fromId === g.id && n.toId === undefined);
    if (gone) scene.groups.push({ group: g, change: "removed", key: keyOf(gone) });
  }
  const marks = marksOf(comparison, "from");
  const endAt = (id: string): End | null => {
    const now = later.get(laterId.get(id) ?? id), old = earlier.get(id);
    return ghosts.has(id) && old ? endOf(old) : now ? endOf(now) : null;
  };
  for (const w of from.wires) {
    const gone = marks.wires.has(w.key) || ghosts.has(w.source) || ghosts.has(w.target);
    const a = gone ? endAt(w.source) : null, b = gone ? endAt(w.target) : null;
    if (a && b) scene.wires.push(wireOf(a, w.port, b, "removed", false));
  }
  scene.box = boundsOf(scene);
  return scene;
}

function add(scene: Scene, n: SceneNode): void {
  scene.nodes.push(n);
  scene.places.set(n.key, boxOf(n.node));
}

/** A group that lies in another is drawn upon it. */
function outerFirst(groups: readonly FlowGroup[]): FlowGroup[] {
  return [...groups].sort((a, b) => b.w * b.h - a.w * a.h);
}

function boundsOf(scene: Scene): Box {
  const half = TERMINAL / 2;
  const box = around([
    ...scene.nodes.map((n) => boxOf(n.node)),
    ...scene.groups.map((g) => g.group),
    ...scene.traces.map((t) => t.from),
    ...scene.terminals.map((t) => ({
      x: t.x - half,
      y: t.y - half,
      w: TERMINAL,
      h: TERMINAL,
    })),
  ]);
  return box ?? { x: 0, y: 0, w: 400, h: 200 };
}

/** Which parts are drawn at all: what meets the window. */
export function tilesOf<T>(
  items: readonly T[],
  box: (item: T) => Box,
  size = 900,
): { items: T[]; box: Box }[] {
  const tiles = new Map<string, { items: T[]; boxes: Box[] }>();
  for (const item of items) {
    const b = box(item);
    const key = `${Math.floor((b.x + b.w / 2) / size)}:${Math.floor((b.y + b.h / 2) / size)}`;
    const tile = tiles.get(key) ?? { items: [], boxes: [] };
    tile.items.push(item);
    tile.boxes.push(b);
    tiles.set(key, tile);
  }
  return [...tiles.values()].map((tile) => ({
    items: tile.items,
    box: around(tile.boxes) ?? { x: 0, y: 0, w: 0, h: 0 },
  }));
}
