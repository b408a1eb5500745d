"use strict";
// Which nodes leave the box, and what stands in their place while a flow is tested.

const path = require("node:path");

const MOCK = "lineside mock";

/** Words with which the types of such nodes begin, whoever made them; case does not count. */
const LEAVING = [
  // Messages and requests over the network.
  "mqtt",
  "http request",
  "http proxy",
  "tcp",
  "udp",
  "amqp",
  "kafka",
  "nats",
  "coap",
  "snmp",
  "ftp",
  "sftp",
  "ssh",
  "ping",
  "www-request",
  // Machines and field buses.
  "serial",
  "modbus",
  "opcua",
  "opc-ua",
  "s7",
  "ads-",
  "ads ",
  "bacnet",
  "cip-",
  "cip ",
  "eth-ip",
  "ethip",
  "fins",
  "iec-",
  "knx",
  "lora",
  "mc ",
  "mc-",
  "profinet",
  "rpi-",
  "snap7",
  "sparkplug",
  // People.
  "e-mail",
  "email",
  "feedparse",
  "slack",
  "telegram",
  "twilio",
  "twitter",
  // Databases.
  "cassandra",
  "elasticsearch",
  "influxdb",
  "mongodb",
  "mssql",
  "mysql",
  "oracle",
  "postgres",
  "redis",
  "timescale",
  // Programs of the server.
  "exec",
  "daemon",
  "pythonshell",
];
/** Nothing of their own leaves: certificates and lists that others refer to. */
const STAYING = new Set(["tls-config"]);
const STRUCTURE = new Set(["tab", "subflow", "group", "global-config"]);
/** They have something to say without being asked: a message to them goes out of them. */
const SOURCES = /^(inject|http in|catch|status|complete|watch)$/;

const isConfiguration = (node) => !STRUCTURE.has(node.type) && node.wires === undefined;

function leaves(node, area) {
  const type = String(node.type).toLowerCase();
  if (STAYING.has(type)) return false;
  if (type === "websocket-client") return true;
  if (type === "websocket in" || type === "websocket out") return Boolean(node.client);
  if (type === "file" || type === "file in") return isOutside(node, area);
  return LEAVING.some((word) => type.startsWith(word));
}

/** A name that the message or the environment gives is known only when it is used. */
function isOutside({ filename, filenameType = "str" }, area) {
  if (filenameType !== "str" || typeof filename !== "string" || filename === "") return false;
  const wanted = path.resolve(area, filename);
  return wanted !== area && !wanted.startsWith(`${area}/`);
}

/**
 * The flows with mocks in the places of nodes. `mocked`: by id, `{type, name, isNamed}`.
 * Throws if the case names a node that is not there.
 */
function withMocks(flows, { mocks, real }, area) {
  const ids = new Set(flows.map(({ id }) => id));
  for (const id of [...mocks.map(({ node }) => node), ...real]) {
    if (!ids.has(id)) throw new Error(`There is no node "${id}" in the flows to mock or to keep.`);
  }
  const named = new Set(mocks.map(({ node }) => node));
  const kept = keptReal(flows, real);
  const mocked = new Map();
  const replaced = flows.map((node) => {
    if (STRUCTURE.has(node.type)) return node;
    const isNamed = named.has(node.id);
    if (!isNamed && (kept.has(node.id) || !leaves(node, area))) return node;
    mocked.set(node.id, { type: node.type, name: node.name, isNamed });
    const { id, z, g, name, x, y, d, wires } = node;
    const mock = { id, type: MOCK, z, g, name, x, y, d, wires };
    return Object.fromEntries(Object.entries(mock).filter(([, value]) => value !== undefined));
  });
  return { flows: replaced, mocked };
}

/** Nodes that stay real, with the configuration nodes that they refer to, however far. */
function keptReal(flows, real) {
  const configurations = new Map(
    flows.filter(isConfiguration).map((node) => [node.id, node]),
  );
  const byId = new Map(flows.map((node) => [node.id, node]));
  const kept = new Set();
  const waiting = [...real];
  while (waiting.length > 0) {
    const id = waiting.pop();
    if (kept.has(id)) continue;
    kept.add(id);
    for (const value of Object.values(byId.get(id) ?? {})) {
      if (typeof value === "string" && configurations.has(value)) waiting.push(value);
    }
  }
  return kept;
}

/** Registers what stands in a node's place; `arrive(node, msg, send, done)` decides what it does. */
function registerMock(RED, arrive) {
  const listen = (node) => {
    node.on("input", (msg, send, done) => arrive(node, msg, send, done));
  };
  if (RED.nodes.createNode) {
    RED.nodes.registerType(MOCK, function Mock(config) {
      RED.nodes.createNode(this, config);
      listen(this);
    });
    return;
  }
  RED.nodes.registerType(
    MOCK,
    class extends RED.nodes.Node {
      constructor(config) {
        super(config);
        listen(this);
      }
    },
  );
}

module.exports = { withMocks, registerMock, leaves, MOCK, SOURCES };
