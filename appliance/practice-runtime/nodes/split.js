"use strict";

const ESCAPES = { n: "\n", r: "\r", t: "\t", f: "\f", 0: "\0" };
const unescaped = (text) => text.replace(/\\([nrtf0])/g, (_all, letter) => ESCAPES[letter]);

module.exports = (RED) => {
  class Split extends RED.nodes.Node {
    /** Of a stream: what stood behind the last separator, and how many pieces there were. */
    #rest = null;
    #count = 0;

    constructor(config) {
      super(config);
      const { splt, spltType = "str", arraySplt, property = "payload", addname = "" } = config;
      Object.assign(this, { property, addname, isStream: config.stream === true });
      this.arrayLength = Math.max(1, Number(arraySplt) || 1);
      this.length = spltType === "len" ? Math.max(1, Number.parseInt(splt, 10) || 1) : 0;
      if (spltType === "bin") this.bytes = JSON.parse(splt);
      this.separator = this.bytes ? Buffer.from(this.bytes) : unescaped(splt || "\\n");
      this.on("input", (msg, send, done) => {
        try {
          this.#take(msg, send);
        } catch (error) {
          done(error);
          return;
        }
        done();
      });
    }

    #take(msg, send) {
      const value = RED.util.getMessageProperty(msg, this.property);
      if (value === undefined) return;
      const parts = { id: RED.util.generateId() };
      if (msg.parts) parts.parts = msg.parts;
      if (this.property !== "payload") parts.property = this.property;
      const { _msgid, ...rest } = msg;
      const each = (pieces, more) => {
        for (const [index, piece] of pieces.entries()) {
          const own = RED.util.cloneMessage({ ...rest, parts: { ...parts, ...more, index } });
          this.#set(own, piece, own.parts);
          send(own);
        }
      };
      if (typeof value === "string" || Buffer.isBuffer(value)) this.#text(value, each);
      else if (Array.isArray(value)) this.#array(value, each);
      else if (value !== null && typeof value === "object") this.#object(value, rest, parts, send);
    }

    #set(msg, piece, parts) {
      if (this.isStream && parts.count === undefined) {
        parts.index = this.#count;
        this.#count += 1;
      }
      RED.util.setMessageProperty(msg, this.property, piece);
    }

    #text(value, each) {
      const isText = typeof value === "string";
      const whole = this.#rest === null
        ? value
        : isText
        ? this.#rest + value
        : Buffer.concat([this.#rest, value]);
      this.#rest = null;
      const pieces = this.length > 0 ? this.#byLength(whole) : this.#bySeparator(whole);
      const isFull = this.length > 0 && pieces.at(-1)?.length === this.length;
      if (this.isStream && !isFull) this.#rest = pieces.pop() ?? null;
      // Bytes that end with the separator end there.
      else if (!isText && this.length === 0 && pieces.at(-1)?.length === 0) pieces.pop();
      each(pieces, {
        type: isText ? "string" : "buffer",
        ...(this.length > 0
          ? { ch: isText ? "" : undefined, len: this.length }
          : { ch: this.bytes ?? this.separator }),
        ...(this.isStream ? {} : { count: pieces.length }),
      });
    }

    #byLength(whole) {
      const pieces = [];
      for (let at = 0; at < whole.length; at += this.length) {
        pieces.push(whole.slice(at, at + this.length));
      }
      return pieces;
    }

    #bySeparator(whole) {
      if (typeof whole === "string") return whole.split(this.separator.toString());
      const separator = Buffer.from(this.separator);
      const pieces = [];
      let from = 0;
      for (;;) {
        const at = whole.indexOf(separator, from);
        if (at === -1) return [...pieces, whole.subarray(from)];
        pieces.push(whole.subarray(from, at));
        from = at + separator.length;
      }
    }

    #array(value, each) {
      const pieces = this.#arrayPieces(value);
      each(pieces, { type: "array", count: pieces.length, len: this.arrayLength });
    }

    #arrayPieces(value) {
      if (this.arrayLength === 1) return value;
      const pieces = [];
      for (let at = 0; at < value.length; at += this.arrayLength) {
        pieces.push(value.slice(at, at + this.arrayLength));
      }
      return pieces;
    }

    #object(value, rest, parts, send) {
      const entries = Object.entries(value);
      for (const [index, [key, inner]] of entries.entries()) {
        const own = RED.util.cloneMessage({
          ...rest,
          parts: { ...parts, type: "object", key, index, count: entries.length },
        });
        RED.util.setMessageProperty(own, this.property, inner);
        if (this.addname !== "") RED.util.setMessageProperty(own, this.addname, key);
        send(own);
      }
    }
  }
  RED.nodes.registerType("split", Split);
};
