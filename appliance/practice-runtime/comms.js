"use strict";
// The editor's live connection: what happens is told to every open page, under topics.

const { allows, userOf } = require("./permissions");
const { WebSocket } = require("./web/websocket");

/** Milliseconds in which messages are gathered into one frame. */
const GATHER = 50;
const MAX_GATHERED = 50;
/** An upgrade that nobody took within this time is closed. */
const UNTAKEN = 5000;

class Connection {
  #queue = [];
  #timer = null;

  constructor(socket) {
    this.socket = socket;
  }

  send(topic, data) {
    this.#queue.push({ topic, data });
    this.#timer ??= setTimeout(() => this.#flush(), GATHER);
  }

  #flush() {
    this.#timer = null;
    this.socket.send(JSON.stringify(this.#queue.splice(0, MAX_GATHERED)));
    if (this.#queue.length > 0) this.#timer = setTimeout(() => this.#flush(), GATHER);
  }
}

class Comms {
  #settings;
  #connections = new Set();
  #retained = new Map();

  constructor({ settings, events, server }) {
    this.#settings = settings;
    events.on("comms", ({ topic, data, retain }) => this.#publish(topic, data, retain));
    events.on("runtime-event", ({ id, payload = {}, retain }) => {
      this.#publish(`notification/${id}`, payload, retain);
    });
    events.on("node-status", ({ id, status }) => {
      const isEmpty = Object.keys(status).length === 0;
      this.#publish(`status/${id}`, status, !isEmpty);
    });
    server.on("upgrade", (...upgrade) => this.#upgrade(...upgrade));
  }

  #publish(topic, data, retain) {
    if (retain) this.#retained.set(topic, data);
    else this.#retained.delete(topic);
    for (const connection of this.#connections) connection.send(topic, data);
  }

  async #upgrade(request, socket, head) {
    socket.on("error", () => {});
    if (request.url.split("?", 1)[0] !== `${this.#settings.httpAdminRoot}comms`) {
      setTimeout(() => {
        if (socket.bytesWritten === 0) socket.destroy();
      }, UNTAKEN).unref();
      return;
    }
    const user = await userOf(this.#settings, request);
    const webSocket = user && WebSocket.accept(request, socket, head);
    if (webSocket) this.#open(webSocket, user);
    else socket.destroy();
  }

  #open(socket, user) {
    const connection = new Connection(socket);
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    socket.on("message", async (text) => {
      const message = parsed(text);
      if (message.auth) await this.#authenticate(socket, message.auth);
      else if (message.subscribe && allows(user.permissions, "status.read")) {
        this.#subscribe(connection, String(message.subscribe));
      }
    });
  }

  /** A page may also show its token here; the connection already has a user either way. */
  async #authenticate(socket, token) {
    const user = await this.#settings.adminAuth.tokens(token);
    socket.send(JSON.stringify({ auth: user ? "ok" : "fail" }));
    if (!user) socket.close();
  }

  /** Everybody gets everything that is published; a subscription brings what was retained. */
  #subscribe(connection, pattern) {
    const source = pattern.replace(/[.*?^${}()|[\]\\]/g, "\\$&")
      .replace(/\+/g, "[^/]+").replace(/\/#$/, "(/.*)?");
    const regex = new RegExp(`^${source}$`);
    for (const [topic, data] of this.#retained) {
      if (regex.test(topic)) connection.send(topic, data);
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

module.exports = { Comms };
