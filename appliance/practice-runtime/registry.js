"use strict";
// Which node types there are, and the plugins that the settings name.

const fs = require("node:fs");
const path = require("node:path");
const { nodeClass } = require("./flows/node");

const MODULE = "lineside-practice";
const VERSION = "0.0.0-practice";
/** Parts of a flow that are no nodes. */
const STRUCTURE = new Set(["tab", "group", "global-config"]);

class Registry {
  #types = new Map();
  #plugins = new Map();
  #runtime;

  constructor(runtime) {
    this.#runtime = runtime;
    this.Node = nodeClass(runtime);
  }

  load() {
    const { api, settings } = this.#runtime;
    const folder = path.join(__dirname, "nodes");
    for (const file of fs.readdirSync(folder).sort()) require(path.join(folder, file))(api);
    for (const directory of settings.nodesDir ?? []) this.#loadPlugins(directory, api);
  }

  #loadPlugins(directory, api) {
    const text = fs.readFileSync(path.join(directory, "package.json"), "utf8");
    const plugins = JSON.parse(text)["node-red"]?.plugins ?? {};
    for (const file of Object.values(plugins)) require(path.join(directory, file))(api);
  }

  addType(type, constructor) {
    this.#types.set(type, constructor);
  }

  addPlugin(id, plugin) {
    this.#plugins.set(id, plugin);
    plugin.onadd?.();
  }

  get(type) {
    return this.#types.get(type);
  }

  knows(type) {
    return STRUCTURE.has(type) || this.#types.has(type);
  }

  list() {
    return [...this.#types.keys()].map((type) => ({
      id: `${MODULE}/${type}`,
      name: type,
      types: [type],
      enabled: true,
      local: false,
      user: false,
      module: MODULE,
      version: VERSION,
    }));
  }
}

module.exports = { Registry, STRUCTURE, VERSION };
