"use strict";
// Follows a log file as the appliance does: whole lines, JSON where it is JSON.

const fs = require("node:fs");

const POLL = 20;

class Tail {
  lines = [];
  #file;
  #offset;
  #rest = "";
  #waiting = new Set();
  #timer;

  constructor(file, offset) {
    this.#file = file;
    this.#offset = offset;
    this.#timer = setInterval(() => this.refresh(), POLL);
  }

  refresh() {
    const descriptor = fs.openSync(this.#file, "r");
    try {
      const buffer = Buffer.alloc(1 << 20);
      for (;;) {
        const count = fs.readSync(descriptor, buffer, 0, buffer.length, this.#offset);
        if (count === 0) break;
        this.#offset += count;
        this.#rest += buffer.toString("utf8", 0, count);
      }
    } finally {
      fs.closeSync(descriptor);
    }
    const parts = this.#rest.split("\n");
    this.#rest = parts.pop();
    this.lines.push(...parts.map(parsed));
    for (const check of this.#waiting) check();
  }

  end() {
    clearInterval(this.#timer);
    this.refresh();
    for (const check of this.#waiting) check(new Error("the process ended"));
  }

  first(accepts, what, limit) {
    const fail = (reason) =>
      new Error(
        `no ${what}: ${reason}; the log says:\n${
          this.lines.slice(-30).map((line) => JSON.stringify(line)).join("\n")
        }`,
      );
    return new Promise((resolve, reject) => {
      const settle = (act, value) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        act(value);
      };
      const check = (ended) => {
        const line = this.lines.find(accepts);
        if (line) settle(resolve, line);
        else if (ended) settle(reject, fail(ended.message));
      };
      const timer = setTimeout(() => settle(reject, fail("too late")), limit);
      this.#waiting.add(check);
      this.refresh();
    });
  }
}

function parsed(raw) {
  try {
    const value = JSON.parse(raw);
    if (value && typeof value === "object") return value;
  } catch { /* A line of a node or of V8. */ }
  return { raw };
}

module.exports = { follow: (file, offset) => new Tail(file, offset) };
