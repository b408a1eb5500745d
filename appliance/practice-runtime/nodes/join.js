"use strict";

const ESCAPES = { n: "\n", r: "\r", t: "\t", f: "\f", 0: "\0" };
const unescaped = (text) => text.replace(/\\([nrtf0])/g, (_all, letter) => ESCAPES[letter]);

module.exports = (RED) => {
  class Join extends RED.nodes.Node {
    #groups = new Map();

    constructor(config) {
      super(config);
      const { mode = "auto", build = "array", property = "payload", propertyType = "msg" } = config;
      Object.assign(this, { mode, build, propertyType, key: config.key || "topic" });
      this.property = propertyType === "full" ? "payload" : property;
      this.wait = mode === "auto" ? 0 : Number(config.timeout || 0) * 1000;
      this.count = Number(config.count || 0);
      this.hasCount = config.count !== "" && config.count !== undefined;
      this.usesParts = config.useparts ?? true;
      this.accumulates = config.accumulate === true;
      this.joiner = config.joinerType === "bin"
        ? Buffer.from(JSON.parse(config.joiner || "[]"))
        : unescaped(config.joiner ?? "");
      if (mode === "reduce") this.warn("The practice runtime reduces nothing.");
      this.on("input", (msg, send, done) => {
        try {
          this.#take(msg, send);
        } catch (error) {
          done(error);
          return;
        }
        done();
      });
      this.on("close", () => this.#groups.forEach(({ timer }) => clearTimeout(timer)));
    }

    #take(msg, send) {
      const isAuto = this.mode === "auto";
      if (isAuto && msg.parts?.id === undefined) {
        if ("reset" in msg) this.#groups.clear();
        else this.warn("Message missing msg.parts property - cannot join in 'auto' mode");
        return;
      }
      if (!isAuto && msg.parts && this.usesParts === false) {
        if (msg.parts.parts) msg.parts = { parts: msg.parts.parts };
        else delete msg.parts;
      }
      const plan = isAuto ? this.#planOfParts(msg) : this.#ownPlan(msg);
      if ("restartTimeout" in msg) this.#restartTimer(plan.id);
      if ("reset" in msg) {
        clearTimeout(this.#groups.get(plan.id)?.timer);
        this.#groups.delete(plan.id);
        return;
      }
      if (plan.type === "object" && (plan.key ?? "") === "") {
        this.#withoutKey(plan.id, msg, send);
        return;
      }
      const group = this.#group(plan, msg);
      this.#add(group, plan, msg);
      Object.assign(group.msg, msg);
      group.send = send;
      group.count ||= msg.parts?.count ?? 0;
      if ((group.count > 0 && group.size >= group.count) || "complete" in msg) this.#end(plan.id);
    }

    #planOfParts(msg) {
      const { id, type, count, ch, key, len, index, property = "payload" } = msg.parts;
      const value = RED.util.getMessageProperty(msg, property);
      return { id, type, count, joiner: ch, key, length: len, index, property, value };
    }

    #ownPlan(msg) {
      const isByParts = !this.hasCount && msg.parts;
      return {
        id: (isByParts && msg.parts.id) || "_",
        type: this.build,
        count: isByParts ? msg.parts.count ?? 0 : this.count,
        joiner: this.joiner,
        key: this.build === "object" ? RED.util.getMessageProperty(msg, this.key) : undefined,
        property: this.property,
        value: this.propertyType === "full" ? msg : RED.util.getMessageProperty(msg, this.property),
      };
    }

    #withoutKey(id, msg, send) {
      const group = this.#groups.get(id);
      if (this.mode !== "auto" && "complete" in msg) {
        if (!group) return;
        group.msg.complete = msg.complete;
        group.send = send;
        this.#end(id);
      } else {
        this.warn("Message missing key property - cannot add to object");
      }
    }

    #group(plan, msg) {
      if (!this.#groups.has(plan.id)) {
        const isKeyed = plan.type === "object" || plan.type === "merged";
        this.#groups.set(plan.id, {
          ...plan,
          payload: isKeyed ? {} : [],
          size: 0,
          msg: RED.util.cloneMessage(msg),
        });
        this.#restartTimer(plan.id);
      }
      return this.#groups.get(plan.id);
    }

    #restartTimer(id) {
      const group = this.#groups.get(id);
      if (!group) return;
      clearTimeout(group.timer);
      if (this.wait > 0) group.timer = setTimeout(() => this.#end(id), this.wait);
    }

    #add(group, { type, key, index, value }, msg) {
      if (type === "object") {
        group.payload[key] = value;
        group.size = Object.keys(group.payload).length;
      } else if (type === "merged") {
        if (value === null || typeof value !== "object" || Array.isArray(value)) {
          if (!("complete" in msg)) this.warn("Cannot merge non-object types");
          return;
        }
        const { _msgid, ...rest } = value;
        Object.assign(group.payload, rest);
        group.size = Object.keys(group.payload).length;
      } else if (index !== undefined) {
        if (group.payload[index] === undefined) group.size += 1;
        group.payload[index] = value;
      } else if (value !== undefined) {
        group.payload.push(value);
        group.size += 1;
      }
    }

    #end(id) {
      const group = this.#groups.get(id);
      clearTimeout(group.timer);
      const isKept = this.mode !== "auto" && this.accumulates && !("complete" in group.msg);
      if (!isKept) this.#groups.delete(id);
      const { msg } = group;
      RED.util.setMessageProperty(msg, group.property, this.#whole(group));
      if (msg.parts?.parts) msg.parts = msg.parts.parts;
      else delete msg.parts;
      delete msg.complete;
      group.send(RED.util.cloneMessage(msg));
    }

    #whole({ type, payload, joiner, length }) {
      if (type === "string") return payload.join(joiner.toString());
      if (type === "array") return length > 1 ? payload.flat() : payload;
      if (type !== "buffer") return payload;
      const between = joiner === undefined ? null : Buffer.from(joiner);
      return Buffer.concat(payload.flatMap((piece, index) => {
        const bytes = Buffer.from(piece);
        return index > 0 && between ? [between, bytes] : [bytes];
      }));
    }
  }
  RED.nodes.registerType("join", Join);
};
