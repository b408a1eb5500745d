"use strict";

const isEmpty = (
  a,
) => (a === null || a === undefined
  ? false
  : typeof a === "string" || Array.isArray(a) || Buffer.isBuffer(a)
  ? a.length === 0
  : typeof a === "object" && Object.keys(a).length === 0);
const isNull = (a) => a === null || a === undefined;

/** Rule → function of the property, the rule's two values and the rule. */
const TESTS = {
  // Loose on purpose, as in Node-RED: what comes from a machine is often a number as text.
  eq: (a, b) => a == b,
  neq: (a, b) => a != b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  btwn: (a, b, c) => (a >= b && a <= c) || (a <= b && a >= c),
  cont: (a, b) => String(a).includes(b),
  regex: (a, b, _c, rule) => new RegExp(b, rule.case ? "i" : "").test(String(a)),
  true: (a) => a === true,
  false: (a) => a === false,
  null: isNull,
  nnull: (a) => !isNull(a),
  empty: isEmpty,
  nempty: (a) => (typeof a === "string" || (typeof a === "object" && a !== null)) && !isEmpty(a),
  hask: (a, b) => typeof a === "object" && a !== null && Object.hasOwn(a, b),
  istype: (a, b) => {
    if (b === "array") return Array.isArray(a);
    if (b === "buffer") return Buffer.isBuffer(a);
    if (b === "json") {
      try {
        JSON.parse(a);
        return typeof a === "string";
      } catch {
        return false;
      }
    }
    const kind = a === null ? "null" : typeof a;
    return kind === b;
  },
};

module.exports = (RED) => {
  class Switch extends RED.nodes.Node {
    #previous;

    constructor(config) {
      super(config);
      const { property, propertyType = "msg", rules = [], checkall = "true" } = config;
      Object.assign(this, { property, propertyType, rules });
      this.stopsAtFirst = String(checkall) === "false";
      this.on("input", (msg, send, done) => {
        try {
          send(this.#route(msg));
        } catch (error) {
          done(error);
          return;
        }
        done();
      });
    }

    #route(msg) {
      const value = this.#value(this.property, this.propertyType, msg);
      let hasMatched = false;
      const out = this.rules.map((rule) => {
        if (hasMatched && (this.stopsAtFirst || rule.t === "else")) return null;
        if (rule.t !== "else" && !this.#matches(rule, value, msg)) return null;
        hasMatched = true;
        return msg;
      });
      this.#previous = value;
      return out;
    }

    #matches(rule, value, msg) {
      const test = TESTS[rule.t];
      if (!test) throw new Error(`the practice runtime knows no rule "${rule.t}"`);
      const of = (raw, type) => {
        if (type === "prev") return this.#previous;
        if (raw === undefined || rule.t === "istype") return raw;
        return this.#value(raw, type ?? (Number.isNaN(Number(raw)) ? "str" : "num"), msg);
      };
      return test(value, of(rule.v, rule.vt), of(rule.v2, rule.v2t), rule);
    }

    #value(value, type, msg) {
      return RED.util.evaluateNodeProperty(value, type, this, msg);
    }
  }
  RED.nodes.registerType("switch", Switch);
};
