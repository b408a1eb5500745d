"use strict";
// Small things that nodes share; the names are those of Node-RED's RED.util.

const crypto = require("node:crypto");
const util = require("node:util");

const generateId = () => crypto.randomBytes(8).toString("hex");

/** `a.b[0]["c d"]` → ["a", "b", "0", "c d"]. Throws on anything else. */
function pathOf(expression) {
  const text = String(expression);
  const parts = [];
  const part = /\.?([^.[\]"']+)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]/y;
  while (part.lastIndex < text.length) {
    const from = part.lastIndex;
    const match = part.exec(text);
    if (!match || (from > 0 && match[1] !== undefined && text[from] !== ".")) {
      throw new Error(`Invalid property expression: ${text}`);
    }
    parts.push(match[1] ?? match[2] ?? match[3] ?? match[4]);
  }
  if (parts.some((name) => name === "__proto__")) throw new Error("Invalid property expression");
  return parts;
}

function getProperty(object, expression) {
  return pathOf(expression).reduce((value, name) => value?.[name], object);
}

/** Makes the objects on the way; undefined deletes. False if something on the way is no object. */
function setProperty(object, expression, value) {
  const parts = pathOf(expression);
  const last = parts.pop();
  let target = object;
  for (const [index, name] of parts.entries()) {
    if (target[name] === undefined || target[name] === null) {
      if (value === undefined) return false;
      target[name] = /^\d+$/.test(parts[index + 1] ?? last) ? [] : {};
    }
    target = target[name];
    if (typeof target !== "object") return false;
  }
  if (value !== undefined) target[last] = value;
  else if (Array.isArray(target)) target.splice(Number(last), 1);
  else delete target[last];
  return true;
}

const withoutPrefix = (expression) => String(expression).replace(/^msg\./, "");
const getMessageProperty = (msg, expression) => getProperty(msg, withoutPrefix(expression));
const setMessageProperty = (msg, expression, value) =>
  setProperty(msg, withoutPrefix(expression), value);

/** As text: buffers as UTF-8, objects and null as JSON. */
function ensureString(value) {
  if (Buffer.isBuffer(value)) return value.toString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether both hold the same, whoever made them. */
function compareObjects(one, other) {
  return util.isDeepStrictEqual(deepCopy(one, new Map()), deepCopy(other, new Map()));
}

/** A deep copy; `req` and `res` stay the same objects, since an answer can be given only once. */
function cloneMessage(msg) {
  const { req, res, ...rest } = msg;
  const copy = deepCopy(rest, new Map());
  if (req) copy.req = req;
  if (res) copy.res = res;
  return copy;
}

function deepCopy(value, seen) {
  if (value === null || typeof value !== "object") return value;
  if (seen.has(value)) return seen.get(value);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Date) return new Date(value);
  if (!Array.isArray(value) && !isPlain(value)) return value;
  const copy = Array.isArray(value) ? [] : {};
  seen.set(value, copy);
  for (const [name, inner] of Object.entries(value)) copy[name] = deepCopy(inner, seen);
  return copy;
}

/** Also for objects that a function node made, whose prototype is its sandbox's own. */
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** `${NAME}` inside a text → the node's setting of that name; the whole text keeps its type. */
function withSettings(text, node) {
  const whole = /^\$\{([^}]+)\}$/.exec(text);
  if (whole) return node.setting(whole[1]);
  if (!text.includes("${")) return node.setting(text);
  return text.replace(/\$\{([^}]+)\}/g, (_all, name) => node.setting(name) ?? "");
}

/** The value of a typed input of the editor. Throws for types that are unknown here. */
function evaluateNodeProperty(value, type, node, msg) {
  switch (type) {
    case "str":
      return String(value);
    case "num":
      return Number(value);
    case "bool":
      return value === true || /^true$/i.test(value);
    case "json":
      return JSON.parse(value);
    case "re":
      return new RegExp(value);
    case "bin":
      return Buffer.from(JSON.parse(value));
    case "date":
      if (value === "object") return new Date();
      return value === "iso" ? new Date().toISOString() : Date.now();
    case "msg":
      return getMessageProperty(msg, value);
    case "flow":
    case "global": {
      const [, store, key] = /^#:\(([^)]+)\)::(.*)$/.exec(value) ?? [null, undefined, value];
      return node.context()[type].get(key, store);
    }
    case "env":
      return withSettings(value, node);
    default:
      throw new Error(`the practice runtime knows no values of type "${type}"`);
  }
}

/** How a value travels to the debug sidebar: as text, with the name of its form. */
function encodeValue(value, limit) {
  const cut = (text) => (text.length > limit ? `${text.slice(0, limit)}...` : text);
  if (util.types.isNativeError(value) || value instanceof Error) {
    const { name, message, stack } = value;
    return { format: "error", msg: JSON.stringify({ name, message, stack }) };
  }
  if (Buffer.isBuffer(value)) {
    return { format: `buffer[${value.length}]`, msg: value.toString("hex").slice(0, limit) };
  }
  if (typeof value === "string") return { format: `string[${value.length}]`, msg: cut(value) };
  if (value === undefined || value === null) return { format: "undefined", msg: "(undefined)" };
  if (typeof value !== "object") return { format: typeof value, msg: String(value) };
  const format = Array.isArray(value)
    ? `array[${value.length}]`
    : value.constructor?.name ?? "Object";
  return { format, msg: jsonOf(value) };
}

function jsonOf(value) {
  const above = [];
  return JSON.stringify(value, function replace(key, inner) {
    if (key === "req" || key === "res") return undefined;
    if (inner === null || typeof inner !== "object") {
      return typeof inner === "function" ? "[function]" : inner;
    }
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    if (above.includes(inner)) return "[circular]";
    above.push(inner);
    return inner;
  });
}

module.exports = {
  generateId,
  getProperty,
  setProperty,
  getMessageProperty,
  setMessageProperty,
  ensureString,
  compareObjects,
  cloneMessage,
  evaluateNodeProperty,
  encodeValue,
};
