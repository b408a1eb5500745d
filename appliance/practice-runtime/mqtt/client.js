"use strict";
// A client of MQTT 3.1.1 that connects again until it is ended. Emits "connect", "disconnect",
// "message" (topic, bytes, packet).

const { EventEmitter } = require("node:events");
const net = require("node:net");
const tls = require("node:tls");
const { Assembler, encode } = require("./packets");

const CONNECT_LIMIT = 30_000;
const MAX_ID = 65_535;

class MQTTClient extends EventEmitter {
  isConnected = false;
  #options;
  #socket = null;
  #timers = new Map();
  #isEnded = false;
  #lastId = 0;
  /** Packets that wait for an answer: id → {packet, done}; sent again after a reconnect. */
  #pending = new Map();
  /** Ids of messages of QoS 2 that were taken and are not released yet. */
  #taken = new Set();
  #subscriptions = new Map();

  /** `options`: host, port, isSecure, clientId, user, password, clean, keepalive, will, period. */
  constructor(options) {
    super();
    this.#options = options;
    this.#connect();
  }

  subscribe(topic, qos) {
    this.#subscriptions.set(topic, qos);
    if (this.isConnected) this.#subscribe([{ topic, qos }]);
  }

  unsubscribe(topic) {
    this.#subscriptions.delete(topic);
    if (this.isConnected) this.#send({ type: "unsubscribe", id: this.#nextId(), topics: [topic] });
  }

  /** `done` is called when the broker has it: at once for QoS 0. */
  publish({ topic, payload, qos, retain }, done) {
    const packet = { type: "publish", topic, payload: Buffer.from(payload), qos, retain };
    if (qos === 0) {
      this.#send(packet);
      done();
      return;
    }
    packet.id = this.#nextId();
    this.#pending.set(packet.id, { packet, done });
    this.#send(packet);
  }

  end(done) {
    this.#isEnded = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    if (!this.#socket || this.#socket.destroyed) {
      done();
      return;
    }
    this.#socket.once("close", () => done());
    if (this.isConnected) {
      this.#socket.end(encode({ type: "disconnect" }));
      this.#after("end", 1000, () => this.#socket.destroy());
    } else this.#socket.destroy();
  }

  #connect() {
    const { host, port, isSecure, period = 5000 } = this.#options;
    const socket = isSecure
      ? tls.connect({ host, port, servername: net.isIP(host) ? "" : host })
      : net.connect(port, host);
    this.#socket = socket;
    const assembler = new Assembler();
    const { clientId, user, password, clean, keepalive, will } = this.#options;
    socket.once(
      isSecure ? "secureConnect" : "connect",
      () => this.#send({ type: "connect", clientId, user, password, clean, keepalive, will }),
    );
    this.#after("connect", CONNECT_LIMIT, () => socket.destroy());
    socket.on("data", (bytes) => {
      try {
        for (const packet of assembler.take(bytes)) this.#take(packet);
      } catch (error) {
        socket.destroy(error);
      }
    });
    // What is wrong shows in the status; the next attempt comes anyway.
    socket.on("error", () => {});
    socket.once("close", () => {
      const wasConnected = this.isConnected;
      this.isConnected = false;
      for (const name of ["connect", "ping", "dead", "end"]) clearTimeout(this.#timers.get(name));
      if (wasConnected) this.emit("disconnect");
      if (!this.#isEnded) this.#after("again", period, () => this.#connect());
    });
  }

  #take(packet) {
    clearTimeout(this.#timers.get("dead"));
    const { type, id } = packet;
    if (type === "connack") this.#start(packet);
    else if (type === "publish") this.#receive(packet);
    else if (type === "pubrel") {
      this.#taken.delete(id);
      this.#send({ type: "pubcomp", id });
    } else if (type === "pubrec") {
      const pending = this.#pending.get(id);
      if (pending) pending.packet = { type: "pubrel", id };
      this.#send({ type: "pubrel", id });
    } else if (type === "puback" || type === "pubcomp") {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      pending?.done();
    }
  }

  #start({ code, present }) {
    if (code !== 0) {
      this.#socket.destroy();
      return;
    }
    clearTimeout(this.#timers.get("connect"));
    this.isConnected = true;
    if (!present) this.#taken.clear();
    const topics = [...this.#subscriptions].map(([topic, qos]) => ({ topic, qos }));
    if (topics.length > 0) this.#subscribe(topics);
    for (const { packet } of this.#pending.values()) this.#send({ ...packet, dup: true });
    this.#keepAlive();
    this.emit("connect");
  }

  #keepAlive() {
    const { keepalive } = this.#options;
    if (!(keepalive > 0)) return;
    this.#after("ping", keepalive * 1000, () => {
      this.#send({ type: "pingreq" });
      this.#after("dead", keepalive * 1000, () => this.#socket.destroy());
      this.#keepAlive();
    });
  }

  #receive(packet) {
    const { qos, id, topic, payload } = packet;
    const isKnown = qos === 2 && this.#taken.has(id);
    if (!isKnown) this.emit("message", topic, payload, packet);
    if (qos === 1) this.#send({ type: "puback", id });
    if (qos === 2) {
      this.#taken.add(id);
      this.#send({ type: "pubrec", id });
    }
  }

  #subscribe(topics) {
    this.#send({ type: "subscribe", id: this.#nextId(), topics });
  }

  #send(packet) {
    if (this.#socket.writable) this.#socket.write(encode(packet));
  }

  #nextId() {
    do this.#lastId = (this.#lastId % MAX_ID) + 1; while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #after(name, milliseconds, act) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(act, milliseconds));
  }
}

module.exports = { MQTTClient };
