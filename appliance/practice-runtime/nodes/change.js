"use strict";

module.exports = (RED) => {
  class Change extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.rules = config.rules ?? [];
      this.on("input", (msg, send, done) => {
        try {
          for (const rule of this.rules) this.#apply(rule, msg);
        } catch (error) {
          done(error);
          return;
        }
        send(msg);
        done();
      });
    }

    #apply(rule, msg) {
      const { t, p, pt = "msg" } = rule;
      switch (t) {
        case "set": {
          const value = this.#value(rule.to, rule.tot ?? "str", msg);
          this.#write(
            p,
            pt,
            rule.dc && typeof value === "object" ? structuredClone(value) : value,
            msg,
          );
          break;
        }
        case "delete":
          this.#write(p, pt, undefined, msg);
          break;
        case "move":
          this.#write(rule.to, rule.tot ?? "msg", this.#value(p, pt, msg), msg);
          this.#write(p, pt, undefined, msg);
          break;
        case "change":
          this.#replace(rule, msg);
          break;
        default:
          throw new Error(`unknown rule "${t}"`);
      }
    }

    #replace({ p, pt = "msg", from, fromt = "str", to, tot = "str" }, msg) {
      const current = this.#value(p, pt, msg);
      const wanted = fromt === "re" ? new RegExp(from, "g") : this.#value(from, fromt, msg);
      const value = this.#value(to, tot, msg);
      if (typeof current === "string" && wanted instanceof RegExp) {
        this.#write(p, pt, current.replace(wanted, String(value)), msg);
      } else if (typeof current === "string" && typeof wanted === "string") {
        const isWhole = current === wanted && tot !== "str";
        this.#write(p, pt, isWhole ? value : current.split(wanted).join(value), msg);
      } else if (current === wanted) {
        this.#write(p, pt, value, msg);
      }
    }

    #value(value, type, msg) {
      return RED.util.evaluateNodeProperty(value, type, this, msg);
    }

    #write(property, type, value, msg) {
      if (type === "msg") RED.util.setMessageProperty(msg, property, value);
      else this.context()[type].set(property, value);
    }
  }
  RED.nodes.registerType("change", Change);
};
