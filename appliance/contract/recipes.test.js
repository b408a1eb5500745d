"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { it } = require("node:test");
const { assertPassed, casesOf, runCase, skipped } = require("./flow-tests");
const { onEachRuntime } = require("./runtimes");

const RECIPES = path.join(__dirname, "..", "..", "recipes");

/** Each comes with messages or requests and what must come back for them. */
const recipes = fs.readdirSync(RECIPES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory()).map(({ name }) => name);

const read = (...names) => JSON.parse(fs.readFileSync(path.join(RECIPES, ...names), "utf8"));

/** What an instance made of it has in its environment, where a case says nothing else. */
const defaultsOf = (name) =>
  Object.fromEntries(
    read(name, "recipe.json").parameters.map((parameter) => [
      parameter.name,
      String(parameter.default),
    ]),
  );

onEachRuntime("a recipe", (create) => {
  for (const name of recipes) {
    const folder = path.join(RECIPES, name);
    const cases = Object.entries(casesOf(folder));
    it(`has a fixture: ${name}`, () => assert.notEqual(cases.length, 0));
    for (const [file, test] of cases) {
      const title = `does what its fixture says: ${name}, ${file}: ${test.name}`;
      it(title, { skip: skipped(test) }, async () => {
        const flows = read(name, "flows.json");
        const environment = { ...defaultsOf(name), ...test.environment };
        assertPassed(await runCase(create, { test: { ...test, environment }, flows }), name);
      });
    }
  }
});
