"use strict";

const { isUtf8 } = require("node:buffer");
const { MQTTClient } = require("../mqtt/client");
const { matches } = require("../mqtt/packets");

const CONNECTED = { fill: "green", shape: "dot", text: "node-red:common.status.connected" };
const CONNECTING = { fill: "yellow", shape: "ring", text: "node-red:common.status.connecting" };
const GONE = { fill: "red", shape: "ring", text: "node-red:common.status.disconnected" };

const isFilter = (topic) =>
  typeof topic === "string" && /^(#$|(\+|[^+#]*)(\/(\+|[^+#]*))*(\/(\+|#|[^+#]*))?$)/.test(topic);
const isTopic = (topic) => typeof topic === "string" && topic !== "" && !/[+#\0\n\r]/.test(topic);

/** `host`, or an address with scheme; the port where none stands in it. */
function placeOf({ broker = "", port, usetls }) {
  if (!broker.includes("://")) {
    return { host: broker || "localhost", port: Number(port) || 1883, isSecure: usetls === true };
  }
  const { protocol, hostname, port: given } = new URL(broker);
  const isSecure = protocol === "mqtts:" || protocol === "ssl:";
  return { host: hostname, port: Number(given) || (isSecure ? 8883 : 1883), isSecure };
}

function messageOf({ topic, payload, qos, retain }) {
  return topic
    ? { topic, payload: payload ?? "", qos: Number(qos ?? 0), retain: String(retain) === "true" }
    : null;
}

module.exports = (RED) => {
  class Broker extends RED.nodes.Node {
    #users = new Set();
    #client = null;
    #listeners = new Map();

    constructor(config) {
      super(config);
      this.config = config;
      this.birth = messageOf({
        topic: config.birthTopic,
        payload: config.birthPayload,
        qos: config.birthQos,
        retain: config.birthRetain,
      });
      this.on("close", (done) => {
        if (this.#client) this.#client.end(done);
        else done();
      });
    }

    get isConnected() {
      return this.#client?.isConnected ?? false;
    }

    /** The first user makes it connect. */
    register(node) {
      this.#users.add(node);
      if (!this.#client) this.#connect();
      node.status(this.isConnected ? CONNECTED : CONNECTING);
    }

    deregister(node) {
      this.#users.delete(node);
      const listener = this.#listeners.get(node.id);
      this.#listeners.delete(node.id);
      const isShared = [...this.#listeners.values()].some(({ topic }) => topic === listener?.topic);
      if (listener && !isShared) this.#client?.unsubscribe(listener.topic);
    }

    listen(node, topic, qos, take) {
      this.#listeners.set(node.id, { topic, take });
      this.#client.subscribe(topic, qos);
    }

    publish(message, done) {
      this.#client.publish(message, done);
    }

    #connect() {
      const { clientid, keepalive, cleansession, willTopic, willPayload, willQos, willRetain } =
        this.config;
      const { user, password } = this.credentials;
      const client = new MQTTClient({
        ...placeOf(this.config),
        clientId: clientid || `nodered${RED.util.generateId()}`,
        user: user || undefined,
        password: password || undefined,
        clean: (cleansession ?? true) || !clientid,
        keepalive: Number(keepalive ?? 60),
        will: messageOf({
          topic: willTopic,
          payload: willPayload,
          qos: willQos,
          retain: willRetain,
        }),
        period: RED.settings.mqttReconnectTime,
      });
      const tell = (status) => this.#users.forEach((node) => node.status(status));
      client.on("connect", () => {
        this.log(`Connected to broker: ${this.config.broker}`);
        tell(CONNECTED);
        if (this.birth) client.publish({ ...this.birth }, () => {});
      });
      client.on("disconnect", () => {
        this.log(`Disconnected from broker: ${this.config.broker}`);
        tell(GONE);
      });
      client.on("message", (topic, payload, packet) => {
        for (const { topic: filter, take } of this.#listeners.values()) {
          if (matches(filter, topic)) take(topic, payload, packet);
        }
      });
      this.#client = client;
    }
  }

  class MQTTIn extends RED.nodes.Node {
    constructor(config) {
      super(config);
      const { topic, datatype = "utf8" } = config;
      const broker = RED.nodes.getNode(config.broker);
      const qos = Number.parseInt(config.qos, 10);
      this.datatype = datatype;
      if (Number(config.inputs) === 1) {
        this.warn("The practice runtime subscribes to no topics by message.");
      } else if (!broker) this.error("missing broker configuration");
      else if (!topic || !isFilter(topic)) this.warn("Invalid topic specified");
      else {
        broker.register(this);
        broker.listen(this, topic, qos >= 0 && qos <= 2 ? qos : 2, (...got) => this.#take(...got));
        this.on("close", () => broker.deregister(this));
      }
    }

    #take(topic, bytes, { qos, retain }) {
      try {
        this.send({ topic, payload: this.#decode(bytes), qos, retain });
      } catch {
        this.error("Failed to parse JSON string", { payload: bytes, topic, qos, retain });
      }
    }

    #decode(bytes) {
      switch (this.datatype) {
        case "buffer":
          return bytes;
        case "base64":
          return bytes.toString("base64");
        case "utf8":
          return bytes.toString();
        case "json":
          return JSON.parse(bytes.toString());
        default:
          return isUtf8(bytes) ? this.#guess(bytes.toString()) : bytes;
      }
    }

    #guess(text) {
      if (this.datatype !== "auto-detect") return text;
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    }
  }

  class MQTTOut extends RED.nodes.Node {
    constructor(config) {
      super(config);
      Object.assign(this, { topic: config.topic, qos: config.qos, retain: config.retain });
      const broker = RED.nodes.getNode(config.broker);
      if (!broker) {
        this.error("missing broker configuration");
        return;
      }
      broker.register(this);
      this.on("input", (msg, _send, done) => this.#publish(broker, msg, done));
      this.on("close", () => broker.deregister(this));
    }

    #publish(broker, msg, done) {
      if (this.topic) msg.topic = this.topic;
      msg.qos = Number(this.qos || msg.qos || 0);
      msg.retain = String(this.retain || msg.retain) === "true";
      if (!("payload" in msg)) {
        done();
        return;
      }
      // As in Node-RED: without a broker it is lost, and nobody is told that it was done.
      if (!broker.isConnected) return;
      if (!isTopic(msg.topic)) {
        this.warn("Invalid topic specified");
        return;
      }
      const { topic, qos, retain } = msg;
      const payload = Buffer.isBuffer(msg.payload)
        ? msg.payload
        : RED.util.ensureString(msg.payload ?? "");
      broker.publish({ topic, payload, qos, retain }, done);
    }
  }
  RED.nodes.registerType("mqtt-broker", Broker);
  RED.nodes.registerType("mqtt in", MQTTIn);
  RED.nodes.registerType("mqtt out", MQTTOut);
};
