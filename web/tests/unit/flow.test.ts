import type { ComparedNode, Comparison } from "../../src/api/types.ts";
import {
  around,
  centred,
  fitted,
  meets,
  portOffset,
  wirePath,
  zoomed,
} from "../../src/core/flow-geometry.ts";
import { FLOW_ICONS } from "../../src/core/flow-icons.ts";
import { containerKeyOf, entriesOf, keyOf, marksOf, stepped } from "../../src/core/flow-marks.ts";
import { layOut, modelOf, type RawNode, readFlows, titleOf } from "../../src/core/flow-model.ts";
import { overlayOf, sceneOf, tilesOf } from "../../src/core/flow-scene.ts";
import { estimate } from "../../src/core/flow-text.ts";
import { lookOf } from "../../src/core/flow-types.ts";
import { equal } from "./equal.ts";

const FLOWS: RawNode[] = [
  { id: "t1", type: "tab", label: "Line 3" },
  { id: "t2", type: "tab", label: "Alarms", disabled: true },
  {
    id: "s1",
    type: "subflow",
    name: "Scale",
    in: [{ x: 40, y: 40, wires: [{ id: "in1" }] }],
    out: [{ x: 400, y: 40, wires: [{ id: "in1", port: 0 }] }],
    color: "#C0FFEE",
  },
  { id: "in1", type: "function", z: "s1", name: "x2", x: 200, y: 40, wires: [[]] },
  { id: "a", type: "inject", z: "t1", x: 100, y: 100, payload: "1", wires: [["b", "c"]] },
  { id: "b", type: "subflow:s1", z: "t1", x: 300, y: 100, wires: [["c"]] },
  { id: "c", type: "debug", z: "t1", x: 500, y: 100, wires: [] },
  { id: "lo", type: "link out", z: "t1", x: 600, y: 200, links: ["li"], wires: [] },
  { id: "li", type: "link in", z: "t2", x: 100, y: 100, links: ["lo"], wires: [["n"]] },
  {
    id: "n",
    type: "function",
    z: "t2",
    x: 300,
    y: 100,
    d: true,
    name: "one\\ntwo",
    wires: [[], []],
  },
  { id: "g", type: "group", z: "t1", name: "All", x: 10, y: 10, w: 700, h: 300, nodes: ["a"] },
  { id: "m", type: "mqtt-broker", name: "plant" },
  { id: "own", type: "ui_group", z: "t1", name: "mine" },
];

function drawn(flows: RawNode[] = FLOWS) {
  const model = modelOf(flows);
  for (const c of model.containers) layOut(c, estimate);
  return model;
}

Deno.test("flows fall into tabs, subflows, groups and configuration", () => {
  const model = drawn();
  equal(model.containers.map((c) => [c.kind, c.label, c.nodes.length, c.groups.length]), [
    ["tab", "Line 3", 4, 1],
    ["tab", "Alarms", 2, 0],
    ["subflow", "Scale", 1, 0],
  ]);
  equal([model.config.map((n) => n.id), model.containers[0].config.map((n) => n.id)], [["m"], [
    "own",
  ]]);
  equal(model.containers[0].wires.map((w) => w.key), ["a:0:b", "a:0:c", "b:0:c"]);
  equal(model.containers[1].disabled, true);
});

Deno.test("a subflow gives its instances name, colour and ports, and has terminals of its own", () => {
  const model = drawn();
  const b = model.containers[0].nodes[1], scale = model.containers[2];
  equal([b.title, b.color, b.inputs, b.outputs], ["Scale", "#C0FFEE", 1, 1]);
  equal(scale.terminals.map((t) => t.kind), ["in", "out"]);
  equal(scale.wires.map((w) => w.key), ["s1/in/0:0:in1", "in1:0:s1/out/0"]);
});

Deno.test("links lead to the other tab by name", () => {
  const model = drawn();
  equal(model.containers[0].links[0].away, { end: "target", label: "Alarms" });
  equal(model.containers[1].links[0].away, { end: "source", label: "Line 3" });
  equal(sceneOf(model.containers[1]).stubs.map((s) => [s.label, s.left]), [["Line 3", true]]);
});

Deno.test("a label has its lines and a node its size from them", () => {
  const n = drawn().containers[1].nodes[1];
  equal([n.lines, n.h, n.w, n.disabled], [["one", "two"], 54, 100, true]);
  const long = drawn([
    { id: "t", type: "tab" },
    { id: "x", type: "function", z: "t", name: "A".repeat(40), x: 1, y: 1, wires: [[], [], []] },
  ]).containers[0].nodes[0];
  equal([long.w % 20, long.w > 300, long.h], [0, true, 45]);
  equal(drawn().containers[0].nodes[3].w, 30);
});

