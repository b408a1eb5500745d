"use strict";
// What arrived at the nodes that a test looks at, kept until a step asks for it.

/** Messages that wait at one node, and bytes of all of them: a flow may flood. */
const MAX_WAITING = 1000;
const MAX_BYTES = 32 << 20;

class Arrivals {
  #queues = new Map();
  #waiters = new Map();
  #bytes = 0;
  #clone;
  /** Messages that were not kept. */
  lost = 0;

  /** `ids`: nodes that are looked at; what arrives elsewhere is nobody's business. */
  constructor(ids, clone) {
    this.#clone = clone;
    for (const id of ids) this.#queues.set(id, []);
  }

  /** Called before the node gets the message: it may change it. */
  add(id, msg) {
    const queue = this.#queues.get(id);
    if (!queue) return;
    const bytes = sizeOf(msg, MAX_BYTES);
    if (queue.length >= MAX_WAITING || this.#bytes + bytes > MAX_BYTES) {
      this.lost += 1;
      return;
    }
    this.#bytes += bytes;
    queue.push({ msg: this.#clone(msg), bytes });
    this.#waiters.get(id)?.();
  }

  /** The next message at a node that no step has seen, or undefined after so many ms. */
  async next(id, timeout) {
    const queue = this.#queues.get(id);
    if (queue.length === 0) await this.#arrival(id, timeout);
    const first = queue.shift();
    if (!first) return undefined;
    this.#bytes -= first.bytes;
    return first.msg;
  }

  #arrival(id, timeout) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiters.delete(id);
        resolve();
      };
      const timer = setTimeout(end, timeout);
      this.#waiters.set(id, end);
    });
  }
}

/** About as many bytes as a message needs; looks no further than `limit`. */
function sizeOf(value, limit) {
  let bytes = 0;
  const seen = new Set();
  const waiting = [value];
  while (waiting.length > 0 && bytes <= limit) {
    const one = waiting.pop();
    bytes += 16;
    if (typeof one === "string") bytes += 2 * one.length;
    else if (ArrayBuffer.isView(one)) bytes += one.byteLength;
    else if (one !== null && typeof one === "object" && !seen.has(one)) {
      seen.add(one);
      for (const [key, inner] of Object.entries(one)) {
        if (key === "req" || key === "res") continue;
        bytes += 2 * key.length;
        waiting.push(inner);
      }
    }
  }
  return bytes;
}

module.exports = { Arrivals, sizeOf };
