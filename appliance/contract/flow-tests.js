"use strict";
// Runs a test case of a flow on a runtime, as the appliance does: start it, wait until it ends,
// start it again if the test wants a restart, read what came of it.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");

function readResult(directory) {
  try {
    return JSON.parse(fs.readFileSync(path.join(directory, "result.json"), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

/**
 * `create`: makes an instance. `test`: the case. `flows`: a list of nodes.
 * Resolves to `{state, detail, steps, log, exit}`.
 */
async function runCase(create, { test, flows, heap }) {
  const instance = await create({ port: 0 });
  const directory = path.join(instance.root, "test");
  fs.mkdirSync(directory);
  instance.overrides.test = directory;
  fs.writeFileSync(path.join(directory, "case.json"), JSON.stringify(test));
  fs.writeFileSync(instance.file("flows.json"), JSON.stringify(flows));
  for (;;) {
    instance.launch({ env: test.environment, heap });
    const exit = await instance.exited();
    const result = readResult(directory);
    if (result?.state === "restart") continue;
    const stuck = path.join(directory, "stuck");
    const detail = fs.existsSync(stuck) ? fs.readFileSync(stuck, "utf8") : result?.detail ?? null;
    const state = !result || result.state === "running" ? "error" : result.state;
    return { steps: [], log: [], ...result, state, detail, exit };
  }
}

/** All that there is to know about a case that did not pass, in the message of the failure. */
function assertPassed(result, name = "the test") {
  const failed = result.steps.filter(({ state }) => state === "failed").map((step) =>
    `step ${step.index + 1} (${step.text}): ${step.detail}\n  expected ${step.expected}\n` +
    `  got      ${step.got}`
  );
  const text = [name, result.detail, ...failed, ...result.log].filter(Boolean).join("\n");
  assert.equal(result.state, "passed", text);
}

/** The test cases of a recipe: name of the file → case. */
function casesOf(recipe) {
  const folder = path.join(recipe, "fixture");
  return Object.fromEntries(
    fs.readdirSync(folder).filter((name) => name.endsWith(".json")).sort()
      .map((name) => [name, JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"))]),
  );
}

/** Why a case can't be run here, for `skip`: what runs it has no node packages to give it. */
function skipped({ needs }) {
  const modules = Object.entries(needs?.modules ?? {}).map((one) => one.join(" "));
  return modules.length > 0 && `needs ${modules.join(", ")}, which is not here`;
}

module.exports = { runCase, assertPassed, casesOf, skipped };
