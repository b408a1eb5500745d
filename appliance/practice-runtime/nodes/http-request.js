"use strict";

const http = require("node:http");
const https = require("node:https");

const LIMIT = 120_000;
const MAX_REDIRECTS = 5;

module.exports = (RED) => {
  class HTTPRequest extends RED.nodes.Node {
    #open = new Set();

    constructor(config) {
      super(config);
      this.config = config;
      this.on("input", (msg, send, done) => this.#ask(msg, send, done));
      this.on("close", () => this.#open.forEach((request) => request.destroy()));
    }

    async #ask(msg, send, done) {
      const { url = "", method: fixed = "GET", ret = "txt", senderr } = this.config;
      const method = fixed === "use" ? String(msg.method ?? "GET").toUpperCase() : fixed;
      this.status({ fill: "blue", shape: "dot", text: "requesting" });
      try {
        const place = new URL(url || msg.url);
        const answer = await this.#request(place, method, msg, this.#body(place, method, msg));
        this.status({});
        Object.assign(msg, answer.about, { payload: decoded(answer.bytes, ret) });
        send(msg);
        done();
      } catch (error) {
        this.status({ fill: "red", shape: "ring", text: error.code ?? "error" });
        Object.assign(msg, {
          payload: `${error.message} : ${url || msg.url}`,
          statusCode: error.code ?? error.message,
        });
        if (!senderr) send(msg);
        done(error);
      }
    }

    #body(place, method, { payload, headers = {} }) {
      if (payload === undefined || (method === "GET" && this.config.paytoqs !== "body")) {
        if (method === "GET" && this.config.paytoqs === "query" && typeof payload === "object") {
          for (const [name, value] of Object.entries(payload)) {
            place.searchParams.append(name, value);
          }
        }
        return undefined;
      }
      if (typeof payload === "string" || Buffer.isBuffer(payload)) return { bytes: payload };
      const isForm = headers["content-type"] === "application/x-www-form-urlencoded";
      return isForm
        ? { bytes: String(new URLSearchParams(payload)) }
        : { bytes: JSON.stringify(payload), type: "application/json" };
    }

    #request(place, method, msg, body, left = MAX_REDIRECTS) {
      const headers = Object.fromEntries(
        Object.entries(msg.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      );
      if (body) {
        headers["content-type"] ??= body.type;
        headers["content-length"] = Buffer.byteLength(body.bytes);
        if (headers["content-type"] === undefined) delete headers["content-type"];
      }
      return new Promise((resolve, reject) => {
        const { request: ask } = place.protocol === "https:" ? https : http;
        const timeout = Number(msg.requestTimeout) || RED.settings.httpRequestTimeout || LIMIT;
        const sent = ask(place, { method, headers, timeout, agent: false }, async (answer) => {
          const chunks = [];
          for await (const chunk of answer) chunks.push(chunk);
          const { statusCode, headers: got } = answer;
          const isMoved = [301, 302, 303, 307, 308].includes(statusCode) && got.location;
          if (isMoved && msg.followRedirects !== false && left > 0) {
            resolve(
              this.#request(
                new URL(got.location, place),
                statusCode === 303 ? "GET" : method,
                msg,
                statusCode === 303 ? undefined : body,
                left - 1,
              ),
            );
            return;
          }
          const about = { statusCode, headers: got, responseUrl: place.href };
          resolve({ bytes: Buffer.concat(chunks), about });
        });
        this.#open.add(sent);
        sent.on(
          "timeout",
          () =>
            sent.destroy(
              Object.assign(new Error("no response from server"), { code: "ETIMEDOUT" }),
            ),
        );
        sent.on("error", reject);
        sent.on("close", () => this.#open.delete(sent));
        sent.end(body?.bytes);
      });
    }
  }
  RED.nodes.registerType("http request", HTTPRequest);
};

function decoded(bytes, ret) {
  if (ret === "bin") return bytes;
  const text = bytes.toString();
  return ret === "obj" ? JSON.parse(text) : text;
}
