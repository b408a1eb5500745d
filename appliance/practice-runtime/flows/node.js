"use strict";
// What all nodes have in common: messages, logging, status, context and closing.

const { cloneMessage, generateId } = require("../util");

function nodeClass(runtime) {
  const { log, events, flows, contexts, credentials, hooks } = {
    log: runtime.log,
    events: runtime.events,
    contexts: runtime.contexts,
    credentials: runtime.credentials,
    hooks: runtime.hooks,
    // Made after this class.
    flows: () => runtime.flows,
  };

  /** `constructor(config)` of a node type reads its own fields after `super(config)`. */
  return class Node {
    #inputs = [];
    #closers = [];

    constructor(config) {
      const { id, type, z, name, wires = [] } = config;
      Object.assign(this, { id, type, z, name, wires });
      this.credentials = credentials.get(id) ?? {};
    }

    /** `input`: (msg, send, done); `close`: (), (done) or (removed, done). */
    on(event, handler) {
      if (event === "input") this.#inputs.push(handler);
      else if (event === "close") this.#closers.push(handler);
      return this;
    }

    /** Under the name by which Node-RED's own nodes have it. */
    get _inputCallbacks() {
      return this.#inputs;
    }

    receive(msg = {}) {
      msg._msgid ??= generateId();
      const event = { msg, destination: { id: this.id, node: this } };
      hooks.trigger("onReceive", event, (halt) => {
        if (halt) this.error(halt);
        if (halt || halt === false) return;
        for (const handler of this.#inputs) this.#hand(handler, msg);
        this.#trigger("postReceive", event);
      });
    }

    #trigger(hook, event) {
      hooks.trigger(hook, event, (error) => {
        if (error) this.error(error);
      });
    }

    #hand(handler, msg) {
      const done = (error) => {
        this.#trigger("onComplete", { msg, error, node: { id: this.id, node: this } });
        if (error) this.error(error, msg);
        else flows().tellComplete(this, msg);
      };
      try {
        handler.call(this, msg, (out) => this.send(out), done);
        if (handler.length < 3) done();
      } catch (error) {
        this.error(error, msg);
      }
    }

    /** One message, or one per output; each output may be an array of messages. */
    send(out) {
      if (out === undefined || out === null) return;
      const events = [];
      for (const [port, some] of (Array.isArray(out) ? out : [out]).entries()) {
        for (const msg of Array.isArray(some) ? some : [some]) {
          if (msg === undefined || msg === null) continue;
          msg._msgid ??= generateId();
          for (const id of this.wires[port] ?? []) {
            const source = { id: this.id, node: this, port };
            const destination = { id, node: undefined };
            events.push({ msg, source, destination, cloneMessage: events.length > 0 });
          }
        }
      }
      if (events.length === 0) return;
      hooks.trigger("onSend", events, (halt) => {
        if (halt) this.error(halt);
        else if (halt !== false) events.forEach((event) => this.#route(event));
      });
    }

    #route(event) {
      hooks.trigger("preRoute", event, (halt) => {
        if (halt) this.error(halt);
        if (halt || halt === false) return;
        event.destination.node = flows().node(event.destination.id);
        if (!event.destination.node) return;
        if (event.cloneMessage) event.msg = cloneMessage(event.msg);
        this.#deliver(event);
      });
    }

    #deliver(event) {
      hooks.trigger("preDeliver", event, (halt) => {
        if (halt) this.error(halt);
        if (halt || halt === false) return;
        // Looked up again: a deploy may have replaced it meanwhile.
        setImmediate(() => flows().node(event.destination.id)?.receive(event.msg));
        this.#trigger("postDeliver", event);
      });
    }

    status(status = {}) {
      const given = typeof status === "object" ? status : { text: String(status) };
      const { fill, shape, text } = given ?? {};
      const shown = JSON.parse(JSON.stringify({ fill, shape, text }));
      events.emit("node-status", { id: this.id, status: shown });
      flows().tellStatus(this, shown);
    }

    log(msg) {
      this.#say(log.INFO, msg);
    }

    warn(msg) {
      this.#say(log.WARN, msg);
    }

    debug(msg) {
      this.#say(log.DEBUG, msg);
    }

    trace(msg) {
      this.#say(log.TRACE, msg);
    }

    /** With the message that caused it, catch nodes are asked first. */
    error(error, msg) {
      const isCaught = msg && typeof msg === "object" && flows().tellError(this, error, msg);
      if (!isCaught) this.#say(log.ERROR, error);
    }

    #say(level, msg) {
      const { id, type, z, name } = this;
      log.log({ level, id, type, z, name, msg });
    }

    context() {
      return contexts.of(this.id, this.z);
    }

    /** An environment variable: of the tab, of all flows, of the process. */
    setting(name) {
      if (name === "NR_NODE_ID") return this.id;
      if (name === "NR_NODE_NAME") return this.name;
      if (name === "NR_FLOW_ID") return this.z;
      return flows().setting(this.z, name);
    }

    /** Settles when every close handler has finished. */
    async close(isRemoved) {
      await Promise.all(this.#closers.map((closer) =>
        new Promise((resolve, reject) => {
          try {
            if (closer.length === 0) resolve(closer.call(this));
            else if (closer.length === 1) closer.call(this, resolve);
            else closer.call(this, isRemoved, resolve);
          } catch (error) {
            reject(error);
          }
        })
      ));
    }
  };
}

module.exports = { nodeClass };
