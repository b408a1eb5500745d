"use strict";
// What a person installed into this instance: part of every version.

const fs = require("node:fs/promises");
const path = require("node:path");

async function readJSON(file) {
  try {
    return JSON.parse(await fs.readFile(file, "utf8")) ?? {};
  } catch {
    return {};
  }
}

/** Name and version of each module that the instance's package.json asks for and that is there. */
async function installedModules(userDir) {
  const { dependencies } = await readJSON(path.join(userDir, "package.json"));
  const modules = await Promise.all(
    Object.keys(dependencies ?? {}).sort().map(async (name) => {
      const file = path.join(userDir, "node_modules", name, "package.json");
      return { name, version: (await readJSON(file)).version };
    }),
  );
  return modules.filter(({ version }) => typeof version === "string");
}

module.exports = { installedModules };
