"use strict";
// A WebSocket client for the editor's live connection; Node.js 18 and 20 bring none.

const { upgrade } = require("./client");

const LIMIT = 240_000;

class LiveSocket {
  messages = [];
  #buffer;
  #socket;
  #checks = new Set();

  static async open(instance, headers = { "x-lineside-token": instance.token() }) {
    const { port, start } = instance;
    const { status, socket, head } = await upgrade(port, `${start.adminRoot}comms`, headers);
    if (status !== 101) throw new Error(`comms answered ${status}`);
    return new LiveSocket(socket, head);
  }

  constructor(socket, head) {
    this.#socket = socket;
    this.#buffer = head;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#read();
    });
    this.#read();
  }

  send(value) {
    const payload = Buffer.from(JSON.stringify(value));
    // A mask of zeros is a mask.
    this.#socket.write(Buffer.concat([
      Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]),
      payload,
    ]));
  }

  close() {
    this.#socket.destroy();
  }

  /** The first message of that topic, past or to come, that `accepts`. */
  topic(topic, accepts = () => true) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = this.messages.find((one) => one.topic === topic && accepts(one.data));
        if (!found) return;
        clearTimeout(timer);
        this.#checks.delete(check);
        resolve(found.data);
      };
      const timer = setTimeout(() => {
        reject(new Error(`no ${topic}; got ${JSON.stringify(this.messages)}`));
      }, LIMIT);
      this.#checks.add(check);
      check();
    });
  }

  #read() {
    for (;;) {
      const buffer = this.#buffer;
      if (buffer.length < 2) return;
      const short = buffer[1] & 127;
      const offset = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (buffer.length < offset) return;
      const length = short === 127
        ? Number(buffer.readBigUInt64BE(2))
        : short === 126
        ? buffer.readUInt16BE(2)
        : short;
      if (buffer.length < offset + length) return;
      const text = buffer.toString("utf8", offset, offset + length);
      this.#buffer = buffer.subarray(offset + length);
      if ((buffer[0] & 15) === 1) this.messages.push(...[JSON.parse(text)].flat());
      for (const check of this.#checks) check();
    }
  }
}

module.exports = { LiveSocket };
