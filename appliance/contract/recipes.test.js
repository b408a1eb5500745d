"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { it } = require("node:test");
const { page } = require("./client");
const { onEachRuntime } = require("./runtimes");

const RECIPES = path.join(__dirname, "..", "..", "recipes");

function read(...names) {
  return JSON.parse(fs.readFileSync(path.join(RECIPES, ...names), "utf8"));
}

/** Each comes with requests and what must come back for them. */
const recipes = fs.readdirSync(RECIPES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory()).map(({ name }) => name);

function check(answer, { says, status, type, contains = [], lacks = [] }) {
  assert.equal(answer.status, status, `${says}: ${answer.text}`);
  if (type) assert.ok(answer.headers["content-type"].startsWith(type), says);
  for (const part of contains) assert.ok(answer.text.includes(part), `${says}: ${answer.text}`);
  for (const part of lacks) assert.ok(!answer.text.includes(part), `${says}: ${answer.text}`);
}

onEachRuntime("a recipe", (create) => {
  for (const name of recipes) {
    it(`does what its fixture says: ${name}`, async () => {
      const instance = await create();
      const { environment, requests } = read(name, "fixture", "requests.json");
      fs.copyFileSync(path.join(RECIPES, name, "flows.json"), instance.file("flows.json"));
      await instance.run({ env: environment });
      for (const request of requests) check(await page(instance, request.path, request), request);
      // What the last request showed is there after a restart too.
      await instance.signal("SIGTERM");
      await instance.run({ env: environment });
      const reading = requests.findLast(({ method, status }) => method === "GET" && status === 200);
      check(await page(instance, reading.path, reading), reading);
    });
  }
});
