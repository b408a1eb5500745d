"use strict";
// The one way out: whole lines on standard output, and a budget that a flood can't exceed.
//
// Standard output is a file that the appliance tails. Writes are synchronous on purpose: what a
// process says just before it dies must be there afterwards.

const fs = require("node:fs");

/** Errors keep a budget of their own, so that a flood never hides why a process died. */
const ERRORS_PER_SECOND = 50;
/** A raw write (console.log) costs one record for each of these bytes begun. */
const BYTES_PER_RECORD = 8192;

class Output {
  #perSecond = Infinity;
  #second = 0;
  #used = 0;
  #usedByErrors = 0;
  #dropped = 0;
  #lineIsBroken = false;
  #reportTimer = null;

  /** Begins counting; standard streams are bounded too, since nodes print to them directly. */
  limit(perSecond) {
    this.#perSecond = perSecond;
    for (const stream of [process.stdout, process.stderr]) this.#limitStream(stream);
  }

  /** Whether a record may be written now. A refused one is counted and reported. */
  admits({ isError = false, cost = 1 } = {}) {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#reportDropped();
      this.#second = second;
      this.#used = 0;
      this.#usedByErrors = 0;
    }
    if (this.#used + cost <= this.#perSecond) {
      this.#used += cost;
      return true;
    }
    if (isError && this.#usedByErrors < ERRORS_PER_SECOND) {
      this.#usedByErrors += 1;
      return true;
    }
    this.#dropped += cost;
    // Without it the last flood before a silence would never be told.
    this.#reportTimer ??= setTimeout(() => this.#reportDropped(), 1000).unref();
    return false;
  }

  /** Writes one line past the budget. A full disk loses the line, never the process. */
  line(text) {
    let bytes = Buffer.from(`${this.#lineIsBroken ? "\n" : ""}${text}\n`);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(fs.writeSync(1, bytes));
      this.#lineIsBroken = false;
    } catch {
      this.#lineIsBroken = true;
      this.#dropped += 1;
    }
  }

  #reportDropped() {
    clearTimeout(this.#reportTimer);
    this.#reportTimer = null;
    if (this.#dropped === 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.onDropped?.(count);
  }

  #limitStream(stream) {
    // Unhandled, an ENOSPC of console.log would end Node-RED with an uncaught exception.
    stream.on("error", () => {
      this.#dropped += 1;
    });
    const write = stream.write.bind(stream);
    stream.write = (chunk, encoding, callback) => {
      const cost = Math.max(1, Math.ceil((chunk?.length ?? 0) / BYTES_PER_RECORD));
      // What Node-RED prints about its own death, and stderr's stack traces, pass as errors.
      const isError = stream === process.stderr || String(chunk).startsWith("[red]");
      if (this.admits({ isError, cost })) return write(chunk, encoding, callback);
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done);
      return true;
    };
  }
}

module.exports = new Output();
