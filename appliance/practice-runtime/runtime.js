"use strict";
// Everything in one process, started in the order in which Node-RED starts it.

const { EventEmitter } = require("node:events");
const http = require("node:http");
const { Admin } = require("./admin");
const { Comms } = require("./comms");
const { Contexts } = require("./contexts");
const { Credentials } = require("./credentials");
const { Flows } = require("./flows/flows");
const { Hooks } = require("./hooks");
const { Log } = require("./log");
const { Registry } = require("./registry");
const { needsPermission } = require("./permissions");
const { Router } = require("./web/router");
const util = require("./util");

class Runtime {
  #hasFlows = false;

  constructor(settings) {
    this.settings = settings;
    this.log = new Log(settings.logging);
    this.events = new EventEmitter().setMaxListeners(0);
    this.hooks = new Hooks();
    this.storage = settings.storageModule;
    /** What the storage module keeps besides flows; see `remember`. */
    this.stored = {};
    this.httpAdmin = new Router();
    this.httpNode = new Router();
    this.server = http.createServer((request, response) => this.#route(request, response));
    this.server.setMaxListeners(0);
    this.contexts = new Contexts(settings);
    this.credentials = new Credentials(settings.credentialSecret);
    this.registry = new Registry(this);
    this.flows = new Flows(this);
    this.comms = new Comms(this);
    this.admin = new Admin(this);
  }

  /** What nodes and plugins get: the part of Node-RED's interface that they may use here. */
  get api() {
    const { log, events, hooks, httpAdmin, httpNode, server, registry, flows } = this;
    const settings = { ...this.settings, get: (name) => this.stored[name] };
    return {
      settings,
      log,
      events,
      hooks,
      httpAdmin,
      httpNode,
      server,
      util,
      auth: { needsPermission: needsPermission(settings, log) },
      plugins: { registerPlugin: (id, plugin) => registry.addPlugin(id, plugin) },
      comms: {
        publish: (topic, data, retain) => events.emit("comms", { topic, data, retain }),
      },
      nodes: {
        Node: registry.Node,
        registerType: (type, constructor) => registry.addType(type, constructor),
        getNode: (id) => flows.node(id),
      },
    };
  }

  /** All before the first flow runs. */
  async prepare() {
    await this.storage.init(this.settings, this);
    this.stored = await this.storage.getSettings() ?? {};
    this.#greet();
    this.registry.load();
    await this.contexts.load();
    this.#hasFlows = await this.#loadFlows();
  }

  async start() {
    if (this.#hasFlows) this.flows.start();
    await this.#listen();
  }

  /** Keeps something that is to be known after a restart; does not wait for the disk. */
  remember(name, value) {
    this.stored[name] = value;
    this.storage.saveSettings(this.stored);
  }

  async stop() {
    await this.flows.stop();
    await this.contexts.save();
  }

  #greet() {
    this.log.info("Practice runtime of Lineside: not Node-RED, but answers like it.");
    this.log.info(`Node.js version: ${process.version}`);
    this.log.info(`Settings file: ${this.settings.settingsFile}`);
    this.log.info(`User directory: ${this.settings.userDir}`);
  }

  async #loadFlows() {
    try {
      await this.flows.load();
      return true;
    } catch (error) {
      this.log.warn(`Error loading flows: ${error.message}`);
      return false;
    }
  }

  #listen() {
    const { uiPort, uiHost, httpAdminRoot } = this.settings;
    const url = `http://${uiHost}:${uiPort}${httpAdminRoot}`;
    this.server.on("error", (error) => {
      if (error.code === "EADDRINUSE") {
        this.log.error(`Unable to listen on ${url}`);
        this.log.error("Error: port in use");
      } else {
        this.log.error(error.stack);
      }
      process.exit(1);
    });
    return new Promise((resolve) => {
      this.server.listen(uiPort, uiHost, () => {
        this.log.info(`Server now running at ${url}`);
        resolve();
      });
    });
  }

  #route(request, response) {
    const { httpAdminRoot, httpNodeRoot, httpNodeAuth } = this.settings;
    const [path] = request.url.split("?", 1);
    if (`${path}/` === httpAdminRoot) {
      response.writeHead(301, { location: httpAdminRoot }).end();
    } else if (path.startsWith(httpAdminRoot)) {
      this.httpAdmin.handle(request, response, httpAdminRoot);
    } else if (path.startsWith(httpNodeRoot)) {
      httpNodeAuth(request, response, () => {
        this.httpNode.handle(request, response, httpNodeRoot);
      });
    } else {
      response.writeHead(404).end();
    }
  }
}

module.exports = { Runtime };
