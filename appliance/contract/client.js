"use strict";
// Talks to an instance as the appliance's proxy does, or as a stranger on loopback would.

const crypto = require("node:crypto");
const http = require("node:http");

/** Only a failure ever takes this long. */
const LIMIT = 240_000;

/** One request on a connection of its own; resolves to `{status, headers, text, json()}`. */
function request(port, { method = "GET", path = "/", headers = {}, body } = {}) {
  const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
  const bytes = isRaw ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = http.request({
      host: "127.0.0.1",
      port,
      method,
      path,
      agent: false,
      timeout: LIMIT,
      headers: bytes === undefined ? headers : {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(bytes),
        ...headers,
      },
    }, async (answer) => {
      answer.setEncoding("utf8");
      let text = "";
      for await (const chunk of answer) text += chunk;
      const { statusCode: status, headers: answered } = answer;
      resolve({ status, headers: answered, text, json: () => JSON.parse(text) });
    });
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
    sent.on("error", reject);
    sent.end(bytes);
  });
}

/** Admin calls with a signed token. */
class Admin {
  constructor(instance) {
    this.instance = instance;
  }

  call(method, path, { body, headers, claims } = {}) {
    const { port, start } = this.instance;
    return request(port, {
      method,
      path: start.adminRoot + path,
      body,
      headers: { "x-lineside-token": this.instance.token(claims), ...headers },
    });
  }

  async flows() {
    const answer = await this.call("GET", "flows", { headers: { "node-red-api-version": "v2" } });
    return answer.json();
  }

  deploy(flows, { type = "full", ...rest } = {}) {
    return this.call("POST", "flows", {
      body: { flows, ...rest },
      headers: { "node-red-api-version": "v2", "node-red-deployment-type": type },
    });
  }

  /** Deploys and waits until the flows run: Node-RED answers before it has started them. */
  async run(flows, options) {
    const started = this.instance.count("flows:started");
    const answer = await this.deploy(flows, options);
    if (answer.status !== 200) throw new Error(`deploy: ${answer.status} ${answer.text}`);
    await this.instance.event("flows:started", started);
    return answer;
  }
}

/** A page request through the proxy. */
function page(instance, path, options = {}) {
  return request(instance.port, {
    ...options,
    path: instance.start.nodeRoot + path,
    headers: { "x-lineside-page": instance.start.pageSecret, ...options.headers },
  });
}

/** Asks for an upgrade; resolves to `{status}`, and with `{socket, head}` where it got one. */
function upgrade(port, path, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request({
      host: "127.0.0.1",
      port,
      path,
      agent: false,
      timeout: LIMIT,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": crypto.randomBytes(16).toString("base64"),
        ...headers,
      },
    });
    sent.on("upgrade", (answer, socket, head) => {
      resolve({ status: answer.statusCode, socket, head });
    });
    sent.on("response", (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode });
    });
    sent.on("timeout", () => sent.destroy(new Error(`upgrade ${path}: no answer`)));
    sent.on("error", reject);
    sent.end();
  });
}

module.exports = { request, Admin, page, upgrade };
