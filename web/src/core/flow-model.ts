import { type Box, GRID, NODE_H, NODE_W } from "./flow-geometry.ts";
import type { FlowIcon } from "./flow-icons.ts";
import type { Measure } from "./flow-text.ts";
import { lookOf } from "./flow-types.ts";

/** An entry of flows.json as it stands there; anything may be missing or of another type. */
export interface RawNode {
  id: string;
  type: string;
  [key: string]: unknown;
}

export interface FlowNode {
  id: string;
  type: string;
  /** What is written on it, line by line; none where the label is hidden. */
  lines: string[];
  /** What it is called in lists. */
  title: string;
  /** Its middle. */
  x: number;
  y: number;
  w: number;
  h: number;
  inputs: number;
  outputs: number;
  color: string;
  icon: FlowIcon;
  right: boolean;
  button: "left" | "right" | null;
  small: boolean;
  disabled: boolean;
  raw: RawNode;
}

export interface FlowGroup extends Box {
  id: string;
  title: string;
  stroke: string | null;
  fill: string | null;
  raw: RawNode;
}

export interface FlowWire {
  /** `source:port:target`. */
  key: string;
  source: string;
  port: number;
  target: string;
}

/** From a link out to a link in, here or on another tab. */
export interface FlowLink {
  source: string;
  target: string;
  /** The tab where the other end is; `null`: on this one. */
  away: { end: "source" | "target"; label: string } | null;
}

/** Where messages enter and leave a subflow; drawn as small squares. */
export interface FlowTerminal {
  id: string;
  kind: "in" | "out" | "status";
  index: number;
  x: number;
  y: number;
}

export interface FlowContainer {
  id: string;
  kind: "tab" | "subflow";
  label: string;
  disabled: boolean;
  nodes: FlowNode[];
  groups: FlowGroup[];
  wires: FlowWire[];
  links: FlowLink[];
  terminals: FlowTerminal[];
  /** Configuration nodes that belong to this one alone. */
  config: RawNode[];
  raw: RawNode;
}

export interface FlowModel {
  containers: FlowContainer[];
  /** Configuration nodes that every tab may use. */
  config: RawNode[];
  byId: Map<string, RawNode>;
  byContainer: Map<string, FlowContainer>;
}

const record = (v: unknown): v is Record<string, unknown> =>
  typeof v === "object" && v !== null && !Array.isArray(v);
const text = (v: unknown): string => (typeof v === "string" ? v.trim() : "");
const finite = (v: unknown): number | null =>
  typeof v === "number" && Number.isFinite(v) && Math.abs(v) < 1e6 ? v : null;
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const color = (v: unknown): string | null =>
  typeof v === "string" && /^#[0-9a-f]{3,8}$/i.test(v) ? v : null;

/** Takes what the API and files give: an array, or an object with one. */
export function readFlows(json: unknown): RawNode[] {
  const all = Array.isArray(json) ? json : record(json) ? list(json.flows) : [];
  return all.flatMap((n) => {
    if (!record(n) || typeof n.type !== "string") return [];
    if (typeof n.id === "string") return [n as RawNode];
    return typeof n.id === "number" ? [{ ...n, id: String(n.id) } as RawNode] : [];
  });
}

export function modelOf(flows: readonly RawNode[]): FlowModel {
  const model: FlowModel = {
    containers: [],
    config: [],
    byId: new Map(flows.map((n) => [n.id, n])),
    byContainer: new Map(),
  };
  for (const n of flows) {
    if (n.type !== "tab" && n.type !== "subflow" || model.byContainer.has(n.id)) continue;
    const container: FlowContainer = {
      id: n.id,
      kind: n.type,
      label: text(n.label) || text(n.name) || n.id,
      disabled: n.disabled === true,
      nodes: [],
      groups: [],
      wires: [],
      links: [],
      terminals: n.type === "subflow" ? terminalsOf(n) : [],
      config: [],
      raw: n,
    };
    model.containers.push(container);
    model.byContainer.set(n.id, container);
  }
  const wired = new Set<string>();
  for (const n of flows) {
    for (const port of list(n.wires)) for (const to of list(port)) wired.add(String(to));
    if (n.type === "subflow") {
      for (const port of list(n.in)) {
        for (const to of list(record(port) && port.wires)) {
          if (record(to)) wired.add(String(to.id));
        }
      }
    }
  }
  for (const n of flows) {
    if (n.type === "tab" || n.type === "subflow") continue;
    const container = model.byContainer.get(String(n.z));
    if (container && n.type === "group") container.groups.push(groupOf(n));
    else if (container && finite(n.x) !== null && finite(n.y) !== null) {
      container.nodes.push(nodeOf(n, model, wired.has(n.id)));
    } else (container ?? model).config.push(n);
  }
  for (const container of model.containers) connect(container, model);
  return model;
}

function terminalsOf(n: RawNode): FlowTerminal[] {
  const out: FlowTerminal[] = [];
  const add = (kind: FlowTerminal["kind"], index: number, at: unknown) => {
    const x = record(at) ? finite(at.x) : null, y = record(at) ? finite(at.y) : null;
    if (x !== null && y !== null) out.push({ id: `${n.id}/${kind}/${index}`, kind, index, x, y });
  };
  list(n.in).forEach((at, i) => add("in", i, at));
  list(n.out).forEach((at, i) => add("out", i, at));
  if (n.status) add("status", 0, n.status);
  return out;
}

