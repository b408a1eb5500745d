"use strict";
// What flows remember: per node, per tab and for all, in memory or in files below context/.

const fs = require("node:fs/promises");
const path = require("node:path");
const { getProperty, setProperty } = require("./util");

/** Node-RED's own interval between writes of a file store. */
const SAVE_EVERY = 30_000;

class Store {
  scopes = new Map();

  scope(name) {
    if (!this.scopes.has(name)) this.scopes.set(name, {});
    return this.scopes.get(name);
  }

  async load() {}

  async save() {}
}

class FileStore extends Store {
  #directory;

  constructor(directory) {
    super();
    this.#directory = directory;
  }

  async load() {
    const found = await fs.readdir(this.#directory).catch(() => []);
    for (const folder of found) {
      for (const file of await fs.readdir(path.join(this.#directory, folder))) {
        if (!file.endsWith(".json")) continue;
        const text = await fs.readFile(path.join(this.#directory, folder, file), "utf8");
        const name = path.basename(file, ".json");
        const isShared = name === "flow" || name === "global";
        const values = valuesOf(text);
        if (values) this.scopes.set(isShared ? folder : `${name}:${folder}`, values);
      }
    }
    setInterval(() => this.save(), SAVE_EVERY).unref();
  }

  async save() {
    for (const [scope, values] of this.scopes) {
      const [name, flow] = scope.split(":");
      const folder = path.join(this.#directory, flow ?? name);
      const file = flow ? name : name === "global" ? "global" : "flow";
      await fs.mkdir(folder, { recursive: true });
      // Aside first: a kill in the middle leaves what was.
      const target = path.join(folder, `${file}.json`);
      await fs.writeFile(`${target}.new`, JSON.stringify(values, null, 4));
      await fs.rename(`${target}.new`, target);
    }
  }
}

/** Undefined for what is no JSON: the flow begins anew, as in Node-RED. */
function valuesOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

class Contexts {
  #stores = new Map();

  constructor({ contextStorage, userDir, functionGlobalContext }) {
    const configured = contextStorage ?? { default: { module: "memory" } };
    for (const [name, { module: kind }] of Object.entries(configured)) {
      const isFile = kind === "localfilesystem";
      this.#stores.set(name, isFile ? new FileStore(path.join(userDir, "context")) : new Store());
    }
    Object.assign(this.#stores.get("default").scope("global"), functionGlobalContext);
  }

  async load() {
    for (const store of this.#stores.values()) await store.load();
  }

  /** A full disk must not keep the process from ending. */
  async save() {
    for (const store of this.#stores.values()) await store.save().catch(() => {});
  }

  /** What a node sees as its context: its own values, its tab's and everybody's. */
  of(id, flow) {
    return {
      ...this.#accessors(`${id}:${flow}`),
      flow: this.#accessors(flow),
      global: this.#accessors("global"),
    };
  }

  #accessors(scope) {
    const values = (store) => {
      const found = this.#stores.get(typeof store === "string" ? store : "default");
      if (!found) throw new Error(`there is no context store "${store}"`);
      return found.scope(scope);
    };
    const finish = (args, error, value) => {
      const callback = args.find((argument) => typeof argument === "function");
      if (!callback) return value;
      callback(error, value);
      return undefined;
    };
    const get = (key, ...rest) =>
      finish(
        rest,
        null,
        Array.isArray(key)
          ? key.map((one) => getProperty(values(rest[0]), one))
          : getProperty(values(rest[0]), key),
      );
    const set = (key, value, ...rest) => {
      const keys = Array.isArray(key) ? key : [key];
      keys.forEach((one, index) => {
        setProperty(values(rest[0]), one, Array.isArray(key) ? value?.[index] : value);
      });
      return finish(rest, null);
    };
    const keys = (...rest) => finish(rest, null, Object.keys(values(rest[0])));
    return { get, set, keys };
  }
}

module.exports = { Contexts };
