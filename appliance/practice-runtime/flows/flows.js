"use strict";
// The flows of this instance: loading, deploying, starting and stopping them.

const crypto = require("node:crypto");
const { FlowConfig } = require("./flow-config");
const { FlowListeners } = require("./flow-listeners");

/** The setting under which Node-RED too keeps that somebody stopped the flows. */
const STATE = "runtimeFlowState";

class Flows {
  /** What the admin API shows: `{flows, rev}`. */
  current = { flows: [], rev: revisionOf([]) };
  state = "stop";
  #runtime;
  #config;
  #nodes = new Map();
  #listeners;
  #isStarted = false;
  #queue = Promise.resolve();

  constructor(runtime) {
    this.#runtime = runtime;
    this.#config = new FlowConfig([], runtime.registry);
    this.#listeners = new FlowListeners(this.#nodes, runtime.log);
  }

  node(id) {
    return this.#nodes.get(id) ?? null;
  }

  tellError(...told) {
    return this.#listeners.tellError(...told);
  }

  tellComplete(...told) {
    this.#listeners.tellComplete(...told);
  }

  tellStatus(...told) {
    this.#listeners.tellStatus(...told);
  }

  setting(tab, name) {
    const variable = this.#config.variable(tab, name);
    if (!variable) return process.env[name];
    const { value, type } = variable;
    switch (type) {
      case "num":
        return Number(value);
      case "bool":
        return value === true || value === "true";
      case "json":
        return JSON.parse(value);
      case "env":
        return process.env[value.replace(/^\$\{(.*)\}$/, "$1")];
      default:
        return value;
    }
  }

  async load() {
    const { storage, credentials, log, registry } = this.#runtime;
    const flows = await storage.getFlows();
    try {
      credentials.load(await storage.getCredentials());
    } catch (error) {
      log.warn(`Error loading credentials: ${error.message}`);
    }
    this.#config = new FlowConfig(flows, registry);
    this.current = { flows, rev: revisionOf(flows) };
  }

