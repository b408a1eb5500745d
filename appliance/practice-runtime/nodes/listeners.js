"use strict";
// catch, status and complete: the flows tell them what happens to other nodes of their tab.

module.exports = (RED) => {
  class Listener extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.scope = Array.isArray(config.scope) ? config.scope : null;
      this.uncaught = Boolean(config.uncaught);
      this.on("input", (msg) => this.send(msg));
    }
  }
  for (const type of ["catch", "status", "complete"]) {
    RED.nodes.registerType(type, class extends Listener {});
  }
};
