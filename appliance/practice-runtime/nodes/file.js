"use strict";

const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");

module.exports = (RED) => {
  /** Relative paths are below the files area. */
  const placeOf = (name) => path.resolve(RED.settings.fileWorkingDirectory ?? "", name);

  function nameFor(node, msg) {
    const { filename = "", filenameType } = node.config;
    const isOld = filenameType === undefined || filenameType === "";
    const [value, type] = isOld && filename === ""
      ? ["filename", "msg"]
      : [filename, isOld ? "str" : filenameType];
    return String(RED.util.evaluateNodeProperty(value, type, node, msg) ?? "");
  }

  /** Writes one after the other, in the order of the messages. */
  class FileOut extends RED.nodes.Node {
    #queue = Promise.resolve();

    constructor(config) {
      super(config);
      this.config = config;
      this.on("input", (msg, send, done) => {
        this.#queue = this.#queue.then(() => this.#take(msg, send))
          .catch((error) => this.error(error.message, msg)).then(() => done());
      });
      this.on("close", (done) => {
        this.#queue.then(done);
      });
    }

    async #take(msg, send) {
      const name = nameFor(this, msg);
      msg.filename = name;
      const overwrite = String(this.config.overwriteFile);
      if (name === "") this.warn("No filename specified");
      else if (overwrite === "delete") {
        await this.#try("delete", fs.unlink(placeOf(name)));
        send(msg);
      } else if (msg.payload !== undefined) {
        if (this.config.createDir) {
          await this.#try("create", fs.mkdir(path.dirname(placeOf(name)), { recursive: true }));
        }
        const data = this.#bytes(msg);
        if (overwrite === "true") await this.#try("write to", fs.writeFile(placeOf(name), data));
        else await this.#try("append to", fs.appendFile(placeOf(name), data));
        send(msg);
      }
    }

    async #try(what, work) {
      try {
        await work;
      } catch (error) {
        throw new Error(`failed to ${what} file: ${error}`);
      }
    }

    #bytes({ payload, parts }) {
      if (Buffer.isBuffer(payload)) return payload;
      const text = typeof payload === "object" ? JSON.stringify(payload) : String(payload);
      // What was split from a text ends as that text ended.
      const isLastPart = parts?.type === "string" && parts.count === parts.index + 1;
      return text + (this.config.appendNewline && !isLastPart ? os.EOL : "");
    }
  }

  class FileIn extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.config = config;
      this.on("input", async (msg, send, done) => {
        const name = nameFor(this, msg).replace(/[\t\r\n]/g, "");
        if (name === "") {
          this.warn("No filename specified");
          done();
          return;
        }
        msg.filename = name;
        try {
          this.#sendOn(await fs.readFile(placeOf(name)), msg, send);
        } catch (error) {
          this.error(error, msg);
          if (config.sendError ?? true) {
            const { payload: _payload, ...rest } = RED.util.cloneMessage(msg);
            send({ ...rest, error });
          }
        }
        done();
      });
    }

    #sendOn(bytes, msg, send) {
      const { format, allProps } = this.config;
      const part = (payload, parts) => {
        const { topic, filename } = msg;
        const base = allProps ? RED.util.cloneMessage(msg) : { topic, filename };
        send({ ...base, payload, parts: { ...parts, id: msg._msgid } });
      };
      if (format === "lines") {
        const lines = bytes.toString().split("\n");
        for (const [index, line] of lines.entries()) {
          const isLast = index === lines.length - 1;
          part(line, {
            index,
            ...(isLast ? { count: lines.length } : {}),
            ch: "\n",
            type: "string",
          });
        }
      } else if (format === "stream") {
        part(bytes, { index: 0, count: 1, ch: "", type: "buffer" });
      } else {
        send({ ...msg, payload: format === "utf8" ? bytes.toString() : bytes });
      }
    }
  }
  RED.nodes.registerType("file", FileOut);
  RED.nodes.registerType("file in", FileIn);
};
