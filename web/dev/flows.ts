import type { RawNode } from "../src/core/flow-model.ts";

const read = (name: string) =>
  JSON.parse(Deno.readTextFileSync(new URL(name, import.meta.url))) as RawNode[];
const BEFORE = read("flow-a.json"), AFTER = read("flow-b.json");

const CODE = [
  "// Drops what comes twice within the dead time.",
  "const last = context.get('last') || 0;",
  "const now = Date.now();",
  "if (now - last < 5000) {",
  "    return null;",
  "}",
  "context.set('last', now);",
  "msg.topic = 'alarm/' + msg.payload.station;",
  "msg.payload = {",
  "    station: msg.payload.station,",
  "    text: msg.payload.text,",
  "    at: now,",
  "};",
  "return msg;",
].join("\n");

const NEWER = CODE.replace("5000", "env.get('DEAD_TIME') * 1000")
  .replace("    at: now,\n", "    at: new Date(now).toISOString(),\n    line: 3,\n");

/** What the mock's instance ran as version `n`: several tabs that change over time. */
export function flowsOf(n: number): RawNode[] {
  const late = n >= 10, newest = n >= 12;
  return [
    ...(late ? AFTER : BEFORE),
    { id: "t-alarms", type: "tab", label: "Alarms", disabled: false },
    {
      id: "al-in",
      type: "link in",
      z: "t-alarms",
      name: "from lines",
      links: ["n18"],
      x: 95,
      y: 120,
      wires: [["al-dead"]],
    },
    {
      id: "al-dead",
      type: "function",
      z: "t-alarms",
      name: "Dead time",
      func: late ? NEWER : CODE,
      outputs: 1,
      x: 250,
      y: 120,
      wires: [["al-sort"]],
    },
    {
      id: "al-sort",
      type: "switch",
      z: "t-alarms",
      name: "By severity",
      property: "payload.severity",
      rules: [{ t: "gte", v: late ? "3" : "2" }, { t: "else" }],
      x: 450,
      y: 120,
      wires: [["al-mail"], ["al-log"]],
    },
    {
      id: "al-mail",
      type: "e-mail",
      z: "t-alarms",
      name: "Shift leader",
      server: "mail.plant.local",
      x: 660,
      y: 80,
      wires: [],
    },
    {
      id: "al-log",
      type: "debug",
      z: "t-alarms",
      name: "log",
      active: true,
      x: late ? 670 : 650,
      y: late ? 220 : 160,
      wires: [],
    },
    {
      id: "al-scale",
      type: "subflow:s-scale",
      z: "t-alarms",
      name: "",
      x: 260,
      y: 240,
      d: !late,
      wires: [["al-log"]],
    },
    { id: "s-scale", type: "subflow", name: "Scale value", ...TERMINALS, color: "#DDAA99" },
    {
      id: "sc-range",
      type: "range",
      z: "s-scale",
      name: "0…27648 to bar",
      maxout: late ? "16" : "10",
      x: 260,
      y: 60,
      wires: [["sc-round"]],
    },
    {
      id: "sc-round",
      type: "function",
      z: "s-scale",
      name: "round",
      func: "msg.payload = Math.round(msg.payload * 100) / 100;\nreturn msg;",
      x: 460,
      y: 60,
      wires: [[]],
    },
    ...(n < 10
      ? [
        { id: "t-old", type: "tab", label: "Trial March" },
        { id: "old-1", type: "inject", z: "t-old", name: "", x: 140, y: 80, wires: [["old-2"]] },
        { id: "old-2", type: "debug", z: "t-old", name: "out", x: 340, y: 80, wires: [] },
      ]
      : []),
    ...(newest
      ? [
        { id: "t-energy", type: "tab", label: "Energy" },
        {
          id: "en-1",
          type: "modbus-read",
          z: "t-energy",
          name: "PAC3200",
          x: 130,
          y: 80,
          wires: [["en-2"], []],
        },
        {
          id: "en-2",
          type: "influxdb out",
          z: "t-energy",
          name: "kWh",
          x: 350,
          y: 80,
          wires: [],
        },
      ]
      : []),
    {
      id: "c-broker",
      type: "mqtt-broker",
      name: "historian",
      broker: late ? "10.20.4.2" : "broker.plant.local",
      port: "8883",
      usetls: true,
    },
    { id: "c-tls", type: "tls-config", name: "plant CA", verifyservercert: true },
  ];
}

const TERMINALS = {
  in: [{ x: 60, y: 60, wires: [{ id: "sc-range" }] }],
  out: [{ x: 620, y: 60, wires: [{ id: "sc-round", port: 0 }] }],
};

/** One tab of so many nodes, all wired: for what must stay fluid. */
export function manyNodes(count: number): RawNode[] {
  const types = ["function", "switch", "change", "mqtt out", "debug", "delay", "http request"];
  const nodes: RawNode[] = [{ id: "big", type: "tab", label: "Everything" }];
  for (let i = 0; i < count; i++) {
    const row = Math.floor(i / 40), column = i % 40;
    nodes.push({
      id: `k${i}`,
      type: column === 0 ? "inject" : types[(i * 7 + row) % types.length],
      z: "big",
      name: `Station ${row + 1}.${column + 1}`,
      x: 120 + column * 220,
      y: 60 + row * 60,
      wires: column === 39 ? [] : [[`k${i + 1}`, ...(i % 11 === 0 ? [`k${i + 41}`] : [])]],
    });
  }
  return nodes;
}
