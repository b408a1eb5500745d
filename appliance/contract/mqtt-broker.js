"use strict";
// The least of a broker that a test needs: QoS 0 to 2, retained messages, wills.

const net = require("node:net");
const { Assembler, encode, matches } = require("../practice-runtime/mqtt/packets");

class TestBroker {
  /** What clients published, with the client's id. */
  published = [];
  #sessions = new Set();
  #retained = new Map();
  #port = 0;

  async open() {
    this.server = net.createServer((socket) => this.#serve(socket));
    await new Promise((resolve) => {
      this.server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = this.server.address().port;
    return this;
  }

  get port() {
    return this.#port;
  }

  get clients() {
    return [...this.#sessions].filter(({ client }) => client);
  }

  /** Nobody can connect until it is opened again; the port stays the same. */
  async close() {
    for (const { socket } of this.#sessions) socket.destroy();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  publish(topic, payload, { qos = 0, retain = false } = {}) {
    if (retain) this.#retained.set(topic, payload);
    for (const session of this.#sessions) this.#deliver(session, topic, payload, qos, false);
  }

  #deliver({ socket, filters }, topic, payload, qos, retain) {
    const filter = filters.find((one) => matches(one.topic, topic));
    if (!filter) return;
    const packet = { type: "publish", topic, payload: Buffer.from(payload), retain };
    packet.qos = Math.min(qos, filter.qos);
    if (packet.qos > 0) packet.id = 1 + Math.floor(Math.random() * 60_000);
    socket.write(encode(packet));
  }

  #serve(socket) {
    const session = { socket, filters: [], client: null, will: null };
    this.#sessions.add(session);
    const assembler = new Assembler();
    socket.on("data", (bytes) => {
      for (const packet of assembler.take(bytes)) this.#take(session, packet);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sessions.delete(session);
      const { will } = session;
      if (will) this.publish(will.topic, will.payload, will);
    });
  }

  #take(session, packet) {
    const { type, id } = packet;
    const answer = (reply) => session.socket.write(encode(reply));
    switch (type) {
      case "connect":
        Object.assign(session, { client: packet, will: packet.will });
        return answer({ type: "connack", code: packet.password === "wrong" ? 5 : 0 });
      case "publish":
        this.published.push({ ...packet, payload: packet.payload.toString() });
        if (packet.qos === 1) answer({ type: "puback", id });
        if (packet.qos === 2) answer({ type: "pubrec", id });
        return this.publish(packet.topic, packet.payload, packet);
      case "pubrel":
        return answer({ type: "pubcomp", id });
      case "pubrec":
        return answer({ type: "pubrel", id });
      case "subscribe":
        session.filters.push(...packet.topics);
        answer({ type: "suback", id, codes: packet.topics.map(({ qos }) => qos) });
        for (const [topic, payload] of this.#retained) {
          this.#deliver({ ...session, filters: packet.topics }, topic, payload, 0, true);
        }
        return undefined;
      case "unsubscribe":
        session.filters = session.filters.filter(({ topic }) => !packet.topics.includes(topic));
        return answer({ type: "unsuback", id });
      case "pingreq":
        return answer({ type: "pingresp" });
      case "disconnect":
        session.will = null;
        return session.socket.end();
      default:
        return undefined;
    }
  }
}

module.exports = { TestBroker };