  /** Saves, then runs new flows; returns their revision. One deploy at a time. */
  deploy(deploy) {
    const done = this.#queue.then(() => this.#deploy(deploy));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #deploy({ flows, credentials: given, rev, type, user }) {
    if (!Array.isArray(flows)) throw failure("invalid_flow", "A list of nodes is wanted.");
    if (rev !== undefined && rev !== this.current.rev) {
      throw failure("version_mismatch", "The flows were changed by somebody else.", 409);
    }
    const { credentials, storage, log, registry } = this.#runtime;
    const list = structuredClone(flows);
    if (given?.$) credentials.load(given);
    else if (given) credentials.replace(given);
    credentials.take(list);
    const changed = credentials.takeChange();
    try {
      if (changed) await storage.saveCredentials(changed);
      await storage.saveFlows(list, user);
    } catch (error) {
      log.warn(`Error saving flows: ${error.message}`);
      throw error;
    }
    return this.#replace(
      list,
      new FlowConfig(list, registry),
      this.state === "safe" ? "full" : type,
    );
  }

  async reload() {
    const earlier = this.#config;
    await this.load();
    const next = this.#config;
    this.#config = earlier;
    this.#isStarted = true;
    return this.#replace(next.list, next, "full");
  }

  async #replace(list, config, type) {
    const { log, settings } = this.#runtime;
    settings.safeMode = false;
    const restarts = config.restarts(this.#config, type);
    if (this.#isStarted) await this.#stopNodes(restarts, type);
    this.current = { flows: list, rev: revisionOf(list) };
    this.#config = config;
    log.info("Updated flows");
    if (this.#isStarted) this.start(type);
    this.#emit("runtime-deploy", { revision: this.current.rev });
    return this.current.rev;
  }

  /** Somebody asked for it: leaves safe mode. */
  async startByHand() {
    this.#runtime.settings.safeMode = false;
    this.#runtime.remember(STATE, "start");
    this.start();
  }

  /** They stay stopped, whatever is deployed and over restarts, until `startByHand`. */
  async stopByHand() {
    this.#runtime.remember(STATE, "stop");
    await this.stop();
  }

  /** Starts what does not run yet, unless something is missing. */
  start(type = "full") {
    const { log, events, settings, stored } = this.#runtime;
    this.#isStarted = true;
    this.state = "start";
    if (this.#isIncomplete()) return;
    if (settings.safeMode) {
      this.state = "safe";
      log.info("Flows stopped in safe mode. Deploy to start.");
      this.#emit("runtime-state", { state: "safe", error: "safe-mode", type: "warning" });
      return;
    }
    if (stored[STATE] === "stop") {
      this.state = "stop";
      this.#isStarted = false;
      log.info("Flows stopped");
      this.#emit("runtime-state", { state: "stop" });
      return;
    }
    const what = type === "full" ? "flows" : `modified ${type}`;
    log.info(`Starting ${what}`);
    this.#startNodes();
    events.emit("flows:started", { config: this.current, type });
    this.#emit("runtime-state", { state: "start" });
    log.info(`Started ${what}`);
  }

  #isIncomplete() {
    const { log, settings } = this.#runtime;
    const types = this.#config.missingTypes;
    if (types.length > 0) {
      log.info("Waiting for missing types to be registered:");
      for (const type of types) log.info(` - ${type}`);
      this.#emit("runtime-state", { state: "stop", error: "missing-types", types });
      return true;
    }
    const modules = this.#config.missingModules(settings.userDir);
    if (modules.length === 0) return false;
    log.info("Failed to load external modules required by this flow:");
    for (const { module, error } of modules) log.info(` - ${module} [${error}]`);
    this.#emit("runtime-state", { state: "stop", error: "missing-modules", modules });
    return true;
  }

  #startNodes() {
    const { registry, log } = this.#runtime;
    // Configuration nodes first: the others look them up when they are made.
    const isShared = ({ wires }) => wires === undefined;
    const configs = this.#config.running;
    for (const config of [...configs.filter(isShared), ...configs.filter((c) => !isShared(c))]) {
      const running = this.#nodes.get(config.id);
      if (running) {
        running.wires = config.wires ?? [];
        continue;
      }
      try {
        const NodeType = registry.get(config.type);
        this.#nodes.set(config.id, new NodeType(this.#withVariables(config)));
      } catch (error) {
        log.error(error);
      }
    }
  }

  /** A field, however deep, that is just `${NAME}` stands for the variable. */
  #withVariables(config) {
    const replaced = (value) => {
      if (Array.isArray(value)) return value.map(replaced);
      if (value !== null && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, replaced(v)]));
      }
      const name = typeof value === "string" && /^\$\{(\S+)\}$/.exec(value)?.[1];
      return name ? this.setting(config.z, name) ?? value : value;
    };
    return replaced(structuredClone(config));
  }

  async stop() {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    await this.#stopNodes(new Set(this.#nodes.keys()), "full");
  }

  async #stopNodes(ids, type) {
    const { log, events } = this.#runtime;
    const what = type === "full" ? "flows" : `modified ${type}`;
    log.info(`Stopping ${what}`);
    await Promise.all([...ids].map((id) => this.#close(id)));
    this.state = "stop";
    log.info(`Stopped ${what}`);
    events.emit("flows:stopped", { config: this.current, type });
    this.#emit("runtime-state", { state: "stop" });
  }

  async #close(id) {
    const node = this.#nodes.get(id);
    if (!node) return;
    this.#nodes.delete(id);
    const { log, settings } = this.#runtime;
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(reject, settings.nodeCloseTimeout ?? 15_000, new Error("Close timed out"));
    });
    try {
      await Promise.race([node.close(false), late]);
    } catch (error) {
      log.error(`Error stopping node ${node.type}:${id}: ${error.message}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #emit(id, payload) {
    this.#runtime.events.emit("runtime-event", { id, payload, retain: true });
  }
}

function revisionOf(flows) {
  return crypto.createHash("sha256").update(JSON.stringify(flows)).digest("hex");
}

function failure(code, message, status = 400) {
  return Object.assign(new Error(message), { code, status });
}

module.exports = { Flows };
