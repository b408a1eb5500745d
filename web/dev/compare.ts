import type {
  Change,
  ComparedLine,
  ComparedNode,
  ComparedProperty,
  ComparedSide,
  Comparison,
} from "../src/api/types.ts";
import type { RawNode } from "../src/core/flow-model.ts";

const PLACE = new Set(["x", "y", "w", "h", "z", "g", "id", "wires", "nodes"]);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** A comparison good enough for the page; the server's is the true one. */
export function compare(
  from: { side: ComparedSide; flows: RawNode[] },
  to: { side: ComparedSide; flows: RawNode[] },
  match: string,
): Comparison {
  const shared = to.flows.filter((n) => from.flows.some((m) => m.id === n.id)).length;
  const byName = match === "name" || match !== "id" && shared * 4 < to.flows.length;
  const partner = pairs(from.flows, to.flows, byName);
  const toOf = new Map([...partner].map(([t, f]) => [f, t]));
  const nodes: ComparedNode[] = [];
  let unchanged = 0;
  for (const b of to.flows) {
    const a = from.flows.find((n) => n.id === partner.get(b.id));
    const found = difference(a, b, (id) => toOf.get(id) ?? id, partner);
    if (found) nodes.push(found);
    else unchanged++;
  }
  for (const a of from.flows) {
    if (!toOf.has(a.id)) nodes.push(alone(a, "removed"));
  }
  const containers: Comparison["containers"] = [];
  const isContainer = (n: RawNode) => n.type === "tab" || n.type === "subflow";
  const count = (inside: (n: ComparedNode) => boolean) => {
    const n = { added: 0, removed: 0, changed: 0, moved: 0 };
    for (const d of nodes) if (inside(d)) n[d.change]++;
    return n;
  };
  for (const b of to.flows.filter(isContainer)) {
    const fromId = partner.get(b.id);
    const n = count((d) =>
      d.kind !== "tab" && d.kind !== "subflow" &&
      (d.toContainer === b.id || (d.change === "removed" && d.fromContainer === fromId))
    );
    const own = nodes.find((d) => d.toId === b.id)?.change;
    const all = n.added + n.removed + n.changed;
    const change = own ?? (all ? "changed" : n.moved ? "moved" : "same");
    containers.push({
      fromId,
      toId: b.id,
      kind: kindOf(b) as "tab",
      label: labelOf(b),
      change,
      ...n,
    });
  }
  for (const a of from.flows.filter((n) => isContainer(n) && !toOf.has(n.id))) {
    const n = count((d) => d.kind !== "tab" && d.toId === undefined && d.fromContainer === a.id);
    containers.push({
      fromId: a.id,
      kind: kindOf(a) as "tab",
      label: labelOf(a),
      change: "removed",
      ...n,
    });
  }
  const global = count((d) => d.kind === "config" && !d.toContainer && !d.fromContainer);
  containers.push({
    kind: "global",
    label: "",
    change: global.added + global.removed + global.changed ? "changed" : "same",
    ...global,
  });
  const sum = count(() => true);
  const late = from.side.label !== to.side.label && !byName && nodes.length > 0;
  return {
    from: from.side,
    to: to.side,
    matchedBy: byName ? "name" : "id",
    identical: nodes.length === 0,
    summary: { ...sum, unchanged },
    containers,
    nodes,
    modules: late
      ? [
        { name: "node-red-contrib-s7", from: "3.0.2", to: "3.1.0" },
        { name: "node-red-contrib-modbus", from: null, to: "5.43.0" },
      ]
      : [],
    environment: late ? [{ name: "DEAD_TIME", change: "added" }] : [],
    warnings: [],
  };
}

/** Which of `from` (id) belongs to which of `to` (id). */
function pairs(from: RawNode[], to: RawNode[], byName: boolean): Map<string, string> {
  const out = new Map<string, string>();
  const name = (n: RawNode) => `${n.type}/${n.name ?? n.label ?? ""}/${n.func ?? n.topic ?? ""}`;
  const rest = new Map<string, string[]>();
  for (const a of from) {
    if (byName) rest.set(name(a), [...rest.get(name(a)) ?? [], a.id]);
    else out.set(a.id, a.id);
  }
  if (!byName) {
    return new Map(to.filter((b) => out.has(b.id)).map((b) => [b.id, b.id]));
  }
  for (const b of to) {
    const id = rest.get(name(b))?.shift();
    if (id !== undefined) out.set(b.id, id);
  }
  return out;
}

