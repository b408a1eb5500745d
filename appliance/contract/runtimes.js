"use strict";
// What the suite runs on: the practice runtime always, real Node-RED where a stack is named.

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, afterEach, describe } = require("node:test");
const { Instance } = require("./instance");

const PRACTICE = path.join(__dirname, "..", "practice-runtime", "main.js");
const MAIN = path.join("node_modules", "node-red", "red.js");

/** `stack`: an unpacked stack, or the archive that `npm pack` makes of Node-RED. */
function realRuntime(stack) {
  if (fs.statSync(stack).isDirectory()) return path.join(stack, MAIN);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lineside-stack-"));
  const target = path.join(folder, path.dirname(MAIN));
  fs.mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", path.resolve(stack), "-C", target, "--strip-components=1"]);
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, MAIN);
}

/** Declares the tests that `body` makes once for each runtime; instances are disposed of. */
function onEachRuntime(what, body) {
  const runtimes = [["practice runtime", PRACTICE]];
  const stack = process.env.LINESIDE_TEST_STACK;
  if (stack) runtimes.push(["Node-RED", realRuntime(stack)]);
  else console.log(`${what}: real Node-RED skipped, LINESIDE_TEST_STACK names no stack`);
  for (const [name, program] of runtimes) {
    describe(`${what} on ${name}`, () => {
      const made = [];
      afterEach(async () => {
        await Promise.all(made.splice(0).map((instance) => instance.dispose()));
      });
      body(async (overrides) => {
        const instance = await Instance.create([program], overrides);
        made.push(instance);
        return instance;
      }, { isPractice: program === PRACTICE });
    });
  }
}

module.exports = { onEachRuntime };