function groupOf(n: RawNode): FlowGroup {
  const style = record(n.style) ? n.style : {};
  return {
    id: n.id,
    title: text(n.name),
    x: finite(n.x) ?? 0,
    y: finite(n.y) ?? 0,
    w: Math.max(20, finite(n.w) ?? 20),
    h: Math.max(20, finite(n.h) ?? 20),
    stroke: color(style.stroke),
    fill: color(style.fill),
    raw: n,
  };
}

function nodeOf(n: RawNode, model: FlowModel, isWired: boolean): FlowNode {
  const look = lookOf(n.type);
  const subflow = n.type.startsWith("subflow:") ? model.byId.get(n.type.slice(8)) : undefined;
  const title = titleOf(n, subflow);
  const small = typeof n.l === "boolean" ? !n.l : look.small === true;
  const outputs = subflow && Array.isArray(subflow.out)
    ? subflow.out.length
    : Math.min(200, list(n.wires).length);
  const inputs = n.type === "comment"
    ? 0
    : isWired
    ? 1
    : subflow && Array.isArray(subflow.in)
    ? Math.min(1, subflow.in.length)
    : look.source || look.guessed && outputs > 0
    ? 0
    : 1;
  return {
    id: n.id,
    type: n.type,
    title,
    lines: small ? [] : title.split(/\\n/).map((l) => l.trim()).filter(Boolean),
    x: finite(n.x) ?? 0,
    y: finite(n.y) ?? 0,
    w: NODE_W,
    h: NODE_H,
    inputs,
    outputs,
    color: (subflow && color(subflow.color)) || look.color,
    icon: look.icon,
    right: look.right === true,
    button: look.button ?? null,
    small,
    disabled: n.d === true,
    raw: n,
  };
}

/** What the editor would write on a node, as far as that can be known without its package. */
export function titleOf(n: RawNode, subflow?: RawNode): string {
  const name = text(n.name) || text(n.label);
  if (name) return name;
  if (subflow) return text(subflow.name) || "subflow";
  const topic = text(n.topic);
  switch (n.type) {
    case "mqtt in":
    case "mqtt out":
      return topic || "mqtt";
    case "inject": {
      const what = text(n.payload);
      if (n.payloadType === "date") return topic || "timestamp";
      return topic ? `${topic}:${what}` : what || "inject";
    }
    case "http in":
      return `[${text(n.method) || "get"}] ${text(n.url)}`;
    case "file":
    case "file in":
      return text(n.filename) || n.type;
    case "rbe":
      return "filter";
    case "http response":
      return "http";
    default:
      return n.type.startsWith("subflow:") ? "subflow" : n.type;
  }
}

/** What a node is called where its subflows are known. */
export function titleIn(model: FlowModel, n: RawNode): string {
  const subflow = n.type.startsWith("subflow:") ? model.byId.get(n.type.slice(8)) : undefined;
  return titleOf(n, subflow);
}

function connect(c: FlowContainer, model: FlowModel): void {
  const add = (source: string, port: number, target: string) =>
    c.wires.push({ key: `${source}:${port}:${target}`, source, port, target });
  for (const n of c.nodes) {
    list(n.raw.wires).forEach((targets, port) => {
      for (const to of list(targets)) if (typeof to === "string") add(n.id, port, to);
    });
    if (n.type === "link out" && n.raw.mode !== "return") {
      for (const to of list(n.raw.links)) linkTo(c, model, n.id, String(to));
    }
    if (n.type === "link call") {
      for (const to of list(n.raw.links)) linkTo(c, model, n.id, `${to}`);
    }
    if (n.type === "link in") {
      for (const from of list(n.raw.links)) {
        const other = model.byId.get(String(from));
        if (!other || other.z === c.id) continue;
        const label = model.byContainer.get(String(other.z))?.label;
        if (label) {
          c.links.push({ source: other.id, target: n.id, away: { end: "source", label } });
        }
      }
    }
  }
  if (c.kind !== "subflow") return;
  const ends = (at: unknown) => list(record(at) && at.wires).filter(record);
  list(c.raw.in).forEach((at, i) => {
    for (const w of ends(at)) add(`${c.id}/in/${i}`, 0, String(w.id));
  });
  list(c.raw.out).forEach((at, i) => {
    for (const w of ends(at)) {
      const source = w.id === c.id ? `${c.id}/in/0` : String(w.id);
      add(source, finite(w.port) ?? 0, `${c.id}/out/${i}`);
    }
  });
  for (const w of ends(c.raw.status)) {
    add(String(w.id), finite(w.port) ?? 0, `${c.id}/status/0`);
  }
}

function linkTo(c: FlowContainer, model: FlowModel, source: string, target: string): void {
  const other = model.byId.get(target);
  if (!other) return;
  const label = model.byContainer.get(String(other.z))?.label;
  c.links.push({
    source,
    target,
    away: other.z === c.id || !label ? null : { end: "target", label },
  });
}

/** Gives every node its size; only now are labels measured, tab by tab. */
export function layOut(c: FlowContainer, measure: Measure): void {
  for (const n of c.nodes) {
    if (n.small) {
      n.w = NODE_H;
      n.h = Math.max(NODE_H, n.outputs * 15);
      continue;
    }
    const width = n.lines.reduce((w, l) => Math.max(w, measure(l)), 0);
    n.w = Math.max(NODE_W, GRID * Math.ceil((width + 50 + (n.inputs > 0 ? 7 : 0)) / GRID));
    n.h = Math.max(6 + 24 * Math.max(1, n.lines.length), n.outputs * 15, NODE_H);
  }
}

export function boxOf(n: FlowNode): Box {
  return { x: n.x - n.w / 2, y: n.y - n.h / 2, w: n.w, h: n.h };
}
