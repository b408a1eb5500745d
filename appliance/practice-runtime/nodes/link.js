"use strict";

const CALL_TIMEOUT = 30;

module.exports = (RED) => {
  class LinkIn extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.on("input", (msg, send, done) => {
        send(msg);
        done();
      });
    }
  }

  class LinkOut extends RED.nodes.Node {
    constructor(config) {
      super(config);
      const { mode = "link", links = [] } = config;
      this.on("input", (msg, _send, done) => {
        if (mode === "return") this.#giveBack(msg);
        else for (const id of links) RED.nodes.getNode(id)?.receive(RED.util.cloneMessage(msg));
        done();
      });
    }

    #giveBack(msg) {
      const source = msg._linkSource?.pop();
      if (msg._linkSource?.length === 0) delete msg._linkSource;
      const caller = source && RED.nodes.getNode(source.node);
      if (caller) caller.answered(source.id, msg);
      else this.warn("Nobody called: a link out that returns needs a link call.");
    }
  }

  class LinkCall extends RED.nodes.Node {
    #waiting = new Map();

    constructor(config) {
      super(config);
      const [target] = config.links ?? [];
      this.timeout = Number(config.timeout ?? CALL_TIMEOUT) * 1000;
      this.on("input", (msg, send, done) => this.#call(target, msg, send, done));
      this.on("close", () => this.#waiting.forEach(({ timer }) => clearTimeout(timer)));
    }

    #call(target, msg, send, done) {
      const node = RED.nodes.getNode(target);
      if (!node) {
        done(new Error(`the link in "${target}" is not there`));
        return;
      }
      const id = RED.util.generateId();
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        done(new Error("timeout"));
      }, this.timeout);
      this.#waiting.set(id, { timer, send, done });
      const sent = RED.util.cloneMessage(msg);
      sent._linkSource = [...sent._linkSource ?? [], { id, node: this.id }];
      node.receive(sent);
    }

    answered(id, msg) {
      const waiting = this.#waiting.get(id);
      if (!waiting) return;
      this.#waiting.delete(id);
      clearTimeout(waiting.timer);
      waiting.send(msg);
      waiting.done();
    }
  }
  RED.nodes.registerType("link in", LinkIn);
  RED.nodes.registerType("link out", LinkOut);
  RED.nodes.registerType("link call", LinkCall);
};
