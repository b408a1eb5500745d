"use strict";

/** Milliseconds until `once` fires, unless the node says otherwise. */
const ONCE_DELAY = 100;

module.exports = (RED) => {
  class Inject extends RED.nodes.Node {
    #timers = [];

    constructor(config) {
      super(config);
      this.props = propertiesOf(config);
      const repeat = Number(config.repeat) * 1000;
      const fire = () => this.receive();
      const repeatFrom = () => {
        if (repeat > 0) this.#timers.push(setInterval(fire, repeat));
      };
      if (config.crontab) this.warn("Times of day are unknown here: press the button.");
      if (config.once) {
        const delay = Number(config.onceDelay) * 1000 || ONCE_DELAY;
        this.#timers.push(setTimeout(() => {
          fire();
          repeatFrom();
        }, delay));
      } else {
        repeatFrom();
      }
      this.on("input", (msg, send, done) => this.#build(msg, send, done));
      this.on("close", () => this.#timers.forEach(clearTimeout));
    }

    #build(msg, send, done) {
      const props = msg.__user_inject_props__ ?? this.props;
      delete msg.__user_inject_props__;
      try {
        for (const { p, v, vt } of props) {
          if (!p) continue;
          const value = RED.util.evaluateNodeProperty(v ?? "", vt ?? "str", this, msg);
          RED.util.setMessageProperty(msg, p, value);
        }
      } catch (error) {
        done(error);
        return;
      }
      send(msg);
      done();
    }
  }
  RED.nodes.registerType("inject", Inject);

  RED.httpAdmin.post(
    "/inject/:id",
    RED.auth.needsPermission("inject.write"),
    (request, response) => {
      const node = RED.nodes.getNode(request.params.id);
      if (!node) {
        response.sendStatus(404);
        return;
      }
      node.receive(request.body?.__user_inject_props__ ? request.body : {});
      response.sendStatus(200);
    },
  );
};

/** Flows of earlier editors name payload and topic only. */
function propertiesOf({ props, payload, payloadType, topic }) {
  const values = { payload: { v: payload, vt: payloadType }, topic: { v: topic, vt: "str" } };
  return (props ?? [{ p: "payload" }, { p: "topic", vt: "str" }])
    .map((prop) => ({
      ...prop,
      v: prop.v ?? values[prop.p]?.v,
      vt: prop.vt ?? values[prop.p]?.vt,
    }));
}
