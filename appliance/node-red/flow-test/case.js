"use strict";
// One test case of a flow, checked before anything runs: a slip of the pen must not pass as a test.

const FORMAT = "lineside-flow-test/1";
const MAX_STEPS = 200;
const DEFAULT_TIMEOUT = 5000;
const MAX_TIMEOUT = 60_000;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const isName = (value) => isText(value) && value.length > 0 && value.length <= 200;
const isList = (check) => (value) => Array.isArray(value) && value.every(check);
const isTexts = isList(isText);
const isTime = (value) => Number.isInteger(value) && value >= 0 && value <= MAX_TIMEOUT;
const isMessage = (value) => isObject(value);
const isPort = (value) => Number.isInteger(value) && value >= 0 && value < 1000;
const isVariables = (value) => isObject(value) && Object.values(value).every(isText);
/** Below the files area, whatever it is called. */
const isRelative = (value) =>
  isName(value) && !value.startsWith("/") && !value.split("/").includes("..");
const isRequest = (value) =>
  isObject(value) && isText(value.path) && !value.path.startsWith("/") &&
  only(value, ["method", "path", "headers", "body"]) &&
  (value.method === undefined || /^[A-Z]{1,20}$/.test(value.method)) &&
  (value.headers === undefined || isVariables(value.headers));
const isAnswer = (value) =>
  isObject(value) && only(value, ["status", "type", "contains", "lacks", "body"]) &&
  (value.status === undefined || Number.isInteger(value.status)) &&
  (value.type === undefined || isText(value.type)) &&
  (value.contains === undefined || isTexts(value.contains)) &&
  (value.lacks === undefined || isTexts(value.lacks));
/** What a mock gives back: a message, or one for each output, or a fault for this one time. */
const isGiven = (value) => isMessage(value) || value === null || isList(isGiven)(value);
const isMock = (value) =>
  isObject(value) && isName(value.node) && only(value, ["node", "answers", "fails"]) &&
  (value.answers === undefined || isList(isGiven)(value.answers)) &&
  (value.fails === undefined || isText(value.fails));

/** Kind of step → its keys. The first key names the kind; `?` marks those that may be left out. */
const STEPS = {
  send: { send: isMessage, to: isName, "port?": isPort },
  expect: { expect: isMessage, at: isName, "timeout?": isTime },
  expectNone: { expectNone: (value) => value === true, at: isName, for: isTime },
  request: { request: isRequest, answer: isAnswer, "timeout?": isTime },
  file: {
    file: isRelative,
    "contains?": isTexts,
    "lacks?": isTexts,
    "equals?": isText,
    "timeout?": isTime,
  },
  restart: { restart: (value) => value === true },
};

const CASE = {
  format: (value) => value === FORMAT,
  // As long as the appliance takes for a name.
  name: (value) => isName(value) && [...value].length <= 80,
  "timeout?": isTime,
  "environment?": isVariables,
  "mocks?": isList(isMock),
  "real?": isList(isName),
  "needs?": isObject,
  steps: (value) => Array.isArray(value) && value.length > 0 && value.length <= MAX_STEPS,
};

function only(value, keys) {
  return Object.keys(value).every((key) => keys.includes(key));
}

function check(value, shape, what) {
  if (!isObject(value)) throw new Error(`${what} is no object.`);
  const known = new Set();
  for (const [key, isRight] of Object.entries(shape)) {
    const name = key.replace(/\?$/, "");
    known.add(name);
    if (value[name] === undefined && key !== name) continue;
    if (!isRight(value[name])) throw new Error(`${what}: "${name}" is missing or wrong.`);
  }
  const unknown = Object.keys(value).find((key) => !known.has(key));
  if (unknown !== undefined) throw new Error(`${what}: there is no "${unknown}".`);
}

function kindOf(step) {
  return isObject(step) ? Object.keys(STEPS).find((kind) => kind in step) : undefined;
}

/** Throws an Error whose message is a sentence that names the step; steps count from 1 in it. */
function readCase(value) {
  check(value, CASE, "The test");
  const steps = value.steps.map((step, index) => {
    const kind = kindOf(step);
    const what = `Step ${index + 1}`;
    if (!kind) throw new Error(`${what} is none of ${Object.keys(STEPS).join(", ")}.`);
    check(step, { ...STEPS[kind], "says?": isText }, `${what} (${kind})`);
    return { ...step, kind };
  });
  const { timeout = DEFAULT_TIMEOUT, mocks = [], real = [] } = value;
  return { ...value, timeout, mocks, real, steps };
}

module.exports = { readCase, kindOf, FORMAT };
