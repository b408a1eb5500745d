"use strict";
// Who the appliance says is asking: tokens that it signs and that live for a minute.
//
// Only the public key is here, so a flow that reads every file of its instance can forge nothing.

const crypto = require("node:crypto");

/** Seconds that a token may live, and that the clocks of one machine's processes may differ. */
const MAX_LIFE = 60;
const LEEWAY = 5;
const MAX_LENGTH = 4096;
/** Checked tokens are kept until they expire: an editor's page alone makes a hundred requests. */
const MAX_KEPT = 64;
const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/**
 * What time it is by the appliance's clock, as far as its own tokens tell it: that of a device may be
 * fifty years off. It only goes forward; before the first token everything is new.
 */
class SignedTime {
  #latest = 0;
  #heardAt = 0;

  constructor(elapsed) {
    this.elapsed = elapsed;
  }

  now() {
    return this.#latest + (this.#latest ? this.elapsed() - this.#heardAt : 0);
  }

  /** A token that is signed was made at most `MAX_LIFE` before it ends. */
  hear(exp) {
    const made = exp - MAX_LIFE;
    if (made <= this.now()) return;
    this.#latest = made;
    this.#heardAt = this.elapsed();
  }
}

/** Returns `verify(token)`: `{username, permissions, anonymous: false}`, or null for any flaw. */
function tokenVerifier({
  publicKey,
  instance,
  device = null,
  now = () => Date.now() / 1000,
  elapsed = () => performance.now() / 1000,
}) {
  const key = crypto.createPublicKey(publicKey);
  const signed = device && new SignedTime(elapsed);
  const kept = new Map();

  function claimsOf(token) {
    if (typeof token !== "string" || token.length > MAX_LENGTH) return null;
    const parts = SHAPE.exec(token);
    if (!parts) return null;
    const [, payload, signature] = parts;
    if (!crypto.verify(null, Buffer.from(payload), key, Buffer.from(signature, "base64url"))) {
      return null;
    }
    try {
      return JSON.parse(Buffer.from(payload, "base64url").toString());
    } catch {
      return null;
    }
  }

  function isCurrent(exp) {
    if (!Number.isSafeInteger(exp)) return false;
    if (!signed) return exp >= now() - LEEWAY && exp <= now() + MAX_LIFE + LEEWAY;
    signed.hear(exp);
    return exp >= signed.now() - LEEWAY;
  }

  return function verify(token) {
    const claims = kept.get(token) ?? claimsOf(token);
    if (!claims || claims.aud !== instance || !isCurrent(claims.exp)) {
      kept.delete(token);
      return null;
    }
    if (typeof claims.sub !== "string" || claims.sub === "") return null;
    if (claims.perm !== "*" && claims.perm !== "read") return null;
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value);
    kept.set(token, claims);
    return { username: claims.sub, permissions: claims.perm };
  };
}

module.exports = { tokenVerifier, TOKEN_HEADER: "x-lineside-token" };
