"use strict";
// What each kind of step does. Each returns nothing if it passed, else a Failure.

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { matches, textOf, cut } = require("./match");
const { SOURCES } = require("./mocks");

const POLL = 50;
const MAX_FILE = 8 << 20;
const MAX_ANSWER = 8 << 20;

class Failure extends Error {
  constructor(text, { expected, got } = {}) {
    super(text);
    this.expected = expected;
    this.got = got;
  }
}

/** `RED`, `arrivals`, `nodes` (labels by id), `timeout`, `area`, `page` ({port, root, secret}). */
class Steps {
  constructor(surroundings) {
    Object.assign(this, surroundings);
  }

  /** A sentence for a step that says nothing itself. */
  text(step) {
    if (step.says) return step.says;
    switch (step.kind) {
      case "send":
        return `Send ${cut(textOf(step.send), 80)} to ${this.label(step.to)}`;
      case "expect":
        return `${this.label(step.at)} gets ${cut(textOf(step.expect), 80)}`;
      case "expectNone":
        return `${this.label(step.at)} gets nothing for ${step.for} ms`;
      case "request":
        return `${step.request.method ?? "GET"} ${step.request.path}`;
      case "file":
        return `File ${step.file}`;
      default:
        return "Restart Node-RED";
    }
  }

  label(id) {
    return this.nodes.get(id) ?? `the node ${id}`;
  }

  async run(step) {
    return await this[step.kind](step);
  }

  send({ send, to, port }) {
    const node = this.RED.nodes.getNode(to);
    if (!node) throw new Failure(`${this.label(to)} does not run.`);
    const msg = structuredClone(send);
    const takes = node._inputCallback || node._inputCallbacks?.length > 0;
    if (port === undefined && takes && !SOURCES.test(node.type) && !this.isSource(to)) {
      node.receive(msg);
    } else {
      node.send([...Array(port ?? 0).fill(null), msg]);
    }
  }

  async expect({ expect, at, timeout = this.timeout }) {
    const msg = await this.arrivals.next(at, timeout);
    if (!msg) {
      const text = `Nothing arrived at ${this.label(at)} within ${timeout} ms.`;
      throw new Failure(text, { expected: textOf(expect) });
    }
    if (matches(msg, expect)) return;
    const text = `What arrived at ${this.label(at)} is not what was expected.`;
    throw new Failure(text, { expected: textOf(expect), got: textOf(msg) });
  }

  async expectNone({ at, for: time }) {
    const msg = await this.arrivals.next(at, time);
    if (!msg) return;
    throw new Failure(`Something arrived at ${this.label(at)}.`, { got: textOf(msg) });
  }

  async request({ request, answer, timeout = this.timeout }) {
    const got = await this.#ask(request, timeout);
    const { status = 200, type, contains = [], lacks = [], body } = answer;
    const shown = { expected: textOf(answer), got: cut(`${got.status} ${got.text}`, 4096) };
    const fail = (text) => {
      throw new Failure(text, shown);
    };
    if (got.status !== status) fail(`The answer is ${got.status}, not ${status}.`);
    if (type && !got.type.startsWith(type)) fail(`The answer is of type ${got.type}.`);
    this.#look(got.text, { contains, lacks }, "The answer", fail);
    if (body === undefined) return;
    let value;
    try {
      value = JSON.parse(got.text);
    } catch {
      fail("The answer is no JSON.");
    }
    if (!matches(value, body)) fail("The body of the answer is not what was expected.");
  }

  #look(text, { contains = [], lacks = [] }, what, fail) {
    for (const part of contains) if (!text.includes(part)) fail(`${what} lacks ${textOf(part)}.`);
    for (const part of lacks) if (text.includes(part)) fail(`${what} holds ${textOf(part)}.`);
  }

  #ask({ method = "GET", path: place, headers = {}, body }, timeout) {
    const isText = body === undefined || typeof body === "string";
    const bytes = isText ? body : JSON.stringify(body);
    const { port, root, secret } = this.page();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        asked.destroy();
        reject(new Failure(`${method} ${place} was not answered within ${timeout} ms.`));
      }, timeout);
      const asked = http.request({
        host: "127.0.0.1",
        port,
        method,
        path: root + place,
        agent: false,
        headers: {
          ...(bytes === undefined ? {} : {
            "content-type": isText ? "text/plain" : "application/json",
            "content-length": Buffer.byteLength(bytes),
          }),
          ...headers,
          "x-lineside-page": secret,
        },
      }, async (answer) => {
        try {
          let text = "";
          answer.setEncoding("utf8");
          for await (const chunk of answer) {
            text += chunk;
            if (text.length > MAX_ANSWER) throw new Error("The answer is larger than 8 MB.");
          }
          const type = String(answer.headers["content-type"] ?? "none");
          resolve({ status: answer.statusCode, type, text });
        } catch (error) {
          reject(new Failure(`${method} ${place}: ${error.message}`));
        } finally {
          clearTimeout(late);
        }
      });
      asked.on("error", (error) => {
        clearTimeout(late);
        reject(new Failure(`${method} ${place}: ${error.message}`));
      });
      asked.end(bytes);
    });
  }

  async file(step) {
    const { file, equals, timeout = this.timeout } = step;
    const end = Date.now() + timeout;
    for (;;) {
      const [text, flaw] = this.#readFile(file, step, equals);
      if (!flaw) return;
      if (Date.now() >= end) {
        const { contains, lacks } = step;
        const expected = textOf(equals ?? { contains, lacks });
        throw new Failure(flaw, {
          expected,
          got: text === undefined ? undefined : cut(text, 4096),
        });
      }
      await new Promise((resolve) => {
        setTimeout(resolve, POLL);
      });
    }
  }

  /** [its text, what is wrong with it]. */
  #readFile(file, step, equals) {
    let text;
    try {
      const target = path.join(this.area, file);
      if (fs.statSync(target).size > MAX_FILE) return [undefined, `${file} is larger than 8 MB.`];
      text = fs.readFileSync(target, "utf8");
    } catch (error) {
      const flaw = error.code === "ENOENT"
        ? `There is no file ${file}.`
        : `${file} can't be read: ${error.code}.`;
      return [undefined, flaw];
    }
    if (equals !== undefined && text !== equals) return [text, `${file} holds something else.`];
    try {
      this.#look(text, step, file, (flaw) => {
        throw new Error(flaw);
      });
    } catch (error) {
      return [text, error.message];
    }
    return [text, null];
  }
}

module.exports = { Steps, Failure };
