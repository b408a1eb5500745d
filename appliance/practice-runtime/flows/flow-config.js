"use strict";
// A deploy's list of nodes, looked through once: what runs, what is missing, what changed.

const { createRequire } = require("node:module");
const path = require("node:path");
const { STRUCTURE } = require("../registry");

/** Fields that the editor changes without changing what a node does. */
const LAYOUT = new Set(["x", "y", "w", "h", "wires", "info", "g"]);

class FlowConfig {
  #byId = new Map();

  constructor(list, registry) {
    this.list = list;
    for (const node of list) this.#byId.set(node.id, node);
    const types = new Set(
      list.filter((node) => !registry.knows(node.type))
        .map(({ type }) => type),
    );
    this.missingTypes = [...types];
  }

  /** Nodes that are to run: no tabs and groups, nothing that is disabled. */
  get running() {
    return this.list.filter((node) =>
      !STRUCTURE.has(node.type) && !node.d &&
      !this.#byId.get(node.z)?.disabled
    );
  }

  /** Modules that function nodes ask for and that are not installed in the user directory. */
  missingModules(userDir) {
    const { resolve } = createRequire(path.join(userDir, "package.json"));
    const names = this.list.flatMap(({ libs }) => libs ?? []).map((lib) => lib.module);
    return [...new Set(names)].filter((name) => {
      try {
        resolve(name);
        return false;
      } catch {
        return true;
      }
    }).map((module) => ({ module, error: "module_not_found" }));
  }

  /** A variable of a tab, or of all flows; undefined if neither has it. */
  variable(tab, name) {
    const everywhere = this.list.find(({ type }) => type === "global-config");
    for (const { env } of [this.#byId.get(tab), everywhere].filter(Boolean)) {
      const found = env?.find((variable) => variable.name === name);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * Ids of nodes to restart when this replaces `earlier`: all (`full`), those of changed tabs
   * (`flows`) or only those that changed (`nodes`).
   */
  restarts(earlier, deployType) {
    const all = new Set([...this.list, ...earlier.list].map(({ id }) => id));
    const changed = [...all].filter((id) => this.#differs(earlier, id, deployType));
    const tabs = new Set(changed.flatMap((id) => [
      id,
      this.#byId.get(id)?.z,
      earlier.#byId.get(id)?.z,
    ]));
    const isGlobal = changed.some((id) => this.#byId.get(id)?.type === "global-config");
    if (deployType === "full" || isGlobal) return all;
    if (deployType === "flows") {
      return new Set([...all].filter((id) =>
        tabs.has(id) ||
        tabs.has(this.#byId.get(id)?.z) || tabs.has(earlier.#byId.get(id)?.z)
      ));
    }
    // A tab's variables and its being disabled concern all its nodes.
    const changedTabs = new Set(changed.filter((id) => this.#byId.get(id)?.type === "tab"));
    return new Set([...all].filter((id) =>
      changed.includes(id) ||
      changedTabs.has(this.#byId.get(id)?.z)
    ));
  }

  #differs(earlier, id, deployType) {
    const before = earlier.#byId.get(id);
    const after = this.#byId.get(id);
    if (!before || !after) return true;
    const wiresCount = deployType === "flows";
    const text = (node) =>
      JSON.stringify(node, (key, value) => (
        LAYOUT.has(key) && !(wiresCount && key === "wires") ? undefined : value
      ));
    return text(before) !== text(after);
  }
}

module.exports = { FlowConfig };
