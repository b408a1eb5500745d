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

/** Whether there is more in it than its id and what it tells this node to do. */
const hasContent = ({ _msgid, reset: _reset, flush: _flush, ...rest }) =>
  Object.keys(rest).length > 0;

module.exports = (RED) => {
  class Delay extends RED.nodes.Node {
    /** Messages that wait, the next first; `timer` where each has its own time. */
    #waiting = [];
    #interval = null;
    #lastSent = -Infinity;

    constructor(config) {
      super(config);
      this.config = config;
      const { pauseType, rate = 1, nbRateUnits, rateUnits } = config;
      this.period = ((Number(nbRateUnits) || 1) * (UNITS[rateUnits] ?? 1000)) / rate;
      const isBatch = pauseType === "queue" || pauseType === "timed";
      if (isBatch) {
        this.#interval = setInterval(() => this.#release(pauseType === "timed"), this.period);
      }
      const take = pauseType === "rate" ? this.#pace : isBatch ? this.#keepNewest : this.#postpone;
      this.on("input", (msg, send, done) => {
        take.call(this, msg, send);
        this.status({ fill: "blue", shape: "dot", text: String(this.#waiting.length) });
        done();
      });
      this.on("close", () => {
        this.#drop();
        clearInterval(this.#interval);
        this.status({});
      });
    }

    #postpone(msg, send) {
      if ("reset" in msg) this.#drop();
      if ("flush" in msg) this.#flush(msg.flush);
      if (!hasContent(msg) || "reset" in msg) return;
      const entry = { msg, send };
      entry.timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        send(msg);
      }, this.#pause(msg));
      this.#waiting.push(entry);
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
      const { drop, allowrate, outputs } = this.config;
      if (allowrate && Number.parseFloat(msg.rate) > 0) this.period = Number.parseFloat(msg.rate);
      if ("reset" in msg) {
        this.#drop();
        this.#pauseOver();
        return;
      }
      if (drop) {
        const now = performance.now();
        if (now - this.#lastSent > this.period) {
          this.#lastSent = now;
          send(msg);
        } else if (Number(outputs) === 2) send([null, msg]);
        return;
      }
      if (hasContent(msg)) {
        if (this.#interval === null) {
          send(msg);
          this.#interval = setInterval(() => this.#release(false), this.period);
        } else if (msg.toFront === true) this.#waiting.unshift({ msg, send });
        else this.#waiting.push({ msg, send });
      }
      if ("flush" in msg) this.#flush(msg.flush);
    }

    /** One message of each topic waits, the newest. */
    #keepNewest(msg, send) {
      if ("reset" in msg) {
        this.#drop();
        return;
      }
      msg.topic ??= "_none_";
      const same = this.#waiting.find((entry) => entry.msg.topic === msg.topic);
      if (!same) this.#waiting.push({ msg, send });
      else {
        if (Number(this.config.outputs) === 2) send([null, same.msg]);
        Object.assign(same, { msg, send });
      }
      if ("flush" in msg) this.#flush(msg.flush);
    }

    #release(isAll) {
      if (this.#waiting.length === 0 && this.config.pauseType === "rate") this.#pauseOver();
      for (const { msg, send } of this.#waiting.splice(0, isAll ? Infinity : 1)) send(msg);
    }

    #pauseOver() {
      clearInterval(this.#interval);
      this.#interval = null;
      this.#lastSent = -Infinity;
    }

    #flush(count) {
      const some = typeof count === "number" ? Math.floor(count) : Infinity;
      for (const { msg, send, timer } of this.#waiting.splice(0, some)) {
        clearTimeout(timer);
        delete msg.flush;
        send(msg);
      }
    }

    #drop() {
      for (const { timer } of this.#waiting.splice(0)) clearTimeout(timer);
    }
  }
  RED.nodes.registerType("delay", Delay);
};
