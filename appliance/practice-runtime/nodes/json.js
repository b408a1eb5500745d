"use strict";

module.exports = (RED) => {
  class JSONNode extends RED.nodes.Node {
    constructor(config) {
      super(config);
      const { property = "payload", action = "", pretty } = config;
      Object.assign(this, { property, action, indent: pretty ? 4 : 0 });
      this.on("input", (msg, send, done) => {
        const value = RED.util.getMessageProperty(msg, this.property);
        const isText = typeof value === "string" || Buffer.isBuffer(value);
        try {
          if (isText && this.action !== "str") this.#write(msg, JSON.parse(value));
          else if (Buffer.isBuffer(value)) throw new Error("a buffer cannot become JSON text");
          else if (!isText && value !== undefined && this.action !== "obj") {
            this.#write(msg, JSON.stringify(value, null, this.indent));
          }
        } catch (error) {
          done(error.message);
          return;
        }
        send(msg);
        done();
      });
    }

    #write(msg, value) {
      RED.util.setMessageProperty(msg, this.property, value);
    }
  }
  RED.nodes.registerType("json", JSONNode);
};
