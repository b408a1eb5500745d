"use strict";

const { EventEmitter } = require("node:events");
const util = require("node:util");

module.exports = (RED) => {
  const limit = RED.settings.debugMaxLength ?? 1000;
  const publish = ({ msg, ...rest }) => {
    RED.comms.publish("debug", { ...rest, ...RED.util.encodeValue(msg, limit) });
  };

  class Debug extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.property = config.complete === "false" ? "payload" : config.complete ?? "payload";
      this.isWhole = config.targetType === "full" || String(config.complete) === "true";
      this.active = config.active ?? true;
      this.isShown = config.tosidebar ?? true;
      this.isLogged = String(config.console) === "true";
      this.isStatus = Boolean(config.tostatus);
      this.on("input", (msg, _send, done) => {
        this.#show(msg);
        done();
      });
    }

    #show(msg) {
      const { id, z, name } = this;
      const value = this.isWhole ? msg : RED.util.getMessageProperty(msg, this.property);
      const text = typeof value === "string" ? value : util.inspect(value);
      if (this.isLogged) this.log(text);
      if (this.isStatus) this.status({ fill: "grey", shape: "dot", text: text.slice(0, 32) });
      if (!this.active || !this.isShown) return;
      const property = this.isWhole ? undefined : this.property;
      publish({ id, z, path: z, name, topic: msg.topic, property, msg: value });
    }
  }
  RED.nodes.registerType("debug", Debug);

  // What nodes complain about is shown beside what debug nodes say.
  const complaints = new EventEmitter();
  complaints.on("log", (record) => {
    if (record.level === RED.log.WARN || record.level === RED.log.ERROR) publish(record);
  });
  RED.log.addHandler(complaints);

  RED.httpAdmin.post(
    "/debug/:id/:state",
    RED.auth.needsPermission("debug.write"),
    (request, response) => {
      const { id, state } = request.params;
      const node = RED.nodes.getNode(id);
      if (!node || !["enable", "disable"].includes(state)) {
        response.sendStatus(404);
        return;
      }
      node.active = state === "enable";
      response.sendStatus(node.active ? 200 : 201);
    },
  );
};
