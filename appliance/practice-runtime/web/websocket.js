"use strict";
// The server's half of a WebSocket (RFC 6455): text messages, pings and closing.

const crypto = require("node:crypto");
const { EventEmitter } = require("node:events");

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_MESSAGE = 1024 * 1024;
const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** Events: `message` (text) and `close`. */
class WebSocket extends EventEmitter {
  #socket;
  #buffer = Buffer.alloc(0);
  #parts = [];
  #isClosed = false;

  /** Completes the handshake; null, and an answer, if the request is no WebSocket's. */
  static accept(request, socket, head) {
    const key = request.headers["sec-websocket-key"];
    if (!key || request.headers["sec-websocket-version"] !== "13") {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return null;
    }
    const accept = crypto.createHash("sha1").update(key + GUID).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
        `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    return new WebSocket(socket, head);
  }

  constructor(socket, head) {
    super();
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.emit("close"));
    socket.on("data", (chunk) => this.#take(chunk));
    if (head.length > 0) this.#take(head);
  }

  send(text) {
    if (!this.#isClosed) this.#write(OP.text, Buffer.from(text));
  }

  close(code = 1000) {
    if (this.#isClosed) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(OP.close, payload);
    this.#isClosed = true;
    this.#socket.end();
  }

  #write(opcode, payload) {
    const { length } = payload;
    let head;
    if (length < 126) {
      head = Buffer.from([0x80 | opcode, length]);
    } else if (length < 65536) {
      head = Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]);
    } else {
      head = Buffer.alloc(10);
      head.set([0x80 | opcode, 127]);
      head.writeBigUInt64BE(BigInt(length), 2);
    }
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #take(chunk) {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const frame = this.#nextFrame();
      if (!frame) return;
      this.#handle(frame);
    }
  }

  #nextFrame() {
    const buffer = this.#buffer;
    if (this.#isClosed || buffer.length < 2) return null;
    let length = buffer[1] & 127;
    let offset = 2;
    if (length === 126) {
      if (buffer.length < 4) return null;
      length = buffer.readUInt16BE(2);
      offset = 4;
    } else if (length === 127) {
      if (buffer.length < 10) return null;
      length = Number(buffer.readBigUInt64BE(2));
      offset = 10;
    }
    if ((buffer[1] & 128) === 0 || length > MAX_MESSAGE) {
      this.close(length > MAX_MESSAGE ? 1009 : 1002);
      return null;
    }
    if (buffer.length < offset + 4 + length) return null;
    const mask = buffer.subarray(offset, offset + 4);
    const payload = Buffer.from(buffer.subarray(offset + 4, offset + 4 + length));
    for (let index = 0; index < length; index += 1) payload[index] ^= mask[index & 3];
    this.#buffer = buffer.subarray(offset + 4 + length);
    return { isLast: (buffer[0] & 128) !== 0, opcode: buffer[0] & 15, payload };
  }

  #handle({ isLast, opcode, payload }) {
    switch (opcode) {
      case OP.ping:
        this.#write(OP.pong, payload);
        break;
      case OP.pong:
        break;
      case OP.close:
        this.close();
        break;
      case OP.text:
      case OP.binary:
      case OP.continuation:
        this.#parts.push(payload);
        if (this.#parts.reduce((sum, part) => sum + part.length, 0) > MAX_MESSAGE) {
          this.close(1009);
        } else if (isLast) {
          const message = Buffer.concat(this.#parts.splice(0)).toString();
          this.emit("message", message);
        }
        break;
      default:
        this.close(1002);
    }
  }
}

module.exports = { WebSocket };
