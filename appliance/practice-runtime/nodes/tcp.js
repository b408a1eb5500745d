"use strict";

const net = require("node:net");

const KEEP_ALIVE = 120_000;
/** How soon a client that got everything, and the other side hung up, connects again. */
const QUICK = 20;

const unescaped = (text = "") =>
  text.replace(/\\n/g, "\n").replace(/\\r/g, "\r").replace(/\\t/g, "\t");
const bytesOf = (payload, isBase64) =>
  Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(String(payload), typeof payload === "string" && isBase64 ? "base64" : "utf8");

module.exports = (RED) => {
  const reconnectTime = RED.settings.socketReconnectTime ?? 10_000;
  /** Connections by the id of `msg._session`, for nodes that answer on them. */
  const sessions = new Map();

  /** Connects again and again until it is closed. `live` is called with each new connection. */
  class Client {
    #timer = null;
    #isClosed = false;

    constructor(node, host, port, live) {
      Object.assign(this, {
        node,
        host,
        port,
        live,
        socket: null,
        isConnected: false,
        hurry: false,
      });
      this.#connect();
    }

    #connect() {
      const { node, host, port } = this;
      node.status({ fill: "grey", shape: "dot", text: "connecting" });
      const socket = net.connect(port, host, () => {
        this.isConnected = true;
        node.status({ fill: "green", shape: "dot", text: "connected" });
      });
      this.socket = socket;
      socket.setKeepAlive(true, KEEP_ALIVE);
      this.live(socket);
      socket.on("error", (error) => node.log(error.message));
      socket.on("close", () => {
        this.isConnected = false;
        node.status({ fill: "red", shape: "ring", text: "disconnected" });
        if (this.#isClosed) return;
        this.#timer = setTimeout(() => this.#connect(), this.hurry ? QUICK : reconnectTime);
        this.hurry = false;
      });
    }

    close() {
      this.#isClosed = true;
      clearTimeout(this.#timer);
      this.socket.destroy();
    }
  }

  /** Listens on all addresses; `live` is called with each connection. */
  function listen(node, port, live) {
    const open = new Set();
    const tell = () => node.status({ text: `connections ${open.size}` });
    const server = net.createServer((socket) => {
      open.add(socket);
      socket.setKeepAlive(true, KEEP_ALIVE);
      socket.on("error", (error) => node.log(error.message));
      socket.on("close", () => {
        open.delete(socket);
        tell();
      });
      tell();
      live(socket);
    });
    server.on("error", (error) => node.error(`unable to listen on port ${port}: ${error}`));
    server.listen(port);
    node.on("close", (done) => {
      for (const socket of open) socket.destroy();
      server.close(() => done());
    });
    return open;
  }

  class TCPIn extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.isStream = (config.datamode || "stream") === "stream";
      this.datatype = config.datatype || "buffer";
      this.newline = unescaped(config.newline);
      this.keepsNewline = config.trim === true;
      this.topic = config.topic;
      const port = Number(config.port);
      if (config.server === true || config.server === "server") {
        listen(this, port, (socket) => this.#take(socket, true));
      } else {
        this.client = new Client(this, config.host, port, (socket) => this.#take(socket, false));
        this.on("close", () => this.client.close());
      }
    }

    #take(socket, isServer) {
      const id = RED.util.generateId();
      sessions.set(id, socket);
      const chunks = [];
      let text = "";
      const splits = this.isStream && this.datatype !== "buffer" && this.newline !== "";
      // A closed connection no longer knows where it came from.
      const { remoteAddress: ip, remotePort: port } = socket;
      const tell = (payload) => {
        const from = isServer ? { ip, port } : {};
        this.send({ topic: this.topic, payload, ...from, _session: { type: "tcp", id } });
      };
      const decoded = (bytes) => this.datatype === "buffer" ? bytes : bytes.toString(this.datatype);
      socket.on("data", (bytes) => {
        if (!this.isStream) chunks.push(bytes);
        else if (!splits) tell(decoded(bytes));
        else {
          const lines = (text + decoded(bytes)).split(this.newline);
          text = lines.pop();
          for (const line of lines) tell(this.keepsNewline ? line + this.newline : line);
        }
      });
      socket.on("end", () => {
        const rest = this.isStream ? text : decoded(Buffer.concat(chunks));
        if (rest.length === 0) return;
        if (this.client) this.client.hurry = true;
        tell(rest);
      });
      socket.on("close", () => sessions.delete(id));
    }
  }

  class TCPOut extends RED.nodes.Node {
    constructor(config) {
      super(config);
      const { host, beserver, base64, end } = config;
      const port = Number(config.port);
      this.ends = end === true;
      this.isBase64 = base64;
      const write = this.#writer(beserver, host, port);
      this.on("input", (msg, _send, done) => {
        write(msg);
        done();
      });
    }

    #writer(mode, host, port) {
      const bytes = ({ payload }) => bytesOf(payload, this.isBase64);
      if (mode === "reply") {
        return (msg) => {
          const one = msg._session?.type === "tcp";
          const sockets = one ? [sessions.get(msg._session.id)] : [...sessions.values()];
          for (const socket of sockets.filter(Boolean)) {
            if (msg.reset === true) socket.destroy();
            else socket.write(bytes(msg));
          }
        };
      }
      if (mode === "server") {
        const open = listen(this, port, (socket) => socket.resume());
        return (msg) => {
          if ((msg.payload ?? null) === null) return;
          for (const socket of open) socket[this.ends ? "end" : "write"](bytes(msg));
        };
      }
      const client = new Client(this, host, port, (socket) => socket.resume());
      this.on("close", () => client.close());
      return (msg) => {
        if (!client.isConnected || (msg.payload ?? null) === null) return;
        client.socket.write(bytes(msg));
        if (!this.ends) return;
        client.hurry = true;
        client.socket.end();
      };
    }
  }
  RED.nodes.registerType("tcp in", TCPIn);
  RED.nodes.registerType("tcp out", TCPOut);
};