function alone(n: RawNode, change: "added" | "removed"): ComparedNode {
  const end = change === "added" ? "to" : "from";
  return {
    [`${end}Id`]: n.id,
    ...(containerOf(n) ? { [`${end}Container`]: containerOf(n) } : {}),
    type: n.type,
    name: labelOf(n),
    kind: kindOf(n),
    change,
    isMoved: false,
    properties: [],
    wires: { added: [], removed: [] },
    credentials: null,
  };
}

function difference(
  a: RawNode | undefined,
  b: RawNode,
  later: (id: string) => string,
  partner: Map<string, string>,
): ComparedNode | null {
  if (!a) return alone(b, "added");
  const properties: ComparedProperty[] = [];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (PLACE.has(key) || same(a[key], b[key])) continue;
    properties.push({
      path: key,
      ...(key in a ? { from: a[key] } : {}),
      ...(key in b ? { to: b[key] } : {}),
      ...(String(b[key]).includes("\n") ? { lines: lines(String(a[key]), String(b[key])) } : {}),
    });
  }
  const wires = (n: RawNode, id: (s: string) => string) =>
    ((n.wires ?? []) as string[][]).flatMap((p, port) => p.map((t) => `${port}:${id(t)}`));
  const was = wires(a, later), is = wires(b, (s) => s);
  const added = is.filter((w) => !was.includes(w)), removed = was.filter((w) => !is.includes(w));
  const end = (w: string) => {
    const [port, id] = [Number(w.split(":")[0]), w.slice(w.indexOf(":") + 1)];
    return { port, fromId: partner.get(id) ?? id, toId: id };
  };
  const isMoved = a.x !== b.x || a.y !== b.y || later(String(a.z)) !== String(b.z);
  const credentials = b.id === "c-broker" && properties.length ? "changed" as const : null;
  const differs = properties.length + added.length + removed.length > 0;
  if (!differs && !isMoved) return null;
  const change: Change = differs ? "changed" : "moved";
  return {
    fromId: a.id,
    toId: b.id,
    ...(containerOf(a) ? { fromContainer: containerOf(a) } : {}),
    ...(containerOf(b) ? { toContainer: containerOf(b) } : {}),
    type: b.type,
    name: labelOf(b),
    kind: kindOf(b),
    change,
    isMoved,
    properties,
    wires: { added: added.map(end), removed: removed.map(end) },
    credentials,
  };
}

function lines(a: string, b: string): ComparedLine[] {
  const x = a.split("\n"), y = b.split("\n"), out: ComparedLine[] = [];
  let i = 0, j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && x[i] === y[j]) {
      out.push({ op: "same", from: ++i, to: ++j, text: x[i - 1] });
    } else if (i < x.length && !y.slice(j).includes(x[i])) {
      out.push({ op: "removed", from: ++i, to: null, text: x[i - 1] });
    } else out.push({ op: "added", from: null, to: ++j, text: y[j - 1] });
  }
  const near = (k: number) => out.slice(Math.max(0, k - 3), k + 4).some((l) => l.op !== "same");
  const kept: ComparedLine[] = [];
  for (const [k, line] of out.entries()) {
    if (near(k)) kept.push(line);
    else if (kept.length && kept[kept.length - 1].op !== "gap") {
      kept.push({ op: "gap", from: null, to: null, text: "" });
    }
  }
  return kept;
}

const labelOf = (n: RawNode) => String(n.label ?? n.name ?? "");
const containerOf = (n: RawNode) => (typeof n.z === "string" ? n.z : undefined);

function kindOf(n: RawNode): ComparedNode["kind"] {
  if (n.type === "tab" || n.type === "subflow" || n.type === "group") return n.type;
  if (n.type.startsWith("subflow:")) return "instance";
  return typeof n.x === "number" ? "node" : "config";
}
