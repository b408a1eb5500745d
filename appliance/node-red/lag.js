"use strict";
// How late the event loop is: the first sign of flows that compute too much.

/** Milliseconds. Rare enough to cost an idle instance nothing that can be measured. */
const INTERVAL = 500;

class LoopLag {
  #expected = performance.now() + INTERVAL;
  #sum = 0;
  #count = 0;
  #max = 0;

  constructor() {
    setInterval(() => this.#sample(), INTERVAL).unref();
  }

  #sample() {
    const now = performance.now();
    const late = Math.max(0, now - this.#expected);
    this.#expected = now + INTERVAL;
    this.#sum += late;
    this.#count += 1;
    this.#max = Math.max(this.#max, late);
  }

  /** Mean and worst since the last call, in milliseconds; starts anew. */
  take() {
    const mean = this.#count > 0 ? this.#sum / this.#count : 0;
    const taken = { lagMeanMs: Math.round(mean), lagMaxMs: Math.round(this.#max) };
    this.#sum = 0;
    this.#count = 0;
    this.#max = 0;
    return taken;
  }
}

module.exports = { LoopLag };
