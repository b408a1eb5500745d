"use strict";
// Catch, status and complete nodes: who hears what happens to the others of the same tab.

const util = require("node:util");
const { cloneMessage } = require("../util");

/** A message that is caught this often by the same node runs in a circle. */
const MAX_CATCHES = 10;

class FlowListeners {
  #nodes;
  #log;

  constructor(nodes, log) {
    this.#nodes = nodes;
    this.#log = log;
  }

  /** Whether any catch node took it. */
  tellError(node, error, msg) {
    const previous = msg.error?.source;
    const count = previous?.id === node.id ? previous.count + 1 : 1;
    if (count > MAX_CATCHES) {
      this.#log.warn(`The error of ${node.id} goes round in a circle and is dropped.`);
      return true;
    }
    const hearing = this.#hearing("catch", node);
    const chosen = hearing.filter((listener) => !listener.uncaught);
    const told = chosen.length > 0 ? chosen : hearing;
    for (const listener of told) {
      const caught = cloneMessage(msg);
      if (caught.error !== undefined) caught._error = caught.error;
      const { id, type, name } = node;
      caught.error = {
        message: messageOf(error),
        source: { id, type, name, count },
        ...(error?.stack ? { stack: error.stack } : {}),
      };
      listener.receive(caught);
    }
    return told.length > 0;
  }

  /** What listeners themselves complete is told to nobody, or two of them would never rest. */
  tellComplete(node, msg) {
    if (node.type === "complete") return;
    for (const listener of this.#hearing("complete", node)) listener.receive(cloneMessage(msg));
  }

  tellStatus(node, status) {
    const { id, type, name } = node;
    for (const listener of this.#hearing("status", node)) {
      listener.receive({ status: { ...status, source: { id, type, name } } });
    }
  }

  /** Listeners of a type on the node's tab whose scope is all nodes or names this one. */
  #hearing(type, node) {
    return [...this.#nodes.values()].filter((listener) =>
      listener.type === type &&
      listener.z === node.z && listener.id !== node.id &&
      (!listener.scope || listener.scope.includes(node.id))
    );
  }
}

function messageOf(error) {
  if (typeof error === "string") return error;
  return util.types.isNativeError(error) || error?.message ? error.toString() : util.inspect(error);
}

module.exports = { FlowListeners };
