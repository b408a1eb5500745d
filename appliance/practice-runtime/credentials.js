"use strict";
// Secrets of nodes, kept apart from the flows and encrypted in Node-RED's format.

const crypto = require("node:crypto");

/** The editor sends this in place of a password that it was never shown. */
const UNCHANGED = "__PWRD__";

class Credentials {
  #key;
  #values = {};
  #isDirty = false;

  constructor(secret) {
    this.#key = crypto.createHash("sha256").update(secret).digest();
  }

  /** Throws `credentials_load_failed` if the secret is another one; there are then none. */
  load(stored) {
    this.#values = {};
    this.#isDirty = false;
    if (stored?.$ === undefined) {
      Object.assign(this.#values, stored);
      this.#isDirty = Object.keys(this.#values).length > 0;
      return;
    }
    try {
      this.#values = this.#decrypt(stored.$);
    } catch {
      this.#isDirty = true;
      throw Object.assign(new Error("Failed to decrypt credentials"), {
        code: "credentials_load_failed",
      });
    }
  }

  get(id) {
    return this.#values[id];
  }

  /** Takes what a deploy brings out of the nodes and forgets nodes that are gone. */
  take(flows) {
    const ids = new Set(flows.map(({ id }) => id));
    for (const id of Object.keys(this.#values)) {
      if (!ids.has(id)) this.#change(() => delete this.#values[id]);
    }
    for (const node of flows) {
      const { credentials } = node;
      delete node.credentials;
      if (credentials && typeof credentials === "object") this.#merge(node.id, credentials);
    }
  }

  replace(values) {
    this.#change(() => {
      this.#values = values;
    });
  }

  #merge(id, credentials) {
    const merged = { ...this.#values[id] };
    for (const [name, value] of Object.entries(credentials)) {
      if (value === "") delete merged[name];
      else if (value !== UNCHANGED) merged[name] = value;
    }
    this.#change(() => {
      this.#values[id] = merged;
    });
  }

  #change(act) {
    act();
    this.#isDirty = true;
  }

  /** What is to be stored if anything changed since the last time, else null. */
  takeChange() {
    if (!this.#isDirty) return null;
    this.#isDirty = false;
    if (Object.keys(this.#values).length === 0) return {};
    const iv = crypto.randomBytes(16);
    const cipher = crypto.createCipheriv("aes-256-ctr", this.#key, iv);
    const body = Buffer.concat([cipher.update(JSON.stringify(this.#values)), cipher.final()]);
    return { $: iv.toString("hex") + body.toString("base64") };
  }

  #decrypt(sealed) {
    const iv = Buffer.from(sealed.slice(0, 32), "hex");
    const decipher = crypto.createDecipheriv("aes-256-ctr", this.#key, iv);
    const body = Buffer.from(sealed.slice(32), "base64");
    return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString());
  }
}

module.exports = { Credentials };