Deno.test("whatever stands in a file draws or is left out, and nothing breaks", () => {
  const odd = readFlows([
    null,
    1,
    "x",
    { id: {}, type: "tab" },
    { id: "t", type: "tab", label: 7 },
    { id: "t", type: "tab" },
    { id: "a", type: "__proto__", z: "t", x: 1e300, y: 0, wires: "no" },
    { id: "b", type: "constructor", z: "t", x: 5, y: 5, wires: [null, [7, "zz"], { length: 3 }] },
    { id: "g", type: "group", z: "t", style: { stroke: "url(x)" } },
    { id: "s", type: "subflow", in: [1, { x: "a" }], out: {}, status: 4 },
  ]);
  const model = drawn(odd);
  for (const c of model.containers) sceneOf(c);
  equal(model.containers[0].config.map((n) => n.id), ["a"]);
  equal(model.containers[0].nodes.map((n) => [n.id, n.icon]), [["b", "box"]]);
  equal(readFlows({ flows: [{ id: "q", type: "tab" }] }).length, 1);
  equal(readFlows("no"), []);
});

Deno.test("names are what the editor writes", () => {
  const say = (n: Record<string, unknown>) => titleOf({ id: "x", type: "x", ...n });
  equal(say({ type: "mqtt in", topic: "a/b" }), "a/b");
  equal(say({ type: "http in", method: "post", url: "/x" }), "[post] /x");
  equal(say({ type: "inject", payloadType: "date" }), "timestamp");
  equal(say({ type: "function", name: " " }), "function");
});

Deno.test("every type has a look, and the same each time", () => {
  equal(lookOf("function").color, "#fdd0a2");
  equal(lookOf("modbus-read").icon, "chip");
  equal(lookOf("foo bar"), lookOf("foo bar"));
  equal(lookOf("toString").icon in FLOW_ICONS, true);
  equal([lookOf("acme in").source, lookOf("acme out").right], [true, true]);
});

Deno.test("the camera fits, zooms about a point and never beyond its limits", () => {
  equal(fitted({ x: 0, y: 0, w: 1000, h: 500 }, 500, 500), { k: 0.5, x: 0, y: 125 });
  equal(fitted({ x: 0, y: 0, w: 9000, h: 90 }, 300, 300, 0.8).k, 0.8);
  const c = zoomed({ k: 1, x: 0, y: 0 }, 2, 100, 50);
  equal([(100 - c.x) / c.k, (50 - c.y) / c.k], [100, 50]);
  equal(zoomed(c, 1e9, 0, 0).k, 3);
  const at = centred({ k: 0.1, x: 0, y: 0 }, { x: 100, y: 100, w: 100, h: 30 }, 800, 600);
  equal([at.k, 150 * at.k + at.x, 115 * at.k + at.y], [0.8, 400, 300]);
});

Deno.test("wires leave to the right and bend round where the target lies left", () => {
  equal(wirePath(0, 0, 200, 0).includes("L"), false);
  equal(wirePath(200, 0, 0, 0).includes("L"), true);
  equal([portOffset(1, 0), portOffset(2, 0), portOffset(3, 2)], [0, -6.5, 13]);
  equal(around([]), null);
  equal(meets({ x: 0, y: 0, w: 5, h: 5 }, { x: 5, y: 0, w: 1, h: 1 }), false);
});

const node = (n: Partial<ComparedNode>): ComparedNode => ({
  type: "function",
  name: "",
  kind: "node",
  change: "changed",
  isMoved: false,
  properties: [],
  wires: { added: [], removed: [] },
  credentials: null,
  ...n,
});

function compared(nodes: ComparedNode[]): Comparison {
  const side = {
    kind: "file" as const,
    id: null,
    label: "",
    at: null,
    by: null,
    instanceId: null,
    flowsUrl: null,
    nodes: 1,
  };
  return {
    from: side,
    to: side,
    matchedBy: "id",
    identical: false,
    summary: { added: 0, removed: 0, changed: 0, moved: 0, unchanged: 0 },
    containers: [
      { fromId: "t1", toId: "t1", kind: "tab", label: "Line 3", ...none(), change: "changed" },
      { fromId: "t9", kind: "tab", label: "Old", ...none(), change: "removed" },
    ],
    nodes,
    modules: [],
    environment: [],
    warnings: [],
  };
}

