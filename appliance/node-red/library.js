"use strict";
// Flows, functions and templates that a person saved for reuse, one file each below lib/<type>/.

const fs = require("node:fs/promises");
const path = require("node:path");
const { writeDurably } = require("./files");

const META = /^\/\/ (\w+): (.*)$/;

class Library {
  #root;

  constructor(root) {
    this.#root = root;
  }

  /** The text of an entry, or the list of a folder: names of folders, then objects of entries. */
  async get(type, name) {
    const target = await this.#resolve(type, name);
    try {
      const stat = await fs.lstat(target);
      if (stat.isFile()) return bodyOf(await fs.readFile(target, "utf8"));
      if (stat.isDirectory()) return await this.#list(target);
    } catch (error) {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
      if (name === "" || name.endsWith("/")) return [];
      if (type === "flows" && !name.endsWith(".json")) return this.get(type, `${name}.json`);
    }
    throw failure("not_found", `The library has no entry ${name}.`);
  }

  async save(type, name, meta, body) {
    const needsSuffix = type === "flows" && !name.endsWith(".json");
    const target = await this.#resolve(type, needsSuffix ? `${name}.json` : name);
    const head = type === "flows" ? [] : Object.entries(meta ?? {}).map(
      ([key, value]) =>
        `// ${key}: ${String(value).replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}\n`,
    );
    await fs.mkdir(path.dirname(target), { recursive: true });
    await writeDurably(target, head.join("") + body);
  }

  async #list(directory) {
    const found = await fs.readdir(directory, { withFileTypes: true });
    const visible = found.filter((entry) => !entry.name.startsWith("."))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const folders = visible.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const files = visible.filter((entry) => entry.isFile()).map(async ({ name }) => ({
      ...metaOf(await fs.readFile(path.join(directory, name), "utf8")),
      fn: name,
    }));
    return [...folders, ...await Promise.all(files)];
  }

  /** Throws for names and links that lead out of the folder of the type. */
  async #resolve(type, name) {
    const root = path.join(this.#root, type);
    const target = path.join(root, name);
    const isInside = target === root || target === `${root}/` || target.startsWith(`${root}/`);
    if (!/^[\w-]+$/.test(type) || name.includes("\0") || !isInside) {
      throw failure("forbidden", "This name leads out of the library.");
    }
    for (let place = target; place.length > root.length; place = path.dirname(place)) {
      const stat = await fs.lstat(place).catch(() => null);
      if (stat?.isSymbolicLink()) throw failure("forbidden", "A link is no library entry.");
    }
    return target;
  }
}

function failure(code, message) {
  return Object.assign(new Error(message), { code });
}

function metaOf(text) {
  const meta = {};
  for (const line of text.split("\n")) {
    const match = META.exec(line);
    if (!match) break;
    meta[match[1]] = match[2].replace(/\\[\\n]/g, (pair) => (pair === "\\n" ? "\n" : "\\"));
  }
  return meta;
}

function bodyOf(text) {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => !META.test(line));
  return first < 0 ? "" : lines.slice(first).join("\n");
}

module.exports = { Library };
