"use strict";
// Control packets of MQTT 3.1.1, as bytes and as objects.

const TYPES = [
  null,
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
];
/** Flags that the standard prescribes. */
const FLAGS = { pubrel: 2, subscribe: 2, unsubscribe: 2 };
const MAX_LENGTH = 268_435_455;

const uint16 = (value) => Buffer.from([value >> 8, value & 0xff]);
const text = (value) => {
  const bytes = Buffer.from(value ?? "");
  return Buffer.concat([uint16(bytes.length), bytes]);
};

function lengthOf(count) {
  const bytes = [];
  let left = count;
  do {
    bytes.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(bytes);
}

function flagsOf(packet) {
  if (packet.type !== "publish") return FLAGS[packet.type] ?? 0;
  return (packet.dup ? 8 : 0) | ((packet.qos ?? 0) << 1) | (packet.retain ? 1 : 0);
}

const BODIES = {
  connect: ({ clientId, clean = true, keepalive = 60, will, user, password }) => {
    const flags = (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40) |
      (will ? 4 | (will.qos << 3) | (will.retain ? 0x20 : 0) : 0) | (clean ? 2 : 0);
    return Buffer.concat([
      text("MQTT"),
      Buffer.from([4, flags]),
      uint16(keepalive),
      text(clientId),
      ...(will ? [text(will.topic), text(will.payload)] : []),
      ...(user === undefined ? [] : [text(user)]),
      ...(password === undefined ? [] : [text(password)]),
    ]);
  },
  connack: ({ present = false, code = 0 }) => Buffer.from([present ? 1 : 0, code]),
  publish: ({ topic, payload, qos = 0, id }) =>
    Buffer.concat([text(topic), ...(qos > 0 ? [uint16(id)] : []), payload]),
  subscribe: ({ id, topics }) =>
    Buffer.concat([
      uint16(id),
      ...topics.flatMap(({ topic, qos }) => [text(topic), Buffer.from([qos])]),
    ]),
  suback: ({ id, codes }) => Buffer.concat([uint16(id), Buffer.from(codes)]),
  unsubscribe: ({ id, topics }) => Buffer.concat([uint16(id), ...topics.map(text)]),
};

function encode(packet) {
  const { type, id } = packet;
  const body = BODIES[type]?.(packet) ?? (id === undefined ? Buffer.alloc(0) : uint16(id));
  const head = Buffer.from([(TYPES.indexOf(type) << 4) | flagsOf(packet)]);
  return Buffer.concat([head, lengthOf(body.length), body]);
}

/** Reads a body from its beginning; throws where it ends too soon. */
class Cursor {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    if (this.at >= this.bytes.length) throw new Error("a packet that ends too soon");
    this.at += 1;
    return this.bytes[this.at - 1];
  }

  uint16() {
    return (this.byte() << 8) | this.byte();
  }

  data() {
    const length = this.uint16();
    if (this.at + length > this.bytes.length) throw new Error("a packet that ends too soon");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text() {
    return this.data().toString();
  }

  rest() {
    return this.bytes.subarray(this.at);
  }

  get isAtEnd() {
    return this.at >= this.bytes.length;
  }
}

function decode(first, body) {
  const type = TYPES[first >> 4];
  const from = new Cursor(body);
  switch (type) {
    case "connect": {
      from.text();
      from.byte();
      const flags = from.byte();
      const packet = { type, clean: Boolean(flags & 2), keepalive: from.uint16() };
      packet.clientId = from.text();
      if (flags & 4) {
        const [topic, payload] = [from.text(), from.data()];
        packet.will = { topic, payload, qos: (flags >> 3) & 3, retain: Boolean(flags & 0x20) };
      }
      if (flags & 0x80) packet.user = from.text();
      if (flags & 0x40) packet.password = from.text();
      return packet;
    }
    case "connack":
      return { type, present: Boolean(from.byte() & 1), code: from.byte() };
    case "publish": {
      const qos = (first >> 1) & 3;
      const packet = { type, dup: Boolean(first & 8), qos, retain: Boolean(first & 1) };
      packet.topic = from.text();
      if (qos > 0) packet.id = from.uint16();
      packet.payload = Buffer.from(from.rest());
      return packet;
    }
    case "subscribe": {
      const packet = { type, id: from.uint16(), topics: [] };
      while (!from.isAtEnd) packet.topics.push({ topic: from.text(), qos: from.byte() });
      return packet;
    }
    case "unsubscribe": {
      const packet = { type, id: from.uint16(), topics: [] };
      while (!from.isAtEnd) packet.topics.push(from.text());
      return packet;
    }
    case "suback":
      return { type, id: from.uint16(), codes: [...from.rest()] };
    default:
      return from.isAtEnd ? { type } : { type, id: from.uint16() };
  }
}

/** Puts packets together from what a connection delivers. `take` throws on what is none. */
class Assembler {
  #bytes = Buffer.alloc(0);

  take(more) {
    this.#bytes = Buffer.concat([this.#bytes, more]);
    const packets = [];
    for (;;) {
      const found = this.#next();
      if (!found) return packets;
      packets.push(found);
    }
  }

  #next() {
    let length = 0;
    let at = 1;
    for (let factor = 1;; factor *= 128, at += 1) {
      if (at >= this.#bytes.length) return null;
      length += (this.#bytes[at] & 127) * factor;
      if (length > MAX_LENGTH || at > 4) throw new Error("a packet of no sensible length");
      if (this.#bytes[at] < 128) break;
    }
    const end = at + 1 + length;
    if (this.#bytes.length < end) return null;
    const packet = decode(this.#bytes[0], this.#bytes.subarray(at + 1, end));
    this.#bytes = this.#bytes.subarray(end);
    return packet;
  }
}

/** Whether a topic is one of those that a subscription's filter means. */
function matches(filter, topic) {
  const wanted = filter.replace(/^\$share\/[^/]+\//, "").split("/");
  const levels = topic.split("/");
  // Topics of the broker itself are never meant by a wildcard.
  if (topic.startsWith("$") && /^[#+]/.test(filter)) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

module.exports = { encode, Assembler, matches };
