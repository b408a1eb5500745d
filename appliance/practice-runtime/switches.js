"use strict";
// Faults on demand, for tests of the supervisor: LINESIDE_PRACTICE=crash=500,flood=5000

const PER_TICK = 50;

class Switches {
  #values = new Map();
  #log;

  constructor(text = "", log) {
    this.#log = log;
    for (const part of text.split(",").filter(Boolean)) {
      const [name, value] = part.split("=");
      this.#values.set(name.trim(), Number(value));
    }
  }

  get ignoresTerm() {
    return this.#values.has("ignore-term");
  }

  /** `slow-start=ms`: signals and requests find nobody until then. */
  async beforeStart() {
    const wait = this.#number("slow-start", 0);
    if (wait > 0) {
      await new Promise((resolve) => {
        setTimeout(resolve, wait);
      });
    }
  }

  afterStart() {
    this.#after("crash", 1000, () => {
      throw new Error("told to crash by LINESIDE_PRACTICE");
    });
    this.#after("hang", 1000, () => {
      for (;;);
    });
    this.#after("leak", 0, () => this.#leak());
    this.#after("flood", null, () => this.#flood(this.#number("flood", 10_000)));
  }

  #number(name, fallback) {
    const value = this.#values.get(name);
    return Number.isFinite(value) ? value : fallback;
  }

  /** `delay` null: the number means something else, and the fault begins at once. */
  #after(name, delay, act) {
    if (!this.#values.has(name)) return;
    setTimeout(act, delay === null ? 0 : this.#number(name, delay));
  }

  #leak() {
    const kept = [];
    setInterval(() => {
      for (let count = 0; count < 100; count += 1) kept.push(new Array(10_000).fill(count));
    }, 1);
  }

  #flood(linesPerSecond) {
    let count = 0;
    setInterval(() => {
      for (let line = 0; line < (linesPerSecond * PER_TICK) / 1000; line += 1) {
        this.#log.info(`flood ${count += 1}`);
      }
    }, PER_TICK);
  }
}

module.exports = { Switches };
