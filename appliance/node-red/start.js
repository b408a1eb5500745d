"use strict";
// What the appliance decided for this run of this instance: start.json, written before each start.

const fs = require("node:fs");

/** The supervisor knows this exit code as "start.json is missing or wrong" and does not retry. */
const EXIT_BAD_START_FILE = 79;

const isText = (value) => typeof value === "string" && value.length > 0;
const isRoot = (value) => isText(value) && /^\/(?:.*[^/]\/)?$/.test(value);
const isCount = (value) => Number.isSafeInteger(value) && value > 0;

/** Key → what its value must be. Keys that are absent here are optional and have defaults below. */
const REQUIRED = {
  format: (value) => value === 1,
  instance: isText,
  slug: isText,
  name: isText,
  // 0, any that is free, is for tests of flows: nobody else has to find them.
  port: (value, start) => (isCount(value) && value < 65536) || (value === 0 && isText(start.test)),
  adminRoot: isRoot,
  nodeRoot: isRoot,
  credentialSecret: (value) => isText(value) && /^[0-9a-f]{64}$/.test(value),
  spool: (value) => isText(value) && value.startsWith("/"),
  publicKey: isText,
  pageSecret: (value) => isText(value) && value.length >= 43,
  nonce: isText,
  nodesDir: (value) => Array.isArray(value) && value.every(isText),
};

const DEFAULTS = {
  logLevel: "info",
  maxLogPerSecond: 200,
  palette: {},
  editor: {},
  functionGlobals: {},
};

/** Reads and checks the file; throws an Error whose message is a sentence for the operator. */
function read(path) {
  if (!path) throw new Error("LINESIDE_SETTINGS names no file.");
  let start;
  try {
    start = JSON.parse(fs.readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} can't be read: ${error.message}.`);
  }
  if (start === null || typeof start !== "object") throw new Error(`${path} holds no object.`);
  for (const [key, isValid] of Object.entries(REQUIRED)) {
    if (!isValid(start[key], start)) throw new Error(`${path}: "${key}" is missing or wrong.`);
  }
  if (start.adminRoot.startsWith(start.nodeRoot) || start.nodeRoot.startsWith(start.adminRoot)) {
    // A flow could otherwise serve a page below the editor and read the editor's token.
    throw new Error(`${path}: adminRoot and nodeRoot lie inside each other.`);
  }
  const given = Object.entries(start).filter(([, value]) => value !== null);
  return Object.freeze({ ...DEFAULTS, ...Object.fromEntries(given) });
}

function readOrExit(path) {
  try {
    return read(path);
  } catch (error) {
    fs.writeSync(1, `This instance can't start: ${error.message}\n`);
    return process.exit(EXIT_BAD_START_FILE);
  }
}

module.exports = { read, readOrExit, EXIT_BAD_START_FILE };
