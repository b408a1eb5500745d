"use strict";
// Node-RED's log and our own events, one JSON object per line.

const util = require("node:util");
const output = require("./output");

const LEVELS = {
  10: "fatal",
  20: "error",
  30: "warn",
  40: "info",
  50: "debug",
  60: "trace",
  98: "audit",
};
/** Bytes of UTF-8; longer messages are cut. */
const MAX_MESSAGE = 8192;
const MAX_NAME = 256;
/** Audit records of mere reading would be most of the log: an open editor reads all the time. */
const READING = /\.get$|^comms\.|^auth\.invalid-token$/;

let nonce = "";

/** Must be called once, before anything is logged. */
function init(start) {
  nonce = start.nonce;
  output.limit(start.maxLogPerSecond);
  output.onDropped = (count) => event("dropped", { count });
}

/** Reports something that the appliance acts on. Events are few and pass every limit. */
function event(name, fields = {}) {
  output.line(JSON.stringify({ t: Date.now(), event: name, nonce, ...fields }));
}

/** Reports a sentence of our own in the log. */
function say(level, msg) {
  output.line(JSON.stringify({ t: Date.now(), level, msg: cut(msg, MAX_MESSAGE) }));
}

/** The factory that `settings.logging.<name>.handler` wants. */
function handler() {
  return (record) => {
    const level = LEVELS[record.level];
    if (!level || (level === "audit" && READING.test(record.event ?? ""))) return;
    const isError = level === "error" || level === "fatal";
    if (output.admits({ isError })) output.line(JSON.stringify(lineOf(level, record)));
  };
}

function lineOf(level, record) {
  const line = { t: record.timestamp ?? Date.now(), level };
  if (level === "audit") return { ...line, msg: cut(auditText(record), MAX_MESSAGE) };
  for (const key of ["type", "id", "z", "name"]) {
    if (typeof record[key] === "string" && record[key]) line[key] = cut(record[key], MAX_NAME);
  }
  line.msg = cut(textOf(record.msg), MAX_MESSAGE);
  return line;
}

function auditText(record) {
  const user = record.user?.username ?? record.username;
  const error = record.error ? `: ${record.message ?? record.error}` : "";
  const kind = record.type ? ` (${record.type})` : "";
  return `${record.event}${kind}${user ? ` by ${user}` : ""}${error}`;
}

/** Never throws: nodes log errors, circular objects, getters that throw, anything. */
function textOf(msg) {
  try {
    if (typeof msg === "string") return msg.trim();
    if (util.types.isNativeError(msg) || typeof msg?.stack === "string") {
      const stack = String(msg.stack);
      return stack.includes(String(msg.message)) ? stack : `${msg.message}\n${stack}`;
    }
    if (typeof msg?.message === "string") return msg.message;
    return util.inspect(msg, { depth: 4, breakLength: Infinity, maxArrayLength: 100 });
  } catch (error) {
    return `A message that can't be printed: ${error?.message}`;
  }
}

/** At most `limit` bytes; also replaces lone surrogates, which strict JSON readers refuse. */
function cut(text, limit) {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return bytes.toString();
  return `${bytes.subarray(0, limit - 3).toString().replace(/\uFFFD$/, "")}…`;
}

module.exports = { init, event, say, handler };
