"use strict";

const UNITS = {
  milliseconds: 1,
  millisecond: 1,
  seconds: 1000,
  second: 1000,
  minutes: 60_000,
  minute: 60_000,
  hours: 3_600_000,
  hour: 3_600_000,
  days: 86_400_000,
  day: 86_400_000,
};

module.exports = (RED) => {
  class Delay extends RED.nodes.Node {
    #timers = new Set();
    #nextSlot = 0;

    constructor(config) {
      super(config);
      this.config = config;
      this.on("input", (msg, send, done) => {
        if (msg.reset !== undefined) this.#clear();
        else if (config.pauseType === "rate") this.#pace(msg, send);
        else this.#after(this.#pause(msg), () => send(msg));
        done();
      });
      this.on("close", () => this.#clear());
    }

    #pause(msg) {
      const { pauseType, timeout, timeoutUnits, randomFirst, randomLast, randomUnits } =
        this.config;
      const fixed = Number(timeout) * (UNITS[timeoutUnits] ?? 1000);
      if (pauseType === "delayv") return Number(msg.delay) >= 0 ? Number(msg.delay) : fixed;
      if (pauseType !== "random") return fixed;
      const unit = UNITS[randomUnits] ?? 1000;
      return unit * (Number(randomFirst) + Math.random() * (randomLast - randomFirst));
    }

    /** At most `rate` messages each `nbRateUnits` units; the others wait or are dropped. */
    #pace(msg, send) {
      const { rate, nbRateUnits = 1, rateUnits, drop } = this.config;
      const interval = (nbRateUnits * (UNITS[rateUnits] ?? 1000)) / rate;
      const now = Date.now();
      if (drop && now < this.#nextSlot) return;
      const slot = Math.max(now, this.#nextSlot);
      this.#nextSlot = slot + interval;
      if (slot <= now) send(msg);
      else this.#after(slot - now, () => send(msg));
    }

    #after(milliseconds, act) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        act();
      }, milliseconds);
      this.#timers.add(timer);
    }

    #clear() {
      for (const timer of this.#timers) clearTimeout(timer);
      this.#timers.clear();
      this.#nextSlot = 0;
    }
  }
  RED.nodes.registerType("delay", Delay);
};
