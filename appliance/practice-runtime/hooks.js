"use strict";
// Who looks at each message on its way, in the order in which they asked to, as in Node-RED.

const KNOWN = new Set([
  "onSend",
  "preRoute",
  "preDeliver",
  "postDeliver",
  "onReceive",
  "postReceive",
  "onComplete",
]);

class Hooks {
  /** By name of the hook: `{label, callback}`. */
  #added = new Map();

  /** `name` or `name.label`; the callback takes (event) or (event, done). */
  add(id, callback) {
    const [name, label] = id.split(".");
    if (!KNOWN.has(name)) throw new Error(`Invalid hook '${name}'`);
    if (label && this.has(id)) throw new Error(`Hook ${id} already registered`);
    this.#added.set(name, [...this.#added.get(name) ?? [], { label, callback }]);
  }

  /** `name.label`, or `*.label` for all of that label. */
  remove(id) {
    const [name, label] = id.split(".");
    if (!label) throw new Error(`Cannot remove hook without label: ${id}`);
    for (const [known, added] of this.#added) {
      if (name !== "*" && name !== known) continue;
      this.#added.set(known, added.filter((hook) => hook.label !== label));
    }
  }

  clear() {
    this.#added.clear();
  }

  has(id) {
    const [name, label] = id.split(".");
    return (this.#added.get(name) ?? []).some((hook) => !label || hook.label === label);
  }

  /** `done()` to go on, `done(false)` where a hook halted it, `done(error)` where one failed. */
  trigger(name, event, done) {
    const added = this.#added.get(name);
    if (!added) {
      done();
      return;
    }
    const next = (index) => (result) => {
      if (result !== undefined) done(result);
      else if (index === added.length) done();
      else call(added[index].callback, event, next(index + 1));
    };
    next(0)();
  }
}

function call(callback, event, next) {
  let result;
  try {
    result = callback.length > 1 ? callback(event, next) : callback(event);
  } catch (error) {
    next(error);
    return;
  }
  if (callback.length > 1) return;
  if (typeof result?.then === "function") result.then(next, next);
  else next(result === false ? false : undefined);
}

module.exports = { Hooks };
