"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const util = require("node:util");
const vm = require("node:vm");

module.exports = (RED) => {
  const requireInstalled = createRequire(path.join(RED.settings.userDir, "package.json"));

  /** Code of a person, in a sandbox of its own; its errors are the node's, not the process's. */
  class FunctionNode extends RED.nodes.Node {
    #timers = new Set();
    #sandbox;
    #script;
    #isReady = true;
    #waiting = [];

    constructor(config) {
      super(config);
      this.outputCount = config.outputs;
      this.callsDone = /node\.done\s*\(\s*\)/.test(config.func);
      this.#sandbox = vm.createContext(this.#globals(config.libs ?? []));
      this.#script = this.#compile(config.func, "body");
      this.on("input", (msg, _send, done) => this.#take(msg, done));
      this.on("close", () => this.#finish(config.finalize));
      if (config.initialize?.trim()) this.#initialize(config.initialize);
    }

    #compile(code, part) {
      const filename = `function:${this.id}:${part}`;
      // On one line with the wrapper, so that the line numbers of errors are the person's.
      return new vm.Script(`(async (msg, node) => {${code}\n})`, { filename });
    }

    async #initialize(code) {
      this.#isReady = false;
      try {
        await this.#compile(code, "setup").runInContext(this.#sandbox)({}, this.#face());
      } catch (error) {
        this.error(error);
        return;
      }
      this.#isReady = true;
      for (const [msg, done] of this.#waiting.splice(0)) this.#take(msg, done);
    }

    async #take(msg, done) {
      if (!this.#isReady) {
        this.#waiting.push([msg, done]);
        return;
      }
      try {
        const run = this.#script.runInContext(this.#sandbox);
        const out = await run(msg, this.#face(msg, done));
        this.#sendOut(out, msg);
        if (!this.callsDone) done();
      } catch (error) {
        done(error);
      }
    }

    #sendOut(out, cause) {
      const all = [out].flat(2).filter((msg) => msg !== undefined && msg !== null);
      const wrong = all.find((msg) => typeof msg !== "object" || Array.isArray(msg));
      if (wrong !== undefined) {
        throw new Error(`Function tried to send a message of type ${typeof wrong}`);
      }
      for (const msg of all) msg._msgid ??= cause?._msgid;
      this.send(out);
    }

    #finish(code) {
      try {
        if (code?.trim()) {
          this.#compile(code, "cleanup").runInContext(this.#sandbox)({}, this.#face());
        }
      } catch (error) {
        this.error(error);
      }
      for (const timer of this.#timers) clearTimeout(timer);
    }

    /** `node` as the code sees it. */
    #face(cause, done = () => {}) {
      const { id, name, outputCount } = this;
      return {
        id,
        name,
        outputCount,
        done: () => done(),
        send: (out, clone = true) =>
          this.#sendOut(
            clone && out && !Array.isArray(out) ? RED.util.cloneMessage(out) : out,
            cause,
          ),
        log: (msg) => this.log(msg),
        warn: (msg) => this.warn(msg),
        debug: (msg) => this.debug(msg),
        trace: (msg) => this.trace(msg),
        error: (error, msg) => this.error(error, msg),
        status: (s) => this.status(s),
        on: (event, handler) => {
          if (event === "close") this.on(event, handler);
        },
      };
    }

    #globals(libs) {
      const context = this.context();
      const { flow, global } = context;
      return {
        console,
        util,
        Buffer,
        URL,
        URLSearchParams,
        context,
        flow,
        global,
        env: { get: (name) => this.setting(name) },
        RED: { util: RED.util },
        setTimeout: (act, ...rest) => this.#timer(setTimeout, act, rest),
        setInterval: (act, ...rest) => this.#timer(setInterval, act, rest),
        clearTimeout: (timer) => this.#clear(timer),
        clearInterval: (timer) => this.#clear(timer),
        ...Object.fromEntries(libs.map((lib) => [lib.var, requireInstalled(lib.module)])),
      };
    }

    #timer(set, act, [delay, ...values]) {
      const timer = set(() => {
        if (set === setTimeout) this.#timers.delete(timer);
        try {
          act(...values);
        } catch (error) {
          this.error(error, {});
        }
      }, delay);
      this.#timers.add(timer);
      return timer;
    }

    #clear(timer) {
      clearTimeout(timer);
      this.#timers.delete(timer);
    }
  }
  RED.nodes.registerType("function", FunctionNode);
};
