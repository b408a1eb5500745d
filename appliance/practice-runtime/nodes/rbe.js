"use strict";
// The filter node; its type is still called as it was once named: report by exception.

const { isDeepStrictEqual } = require("node:util");

const NOWHERE = "_no_topic";

module.exports = (RED) => {
  class Filter extends RED.nodes.Node {
    #previous = new Map();

    constructor(config) {
      super(config);
      const { func = "rbe", property = "payload", topi = "topic", inout = "out", gap = "0" } =
        config;
      Object.assign(this, { func, property, topi, inout });
      this.isPercent = String(gap).endsWith("%");
      this.gap = Number.parseFloat(gap) || 0;
      this.start = config.start === undefined ? "" : config.start;
      this.byTopic = config.septopics ?? true;
      this.on("input", (msg, send, done) => {
        if (this.#passes(msg)) send(msg);
        done();
      });
    }

    #passes(msg) {
      const topic = RED.util.getMessageProperty(msg, this.topi);
      if ("reset" in msg) {
        if (this.byTopic && typeof topic === "string" && topic !== "") this.#previous.delete(topic);
        else this.#previous.clear();
      }
      const value = RED.util.getMessageProperty(msg, this.property);
      if (value === undefined) return false;
      const key = (this.byTopic && topic) || NOWHERE;
      return this.func.startsWith("rbe")
        ? this.#isNew(key, value)
        : this.#isFar(key, Number.parseFloat(value));
    }

    /** "rbei" ignores the first value. */
    #isNew(key, given) {
      // A copy has our own prototypes, whoever made the value.
      const { value } = RED.util.cloneMessage({ value: given });
      const isFirst = !this.#previous.has(key);
      if (!isFirst && isDeepStrictEqual(this.#previous.get(key), value)) return false;
      this.#previous.set(key, value);
      return !(isFirst && this.func === "rbei");
    }

    #isFar(key, value) {
      if (Number.isNaN(value)) {
        this.warn("The property is no number.");
        return false;
      }
      const isNarrow = this.func.startsWith("narrowband");
      if (!this.#previous.has(key)) {
        if (!isNarrow) {
          this.#previous.set(key, value);
          return true;
        }
        this.#previous.set(key, this.start === "" ? value : Number(this.start));
      }
      const previous = this.#previous.get(key);
      const gap = this.isPercent ? Math.abs((previous * this.gap) / 100) : this.gap;
      const distance = Math.abs(value - previous);
      const passes = {
        deadband: distance > gap,
        deadbandEq: distance >= gap,
        narrowband: distance <= gap,
        narrowbandEq: distance < gap,
      }[this.func] ?? false;
      if (this.inout === "in" || passes) this.#previous.set(key, value);
      return passes;
    }
  }
  RED.nodes.registerType("rbe", Filter);
};
