"use strict";
// Whether a message is what was expected: each field that is named must be there and match.

const MAX_TEXT = 4096;

const OPERATORS = {
  $gt: (got, wanted) => typeof got === "number" && got > wanted,
  $gte: (got, wanted) => typeof got === "number" && got >= wanted,
  $lt: (got, wanted) => typeof got === "number" && got < wanted,
  $lte: (got, wanted) => typeof got === "number" && got <= wanted,
  $near: (got, [wanted, by]) => typeof got === "number" && Math.abs(got - wanted) <= by,
  $match: (got, pattern) => typeof got === "string" && new RegExp(pattern, "u").test(got),
  $contains: (got, part) => typeof got === "string" && got.includes(part),
  $exists: (got, wanted) => (got !== undefined) === wanted,
};

function isOperator(value) {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key in OPERATORS);
}

/** Lists must be of one length; a Buffer is what JSON makes of it, a date its ISO text. */
function matches(got, wanted) {
  if (wanted === null || typeof wanted !== "object") return plain(got) === wanted;
  if (Array.isArray(wanted)) {
    return Array.isArray(got) && got.length === wanted.length &&
      wanted.every((item, index) => matches(got[index], item));
  }
  if (isOperator(wanted)) {
    return Object.entries(wanted).every(([name, value]) => OPERATORS[name](plain(got), value));
  }
  const value = Buffer.isBuffer(got) ? got.toJSON() : got;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(wanted).every(([key, inner]) => matches(value[key], inner));
}

function plain(value) {
  return value instanceof Date ? value.toISOString() : value;
}

/** Never throws and never gets long: what arrives may be anything. */
function textOf(value) {
  const budget = { left: 2 * MAX_TEXT };
  const above = [];
  let text;
  try {
    text = JSON.stringify(value, function shorten(key, inner) {
      if (budget.left <= 0) return undefined;
      if (key === "req" || key === "res" || key === "_msgid") return undefined;
      budget.left -= key.length + 8;
      if (typeof inner === "string") {
        budget.left -= Math.min(inner.length, MAX_TEXT);
        return inner.slice(0, MAX_TEXT);
      }
      if (typeof inner === "bigint") return String(inner);
      if (typeof inner === "function") return "[function]";
      if (inner === null || typeof inner !== "object") return inner;
      while (above.length > 0 && above.at(-1) !== this) above.pop();
      if (above.includes(inner)) return "[circular]";
      above.push(inner);
      return inner;
    }) ?? String(value);
  } catch (error) {
    text = `what can't be shown: ${error?.message}`;
  }
  return cut(text, MAX_TEXT);
}

function cut(text, length) {
  const whole = text.toWellFormed?.() ?? Buffer.from(text).toString();
  return whole.length <= length
    ? whole
    : `${whole.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

module.exports = { matches, textOf, cut };
