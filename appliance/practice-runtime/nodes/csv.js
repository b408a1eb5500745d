"use strict";

const { parse, quoted, withNumber, lengthOfLines } = require("../csv");

const unescaped = (text) => text.replace(/\\t/g, "\t").replace(/\\n/g, "\n").replace(/\\r/g, "\r");
const hasColumns = (columns) => columns.length > 0 && !(columns.length === 1 && !columns[0]);
const columnsOf = (text) => parse(text ?? "", ",")[0] ?? [];

module.exports = (RED) => {
  class CSV extends RED.nodes.Node {
    /** Set by the node's template, by a header line or by the first object. */
    #columns;
    #hasSentHeader = false;
    #kept = [];

    constructor(config) {
      super(config);
      const { temp = "", sep, ret, multi = "one", hdrin, hdrout = "none", skip, strings } = config;
      const isStrict = config.spec === "rfc";
      Object.assign(this, { temp, multi, hdrin: hdrin === true, skip: Number(skip) || 0 });
      this.separator = unescaped(sep || ",");
      this.lineEnd = unescaped(ret || (isStrict ? "\r\n" : "\n"));
      this.header = { true: "all", false: "none" }[hdrout] ?? hdrout;
      this.readsNumbers = strings ?? true;
      this.keepsEmpty = Boolean(config.include_empty_strings);
      this.keepsNull = Boolean(config.include_null_values);
      this.#columns = columnsOf(temp);
      this.on("input", (msg, send, done) => {
        try {
          this.#take(msg, send, done);
        } catch (error) {
          done(error);
        }
      });
    }

    #take(msg, send, done) {
      if ("reset" in msg) this.#hasSentHeader = false;
      if (!("payload" in msg)) {
        if (!("reset" in msg)) send(msg);
      } else if (typeof msg.payload === "string") {
        this.#read(msg, send);
      } else if (typeof msg.payload === "object") {
        this.#write(msg, send);
      } else {
        done(new Error("This node only handles CSV strings or js objects."));
        return;
      }
      done();
    }

    #write(msg, send) {
      const isRow = !Array.isArray(msg.payload) || typeof msg.payload[0] !== "object";
      const rows = isRow ? [msg.payload] : msg.payload;
      const isFollowing = this.temp === "" && msg.parts?.index > 0;
      if (!isFollowing) this.#columns = columnsOf(this.temp);
      const columns = () => {
        if (hasColumns(this.#columns)) return this.#columns;
        this.#columns = "columns" in msg ? columnsOf(msg.columns) : Object.keys(rows[0] ?? {});
        return this.#columns;
      };
      const lines = [];
      if (this.header !== "none" && !this.#hasSentHeader) {
        lines.push(this.#line(columns()));
        this.#hasSentHeader = this.header === "once";
      }
      for (const row of rows) {
        if (!Array.isArray(row)) lines.push(this.#line(columns().map((name) => row[name])));
        else if (hasColumns(this.#columns)) {
          lines.push(this.#line(this.#columns.map((name, at) => (name ? row[at] : undefined))));
        } else lines.push(this.#line(row));
      }
      msg.payload = lines.join(this.lineEnd) + this.lineEnd;
      msg.columns = this.#columnText();
      send(msg);
    }

    #line(cells) {
      return cells.map((cell) =>
        quoted(RED.util.ensureString(cell ?? (cell === null ? null : "")), this.separator)
      )
        .join(this.separator);
    }

    #columnText() {
      return this.#columns.filter(Boolean).map((name) => quoted(name, ",")).join(",");
    }

    #read(msg, send) {
      const { parts } = msg;
      const before = parts?.index ?? 0;
      const skipped = before < this.skip ? this.skip - before : 0;
      const text = msg.payload.slice(lengthOfLines(msg.payload, skipped));
      const rows = parse(text, this.separator);
      if (this.hdrin && before <= this.skip && rows.length > 0) {
        this.#columns = rows.shift().map((name) => name ?? "");
      }
      const columns = hasColumns(this.#columns)
        ? this.#columns
        : (rows[0] ?? []).map((_cell, at) => `col${at + 1}`);
      const objects = rows.map((row) => this.#object(columns, row)).filter((object) =>
        Object.keys(object).length > 0
      );
      msg.columns = columns.filter(Boolean).map((name) => quoted(name, ",")).join(",");
      if (this.multi !== "one") this.#sendAll(objects, msg, send);
      else this.#sendEach(objects, msg, send);
    }

    #object(columns, row) {
      const object = {};
      for (const [at, name] of columns.entries()) {
        const cell = row[at] ?? null;
        if (!name || (cell === null && !this.keepsNull) || (cell === "" && !this.keepsEmpty)) {
          continue;
        }
        object[name] = this.readsNumbers && cell !== null ? withNumber(cell) : cell;
      }
      return object;
    }

    #sendAll(objects, msg, send) {
      const isLine = msg.parts && (msg.payload.match(/[\r\n]/g) ?? []).length <= 1;
      if (isLine) {
        this.#kept.push(...objects);
        if (msg.parts.index + 1 !== msg.parts.count) return;
        delete msg.parts;
      }
      msg.payload = isLine ? this.#kept.splice(0) : objects;
      send(msg);
    }

    #sendEach(objects, msg, send) {
      const { parts } = msg;
      const isLast = parts && parts.index + 1 >= parts.count;
      for (const [index, payload] of objects.entries()) {
        const own = { ...RED.util.cloneMessage(msg), payload };
        const gone = this.skip + (this.hdrin ? 1 : 0);
        own.parts = parts
          ? { ...parts, index: parts.index - gone, count: parts.count - gone }
          : { id: msg._msgid, index, count: objects.length };
        if (isLast) own.complete = true;
        send(own);
      }
      if (isLast && objects.length === 0) send({ complete: true });
    }
  }
  RED.nodes.registerType("csv", CSV);
};
