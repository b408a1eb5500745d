"use strict";
// Name and password at a device itself, for when no appliance is near: HTTP Basic, asked by the
// browser. The password is known as bcrypt only, made by the appliance.

const crypto = require("node:crypto");

const READING = new Set(["GET", "HEAD", "OPTIONS"]);
/** After so many wrong passwords none is tried for a while: bcrypt costs a tenth of a second. */
const MAX_WRONG = 10;
const REST = 60_000;

/** Node-RED's own, whichever of the two it brought along; null in the practice runtime. */
function bcrypt() {
  for (const name of ["@node-rs/bcrypt", "bcryptjs"]) {
    try {
      return require.main.require(name);
    } catch {
      // The next one.
    }
  }
  return null;
}

const digest = (text) => crypto.createHash("sha256").update(text).digest("hex");

/** "null" and what is no address have none. */
function hostOf(origin) {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}

class LocalLogin {
  #user;
  #hash;
  #realm;
  /** SHA-256 of the header that was right: compared instead of asking bcrypt at every request. */
  #known = null;
  #wrong = 0;
  #restsUntil = 0;
  token = crypto.randomBytes(32).toString("base64url");

  constructor({ user, pass }, realm) {
    this.#user = user;
    this.#hash = pass;
    this.#realm = realm;
  }

  userOf(token) {
    return token === this.token ? { username: this.#user, permissions: "*" } : null;
  }

  /** Null if name and password are right; they do not go on to flows. */
  refusalFor(request) {
    const given = request.headers.authorization;
    if (!this.#isRight(given)) {
      return [401, "Name and password of this device are wanted.", {
        "www-authenticate": `Basic realm="${this.#realm}", charset="UTF-8"`,
      }];
    }
    // A page of somebody else's makes the browser send the password along.
    const { origin, host } = request.headers;
    const changes = !READING.has(request.method) || request.headers.upgrade !== undefined;
    if (changes && origin !== undefined && hostOf(origin) !== host) {
      return [403, "This page belongs to another address."];
    }
    delete request.headers.authorization;
    return null;
  }

  #isRight(header) {
    if (typeof header !== "string" || !header.startsWith("Basic ")) return false;
    const sum = digest(header);
    if (this.#known === sum) return true;
    if (Date.now() < this.#restsUntil) return false;
    const text = Buffer.from(header.slice(6), "base64").toString();
    const colon = text.indexOf(":");
    const isRight = colon > 0 && text.slice(0, colon) === this.#user &&
      (bcrypt()?.compareSync(text.slice(colon + 1), this.#hash) ?? false);
    if (isRight) {
      this.#known = sum;
      this.#wrong = 0;
      return true;
    }
    this.#wrong += 1;
    if (this.#wrong >= MAX_WRONG) {
      this.#wrong = 0;
      this.#restsUntil = Date.now() + REST;
    }
    return false;
  }
}

module.exports = { LocalLogin };
