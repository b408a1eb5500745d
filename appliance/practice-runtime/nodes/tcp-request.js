"use strict";

const net = require("node:net");

const ESCAPED_BYTES = { "\\n": 10, "\\r": 13, "\\t": 9, "\\e": 27, "\\f": 12, "\\0": 0 };

function byteOf(text) {
  const value = String(text);
  if (value in ESCAPED_BYTES) return ESCAPED_BYTES[value];
  return value.startsWith("0x") ? Number(value) : value.charCodeAt(0);
}

module.exports = (RED) => {
  /** Sends what arrives and sends on what comes back: until a time, a length or a character. */
  class TCPRequest extends RED.nodes.Node {
    #connections = new Map();

    constructor(config) {
      super(config);
      const { server, port, out, ret = "buffer", splitc, newline = "", trim } = config;
      Object.assign(this, { server, port: Number(port), ret, out: out === "immed" ? "time" : out });
      this.isText = ret === "string";
      this.newline = newline.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
      this.keepsNewline = trim === true;
      this.limit = out === "immed" ? -1 : out === "char" ? byteOf(splitc) : Number(splitc);
      this.on("input", (msg, send, done) => this.#take(msg, send, done));
      this.on("close", () => {
        for (const key of this.#connections.keys()) this.#end(key);
        this.status({});
      });
    }

    #take(msg, send, done) {
      if (this.out === "sit" && msg.reset) {
        const keys = msg.reset === true ? [...this.#connections.keys()] : [msg.reset];
        for (const key of keys) this.#end(key);
        if (!("payload" in msg)) return;
      }
      const host = this.server || msg.host;
      const port = this.port || Number(msg.port);
      if (!host || !port) {
        this.warn("No host or port set");
        return;
      }
      const key = `${host}:${port}`;
      const known = this.#connections.get(key);
      const connection = known ?? this.#connect(key, host, port, send);
      connection.msg = msg;
      connection.queue.push({ msg, done });
      if (connection.isConnected) this.#write(connection);
    }

    #connect(key, host, port, send) {
      const connection = { queue: [], isConnected: false, got: [], text: "", timer: null };
      this.#connections.set(key, connection);
      const socket = net.connect({ host, port }, () => {
        connection.isConnected = true;
        this.status({ fill: "green", shape: "dot", text: `connections ${this.#connections.size}` });
        this.#write(connection);
        if (this.out === "time" && this.limit < 0) {
          this.#connections.delete(key);
          socket.end();
        }
      });
      connection.socket = socket;
      socket.on("data", (bytes) => {
        if (this.#connections.get(key) !== connection) return;
        if (this.out === "sit") this.#pass(connection, bytes, send);
        else this.#collect(key, connection, bytes, send);
      });
      socket.on("error", (error) => {
        if (this.#connections.get(key) !== connection) return;
        this.#end(key);
        this.status({ fill: "red", shape: "ring", text: "error" });
        this.error(`connection to ${key} failed: ${error.message}`, connection.msg);
      });
      socket.on("close", () => {
        if (this.#connections.get(key) !== connection) return;
        this.status({ fill: "grey", shape: "ring", text: "disconnected" });
        if (connection.timer === null) this.#connections.delete(key);
      });
      return connection;
    }

    #write({ queue, socket }) {
      for (const { msg, done } of queue.splice(0)) {
        const { payload } = msg;
        if (payload !== undefined) {
          socket.write(Buffer.isBuffer(payload) ? payload : String(payload));
        }
        done();
      }
    }

    #pass(connection, bytes, send) {
      const { msg } = connection;
      if (!this.isText || this.newline === "") {
        send({ ...msg, payload: this.isText ? bytes.toString() : bytes });
        return;
      }
      const lines = (connection.text + bytes.toString()).split(this.newline);
      connection.text = lines.pop();
      for (const line of lines) {
        const payload = this.keepsNewline ? line + this.newline : line;
        send({ ...RED.util.cloneMessage(msg), payload });
      }
    }

    #collect(key, connection, bytes, send) {
      connection.got.push(bytes);
      if (this.out === "time") {
        connection.timer ??= setTimeout(
          () => this.#finish(key, connection, undefined, send),
          this.limit,
        );
        return;
      }
      const all = Buffer.concat(connection.got);
      connection.got = [all];
      const length = this.out === "count" ? this.limit : all.indexOf(this.limit) + 1;
      if (length > 0 && all.length >= length) this.#finish(key, connection, length, send);
    }

    #finish(key, connection, length, send) {
      if (this.#connections.get(key) !== connection) return;
      const payload = Buffer.from(Buffer.concat(connection.got).subarray(0, length));
      this.#end(key);
      send({ ...connection.msg, payload: this.isText ? payload.toString() : payload });
    }

    #end(key) {
      const connection = this.#connections.get(key);
      if (!connection) return;
      this.#connections.delete(key);
      clearTimeout(connection.timer);
      connection.socket.destroy();
      for (const { done } of connection.queue.splice(0)) done();
      this.status({});
    }
  }
  RED.nodes.registerType("tcp request", TCPRequest);
};