const none = () => ({ added: 0, removed: 0, changed: 0, moved: 1 });

Deno.test("each side has its own marks", () => {
  const c = compared([
    node({ fromId: "a", toId: "a2", wires: { added: [{ port: 0, toId: "z" }], removed: [] } }),
    node({
      fromId: "b",
      change: "removed",
      wires: { added: [], removed: [{ port: 1, fromId: "q" }] },
    }),
    node({ fromId: "m", toId: "m", change: "moved", isMoved: true }),
  ]);
  const from = marksOf(c, "from"), to = marksOf(c, "to", true);
  equal([...from.nodes], [
    ["a", { change: "changed", key: "a2" }],
    ["b", { change: "removed", key: "-b" }],
    ["m", { change: "moved", key: "m" }],
  ]);
  equal([...from.wires, ...to.wires], [["b:1:q", "removed"], ["a2:0:z", "added"]]);
  equal([...to.nodes.keys()], ["a2"]);
});

Deno.test("differences stand under their container, in the order of the drawing", () => {
  const place: Record<string, { x: number; y: number }> = {
    a: { x: 500, y: 100 },
    b: { x: 100, y: 105 },
    "-c": { x: 0, y: 20 },
  };
  const c = compared([
    node({ fromId: "a", toId: "a", fromContainer: "t1", toContainer: "t1" }),
    node({ fromId: "b", toId: "b", fromContainer: "t9", toContainer: "t1" }),
    node({ fromId: "c", fromContainer: "t1", change: "removed" }),
    node({ fromId: "d", fromContainer: "t9", change: "removed" }),
    node({ fromId: "k", toId: "k", kind: "config" }),
    node({ fromId: "t1", toId: "t1", kind: "tab" }),
    node({ fromId: "v", toId: "v", fromContainer: "t1", toContainer: "t1", change: "moved" }),
  ]);
  const all = entriesOf(c, (n) => place[keyOf(n)] ?? null, true);
  equal(all.map((e) => [e.key, e.counts.moved, e.nodes.map(keyOf)]), [
    ["t1", 0, ["t1", "-c", "b", "a"]],
    ["-t9", 0, ["-d"]],
    ["global", 0, ["k"]],
  ]);
  equal(containerKeyOf(c.nodes[3]), "-t9");
});

Deno.test("next and previous go round", () => {
  equal(stepped(["a", "b"], null, 1), "a");
  equal(stepped(["a", "b"], null, -1), "b");
  equal(stepped(["a", "b"], "b", 1), "a");
  equal(stepped([], "b", 1), null);
});

Deno.test("one drawing of both shows ghosts of what is gone and traces of what moved", () => {
  const old: RawNode[] = [
    { id: "t", type: "tab" },
    { id: "a", type: "inject", z: "t", x: 100, y: 100, wires: [["b"]] },
    { id: "b", type: "debug", z: "t", x: 300, y: 100, wires: [] },
    { id: "m", type: "debug", z: "t", x: 300, y: 200, wires: [] },
  ];
  const now: RawNode[] = [old[0], { ...old[1], wires: [["m"]] }, { ...old[3], y: 300 }];
  const c = compared([
    node({
      fromId: "a",
      toId: "a",
      fromContainer: "t",
      toContainer: "t",
      wires: { added: [{ port: 0, fromId: "m", toId: "m" }], removed: [{ port: 0, fromId: "b" }] },
    }),
    node({ fromId: "b", fromContainer: "t", change: "removed" }),
    node({ fromId: "m", toId: "m", change: "moved", isMoved: true }),
  ]);
  const from = drawn(old).containers[0], to = drawn(now).containers[0];
  const scene = overlayOf(from, to, c, false);
  equal(scene.nodes.map((n) => [n.node.id, n.change]), [
    ["a", "changed"],
    ["m", "moved"],
    ["b", "removed"],
  ]);
  equal(scene.wires.map((w) => w.change), ["added", "removed"]);
  equal(scene.traces.length, 1);
  equal(overlayOf(from, to, c, true).traces.length, 0);
  equal([...scene.places.keys()], ["a", "m", "-b"]);
});

Deno.test("a large drawing falls into tiles that know their box", () => {
  const boxes = Array.from({ length: 100 }, (_, i) => ({ x: i * 100, y: 0, w: 90, h: 30 }));
  const tiles = tilesOf(boxes, (b) => b);
  equal(tiles.reduce((n, t) => n + t.items.length, 0), 100);
  equal(tiles.length > 5 && tiles.every((t) => t.box.w <= 1100), true);
});
