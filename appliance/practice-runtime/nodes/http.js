"use strict";

module.exports = (RED) => {
  class HTTPIn extends RED.nodes.Node {
    constructor(config) {
      super(config);
      const { url, method = "get" } = config;
      if (!url) {
        this.warn("missing path");
        return;
      }
      const remove = RED.httpNode.add(method, url, (request, response) => {
        const isReading = method === "get";
        this.receive({
          _msgid: RED.util.generateId(),
          req: request,
          res: { _res: response },
          payload: isReading ? request.query : request.body,
        });
      });
      this.on("input", (msg) => this.send(msg));
      this.on("close", remove);
    }
  }

  class HTTPResponse extends RED.nodes.Node {
    constructor(config) {
      super(config);
      this.statusCode = Number(config.statusCode) || null;
      this.headers = config.headers ?? {};
      this.on("input", (msg, _send, done) => {
        const response = msg.res?._res;
        if (!response) {
          done(new Error("No response object"));
          return;
        }
        if (!response.headersSent) this.#answer(response, msg);
        done();
      });
    }

    #answer(response, msg) {
      const { payload } = msg;
      response.statusCode = this.statusCode ?? (Number(msg.statusCode) || 200);
      for (const [name, value] of Object.entries({ ...msg.headers, ...this.headers })) {
        response.setHeader(name, value);
      }
      const defaultType = (type) => {
        if (!response.hasHeader("content-type")) response.setHeader("content-type", type);
      };
      if (payload === undefined || payload === null) {
        response.end();
      } else if (Buffer.isBuffer(payload)) {
        defaultType("application/octet-stream");
        response.end(payload);
      } else if (typeof payload === "object") {
        defaultType("application/json; charset=utf-8");
        response.end(JSON.stringify(payload));
      } else {
        defaultType("text/html; charset=utf-8");
        response.end(String(payload));
      }
    }
  }
  RED.nodes.registerType("http in", HTTPIn);
  RED.nodes.registerType("http response", HTTPResponse);
};
