"use strict";

const TAG = /\{\{(?:\{\s*([^}]+?)\s*\}|([&#^/!]?)\s*([^}]*?)\s*)\}\}/g;
const ESCAPED = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "/": "&#x2F;",
};

module.exports = (RED) => {
  class Template extends RED.nodes.Node {
    constructor(config) {
      super(config);
      const { field = "payload", fieldType = "msg", syntax = "mustache", output = "str" } = config;
      Object.assign(this, { field, fieldType, output, template: config.template ?? "" });
      this.tree = syntax === "plain" ? [this.template] : parse(this.template);
      this.on("input", (msg, send, done) => {
        try {
          const text = this.#render(this.tree, [msg]);
          this.#write(msg, this.output === "json" ? JSON.parse(text) : text);
        } catch (error) {
          done(error);
          return;
        }
        send(msg);
        done();
      });
    }

    #write(msg, value) {
      if (this.fieldType === "msg") RED.util.setMessageProperty(msg, this.field, value);
      else this.context()[this.fieldType].set(this.field, value);
    }

    /** `scopes`: the innermost last. */
    #render(tree, scopes) {
      return tree.map((part) => {
        if (typeof part === "string") return part;
        const value = this.#lookUp(part.name, scopes);
        if (part.kind === "#") return this.#section(part, value, scopes);
        if (part.kind === "^") {
          const isEmpty = !value || (Array.isArray(value) && value.length === 0);
          return isEmpty ? this.#render(part.parts, scopes) : "";
        }
        const text = textOf(value);
        return part.isRaw ? text : text.replace(/[&<>"'/]/g, (c) => ESCAPED[c]);
      }).join("");
    }

    #section({ parts }, value, scopes) {
      if (!value) return "";
      const items = Array.isArray(value) ? value : [value];
      return items.map((item) => this.#render(parts, [...scopes, item])).join("");
    }

    #lookUp(name, scopes) {
      if (name === ".") return scopes.at(-1);
      const [, place, rest] = /^(flow|global|env)\.(.+)$/.exec(name) ?? [];
      if (place === "env") return this.setting(rest);
      if (place) return this.context()[place].get(rest);
      const first = name.split(/[.[]/, 1)[0];
      const scope = scopes.findLast((candidate) =>
        candidate !== null &&
        typeof candidate === "object" && first in candidate
      );
      return scope && RED.util.getProperty(scope, name);
    }
  }
  RED.nodes.registerType("template", Template);
};

function textOf(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Text and tags as a tree; throws where a section is not closed. */
function parse(template) {
  const root = { parts: [] };
  const open = [root];
  let from = 0;
  for (const match of template.matchAll(TAG)) {
    const [tag, raw, kind, name] = match;
    open.at(-1).parts.push(template.slice(from, match.index));
    from = match.index + tag.length;
    if (kind === "!") continue;
    if (kind === "/") {
      if (open.length === 1 || open.pop().name !== name) {
        throw new Error(`{{/${name}}} closes nothing`);
      }
      continue;
    }
    const part = { kind, name: raw ?? name, isRaw: raw !== undefined || kind === "&", parts: [] };
    open.at(-1).parts.push(part);
    if (kind === "#" || kind === "^") open.push(part);
  }
  if (open.length > 1) throw new Error(`{{#${open.at(-1).name}}} is never closed`);
  root.parts.push(template.slice(from));
  return root.parts;
}
