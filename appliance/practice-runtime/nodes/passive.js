"use strict";
// Types that do nothing of their own: notes, and joints of wires.

module.exports = (RED) => {
  class Comment extends RED.nodes.Node {}

  class Junction extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.on("input", (msg) => this.send(msg));
    }
  }
  RED.nodes.registerType("comment", Comment);
  RED.nodes.registerType("junction", Junction);
};
