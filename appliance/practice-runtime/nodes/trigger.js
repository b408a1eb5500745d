"use strict";

const UNITS = { ms: 1, s: 1000, min: 60_000, hr: 3_600_000 };
const ALL = "_none";

/** What the editor offers as plain values. */
function asTyped(value, type) {
  if (type !== "val") return [value, type];
  if (value === "true" || value === "false") return [value, "bool"];
  return value === "null" ? [null, "null"] : [value, "str"];
}

module.exports = (RED) => {
  class Trigger extends RED.nodes.Node {
    /** Topic → what is sent when its time is over. */
    #running = new Map();
    #latest = new Map();

    constructor(config) {
      super(config);
      const { op1 = "1", op2 = "0", op1type = "str", op2type = "str" } = config;
      [this.first, this.firstType] = asTyped(op1, op1type);
      [this.second, this.secondType] = asTyped(op2, op2type);
      const number = Number.parseFloat(config.duration);
      const duration = Number.isNaN(number) ? 250 : number;
      this.repeats = duration < 0;
      this.duration = Math.abs(duration) * (UNITS[config.units] ?? 1);
      this.extends = !this.repeats && String(config.extend) === "true";
      this.isByTopic = (config.bytopic ?? "all") !== "all";
      this.topic = config.topic || "topic";
      this.resetText = config.reset ?? "";
      this.takesDelay = config.overrideDelay === true;
      this.output = Number(config.outputs) === 2 ? 1 : 0;
      this.on("input", (msg, send, done) => {
        try {
          this.#take(msg, send);
        } catch (error) {
          done(error);
          return;
        }
        done();
      });
      this.on("close", () => {
        for (const topic of [...this.#running.keys()]) this.#forget(topic);
      });
    }

    #take(msg, send) {
      const topic = (this.isByTopic && RED.util.getMessageProperty(msg, this.topic)) || ALL;
      const given = Number.parseFloat(msg.delay);
      const wait = this.takesDelay && !Number.isNaN(given) ? given : this.duration;
      const payload = msg.payload ?? null;
      const isReset = "reset" in msg ||
        (this.resetText !== "" && payload !== null && String(payload) === this.resetText);
      if (isReset) {
        this.#forget(topic);
        return;
      }
      if (this.secondType === "payl") this.#latest.set(topic, RED.util.cloneMessage(msg));
      const running = this.#running.get(topic);
      if (!running || this.repeats) this.#begin(topic, msg, wait, send);
      else if (this.extends && wait > 0 && running.timer) this.#prolong(topic, msg, wait, send);
    }

    #begin(topic, msg, wait, send) {
      const late = this.#valueOf(this.second, this.secondType, msg);
      const kept = this.#running.get(topic) ?? {};
      clearInterval(kept.timer);
      const running = { late, timer: null };
      this.#running.set(topic, running);
      if (this.firstType !== "pay" && this.firstType !== "nul") {
        msg.payload = this.#valueOf(this.first, this.firstType, msg);
      }
      if (this.repeats) {
        const again = RED.util.cloneMessage(msg);
        running.timer = setInterval(() => send(RED.util.cloneMessage(again)), wait);
      } else if (wait > 0) {
        const cause = RED.util.cloneMessage(msg);
        running.timer = setTimeout(() => this.#end(topic, cause, send), wait);
      }
      this.#tell();
      if (this.firstType !== "nul") send(RED.util.cloneMessage(msg));
    }

    #prolong(topic, msg, wait, send) {
      const running = this.#running.get(topic);
      clearTimeout(running.timer);
      running.timer = setTimeout(() => this.#end(topic, msg, send), wait);
    }

    #end(topic, cause, send) {
      const { late } = this.#running.get(topic);
      this.#running.delete(topic);
      this.#tell();
      if (this.secondType === "nul") return;
      const isRead = ["flow", "global", "date"].includes(this.secondType);
      const msg = this.secondType === "payl" ? this.#latest.get(topic) : {
        ...cause,
        payload: isRead ? this.#valueOf(this.second, this.secondType, cause) : late,
      };
      this.#latest.delete(topic);
      send(this.output === 1 ? [null, msg] : msg);
    }

    #valueOf(value, type, msg) {
      if (type === "nul" || type === "payl") return undefined;
      if (type === "null") return null;
      if (type === "pay") return RED.util.cloneMessage({ payload: msg.payload }).payload;
      if (type === "str" && String(value).includes("{{")) {
        throw new Error("the practice runtime fills in no templates here");
      }
      return RED.util.evaluateNodeProperty(value, type, this, msg);
    }

    #forget(topic) {
      clearTimeout(this.#running.get(topic)?.timer);
      this.#running.delete(topic);
      this.#latest.delete(topic);
      this.#tell();
    }

    #tell() {
      const count = this.#running.size;
      if (count === 0) this.status({});
      else {this.status({
          fill: "blue",
          shape: "dot",
          ...(count > 1 ? { text: String(count) } : {}),
        });}
    }
  }
  RED.nodes.registerType("trigger", Trigger);
};
