"use strict";
// The door of this instance's port. Other instances on the same server can reach it by loopback,
// so nothing is answered that does not come from the appliance's proxy.

const crypto = require("node:crypto");
const { TOKEN_HEADER } = require("./auth");
const { LocalLogin } = require("./local-login");

const PAGE_HEADER = "x-lineside-page";
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

const digest = (text) => crypto.createHash("sha256").update(text).digest();

class Guard {
  #adminRoot;
  #pageSecret;
  #verify;
  #admitted = new WeakSet();
  /** On a device, which people reach without the appliance; null on a server. */
  #device;

  constructor({ adminRoot, pageSecret, verify, device = null }) {
    this.#adminRoot = adminRoot;
    this.#pageSecret = digest(pageSecret);
    this.#verify = verify;
    this.#device = device && {
      editor: device.localLogin && new LocalLogin(device.localLogin, "editor"),
      pages: device.httpAuth && new LocalLogin(device.httpAuth, "pages"),
    };
    this.alivePath = `${adminRoot}lineside/alive`;
  }

  /**
   * Stands before every listener of the server. `emit` is replaced rather than a listener
   * prepended: a listener can't keep the others from seeing what it refused, and socket.io
   * (dashboards) takes all listeners off the server and calls them itself.
   */
  install(server) {
    const emit = server.emit.bind(server);
    server.emit = (event, ...args) => {
      switch (event) {
        case "request":
        case "checkContinue":
        case "checkExpectation": {
          const [request, response] = args;
          const refusal = this.#refusalFor(request);
          return refusal ? answer(response, refusal) : emit(event, ...args);
        }
        case "upgrade":
        case "connect": {
          const [request, socket] = args;
          const refusal = this.#refusalFor(request);
          return refusal ? close(socket, refusal) : emit(event, ...args);
        }
        default:
          return emit(event, ...args);
      }
    };
  }

  /**
   * `settings.httpNodeAuth`: pages stay shut if `install` was never called, whatever the reason.
   */
  get middleware() {
    return (
      request,
      response,
      next,
    ) => (this.#admitted.has(request)
      ? next()
      : answer(response, [403, "The guard of this instance is not in place."]));
  }

  /** The user of whoever signed in at the device itself, by the token that this put in; or null. */
  localUser(token) {
    return this.#device?.editor?.userOf(token) ?? null;
  }

  /** Null if the request may pass; it then no longer carries the secret that let it in. */
  #refusalFor(request) {
    if (!request.url.startsWith("/")) return [400, "A path is wanted."];
    const path = request.url.split("?", 1)[0];
    const refusal = path === this.alivePath && READING.has(request.method)
      ? null
      : this.#isAdmin(path)
      ? this.#adminRefusal(request)
      : this.#pageRefusal(request);
    if (!refusal) this.#admitted.add(request);
    return refusal;
  }

  /** Node-RED's router takes no notice of the case of letters. */
  #isAdmin(path) {
    return `${path}/`.toLowerCase().startsWith(this.#adminRoot.toLowerCase());
  }

  /** All below the root, not only what Node-RED guards: nodes add routes that check nothing. */
  #adminRefusal(request) {
    forget(request, PAGE_HEADER);
    const user = this.#verify(request.headers[TOKEN_HEADER]);
    if (!user && this.#device?.editor) {
      const refusal = this.#device.editor.refusalFor(request);
      if (!refusal) request.headers[TOKEN_HEADER] = this.#device.editor.token;
      return refusal;
    }
    if (!user) return [401, "Open this editor from Lineside."];
    if (user.permissions === "read" && !READING.has(request.method)) {
      return [401, "You may look at this editor but change nothing."];
    }
    return null;
  }

  #pageRefusal(request) {
    const given = request.headers[PAGE_HEADER];
    const isRight = typeof given === "string" &&
      crypto.timingSafeEqual(digest(given), this.#pageSecret);
    forget(request, PAGE_HEADER);
    forget(request, TOKEN_HEADER);
    if (isRight) return null;
    if (!this.#device) return [403, "Pages of this instance are served by Lineside only."];
    return this.#device.pages?.refusalFor(request) ?? null;
  }
}

/** Takes a header out of both forms in which Node.js shows it to flows. */
function forget(request, name) {
  delete request.headers[name];
  const raw = request.rawHeaders;
  for (let index = raw.length - 2; index >= 0; index -= 2) {
    if (raw[index].toLowerCase() === name) raw.splice(index, 2);
  }
}

function answer(response, [status, detail, headers = {}]) {
  response.writeHead(status, { "content-type": "text/plain", connection: "close", ...headers });
  response.end(`${detail}\n`);
  return true;
}

function close(socket, [status, detail]) {
  socket.on("error", () => {});
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      `Content-Length: ${detail.length + 1}\r\n\r\n${detail}\n`,
    () => socket.destroy(),
  );
  return true;
}

module.exports = { Guard };
