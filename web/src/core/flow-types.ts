import type { FlowIcon } from "./flow-icons.ts";

/** How nodes of a type are drawn. Colours are those that engineers know from Node-RED's editor. */
export interface Look {
  color: string;
  icon: FlowIcon;
  /** Icon and label stand at the right: nodes where messages leave the flow. */
  right?: boolean;
  /** Takes no messages. */
  source?: boolean;
  button?: "left" | "right";
  /** Drawn as a small square without its label unless the node says otherwise. */
  small?: boolean;
  /** Nobody here knows the type: an input is drawn only where one is used. */
  guessed?: boolean;
}

const TYPES: Record<string, Look> = {
  inject: { color: "#a6bbcf", icon: "inject", source: true, button: "left" },
  debug: { color: "#87a980", icon: "debug", right: true, button: "right" },
  complete: { color: "#c0edc0", icon: "check", source: true },
  catch: { color: "#e49191", icon: "warning", source: true },
  status: { color: "#94c1d0", icon: "status", source: true },
  comment: { color: "#ffffff", icon: "comment", source: true },
  "link in": { color: "#dddddd", icon: "link", source: true, small: true },
  "link out": { color: "#dddddd", icon: "link", right: true, small: true },
  "link call": { color: "#dddddd", icon: "link" },
  function: { color: "#fdd0a2", icon: "function" },
  switch: { color: "#e2d96e", icon: "switch" },
  change: { color: "#e2d96e", icon: "change" },
  range: { color: "#e2d96e", icon: "range" },
  template: { color: "#f3b567", icon: "template" },
  delay: { color: "#e6e0f8", icon: "clock" },
  trigger: { color: "#e6e0f8", icon: "pulse" },
  exec: { color: "#fa8072", icon: "exec" },
  rbe: { color: "#e2d96e", icon: "filter" },
  split: { color: "#e2d96e", icon: "split" },
  join: { color: "#e2d96e", icon: "join" },
  sort: { color: "#e2d96e", icon: "sort" },
  batch: { color: "#e2d96e", icon: "batch" },
  csv: { color: "#debd5c", icon: "table" },
  html: { color: "#debd5c", icon: "tags" },
  json: { color: "#debd5c", icon: "braces" },
  xml: { color: "#debd5c", icon: "tags" },
  yaml: { color: "#debd5c", icon: "template" },
  file: { color: "#deb887", icon: "file" },
  "file in": { color: "#deb887", icon: "file" },
  watch: { color: "#deb887", icon: "eye", source: true },
  "mqtt in": { color: "#d8bfd8", icon: "radio", source: true },
  "mqtt out": { color: "#d8bfd8", icon: "radio", right: true },
  "http in": { color: "#e7e7ae", icon: "globe", source: true },
  "http response": { color: "#e7e7ae", icon: "globe", right: true },
  "http request": { color: "#e7e7ae", icon: "globe" },
  "websocket in": { color: "#d7d7a0", icon: "twoWay", source: true },
  "websocket out": { color: "#d7d7a0", icon: "twoWay", right: true },
  "tcp in": { color: "#c0c0c0", icon: "plug", source: true },
  "tcp out": { color: "#c0c0c0", icon: "plug", right: true },
  "tcp request": { color: "#c0c0c0", icon: "plug" },
  "udp in": { color: "#c0c0c0", icon: "plug", source: true },
  "udp out": { color: "#c0c0c0", icon: "plug", right: true },
  "serial in": { color: "#dab4a7", icon: "serial", source: true },
  "serial out": { color: "#dab4a7", icon: "serial", right: true },
  "serial request": { color: "#dab4a7", icon: "serial" },
};

const FAMILIES: readonly [RegExp, Look][] = [
  [/^subflow:/, { color: "#ddaa99", icon: "subflow" }],
  [/^ui[-_]/, { color: "#3fadb5", icon: "gauge" }],
  [/modbus/i, { color: "#e9967a", icon: "chip" }],
  [/opc-?ua/i, { color: "#3fadb5", icon: "tree" }],
  [/^s7|plc|ethernet-ip|fins|mc-?protocol|beckhoff|ads/i, { color: "#7fb7be", icon: "chip" }],
  [/mqtt|amqp|kafka|sparkplug/i, { color: "#d8bfd8", icon: "radio" }],
  [/sql|postgres|influx|mongo|redis|oracle|timescale/i, { color: "#8fb3cc", icon: "database" }],
  [/mail|smtp/i, { color: "#c7e9c0", icon: "mail" }],
  [/http|rest|webhook/i, { color: "#e7e7ae", icon: "globe" }],
  [/file|ftp|csv/i, { color: "#deb887", icon: "file" }],
  [/cron|schedul|timer/i, { color: "#e6e0f8", icon: "clock" }],
];

/** For types nobody here knows: always the same one of these for the same package. */
const OTHERS = ["#c7d8c0", "#c9d3e6", "#e3cfc0", "#d9cbe3", "#cfe0e3", "#e3dfc0"];

const known = new Map<string, Look>();

export function lookOf(type: string): Look {
  let look = known.get(type);
  if (!look) {
    look = Object.hasOwn(TYPES, type) ? TYPES[type] : guess(type);
    known.set(type, look);
  }
  return look;
}

function guess(type: string): Look {
  const base = FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ??
    { color: OTHERS[hash(type.split(/[ :_-]/)[0]) % OTHERS.length], icon: "box" as const };
  const source = /[ _-](in|listen|subscribe)$/i.test(type);
  const right = /[ _-](out|publish|response)$/i.test(type);
  return { ...base, guessed: true, ...(source ? { source } : {}), ...(right ? { right } : {}) };
}

function hash(text: string): number {
  let h = 7;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) >>> 0;
  return h;
}
