"use strict";
// Runs inside Node-RED: shuts the port to strangers and tells the appliance what happens.

const log = require("../log");
const { LoopLag } = require("../lag");
const { installedModules } = require("../modules");

const RESOURCES_EVERY = 10_000;
/** Names in one event: the appliance reads no line of more than 64 KB. */
const MAX_NAMES = 200;
/** Longer than the appliance keeps an idle upstream connection, so Node.js never closes first. */
const KEEP_ALIVE = 75_000;
/** A big palette archive over a slow line; only the appliance can connect. */
const REQUEST_TIMEOUT = 30 * 60_000;

module.exports = (RED) => {
  const { start, guard, test } = RED.settings.lineside;

  function openPort(server) {
    guard.install(server);
    server.keepAliveTimeout = KEEP_ALIVE;
    server.headersTimeout = KEEP_ALIVE + 5_000;
    server.requestTimeout = REQUEST_TIMEOUT;
    server.once("listening", () => log.event("listening", { port: server.address().port }));
  }

  function reportState(payload) {
    switch (payload?.error) {
      case "safe-mode":
        return log.event("safe-mode");
      case "missing-types":
        return log.event("missing-types", { types: payload.types.slice(0, MAX_NAMES) });
      case "missing-modules":
        return log.event("missing-modules", { modules: payload.modules.slice(0, MAX_NAMES) });
      default:
        // Somebody stopped the flows in the editor; Node-RED keeps that over a restart, and no
        // start will ever be told.
        return payload?.state === "stop" && RED.settings.get("runtimeFlowState") === "stop"
          ? log.event("flows:halted")
          : undefined;
    }
  }

  let lastModules = "";
  async function reportModules() {
    const modules = await installedModules(RED.settings.userDir);
    const text = JSON.stringify(modules);
    if (text !== lastModules) log.event("modules", { modules: modules.slice(0, MAX_NAMES) });
    lastModules = text;
  }

  function reportResources(lag) {
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    const { user: cpuUser, system: cpuSystem } = process.cpuUsage();
    log.event("resources", { rss, heapUsed, heapTotal, cpuUser, cpuSystem, ...lag.take() });
  }

  openPort(RED.server);
  test?.install(RED);
  RED.httpAdmin.get("/lineside/alive", (_request, response) => {
    response.json({ instance: start.instance, nonce: start.nonce });
  });
  RED.events.on("flows:started", () => {
    log.event("flows:started");
    reportModules();
  });
  RED.events.on("flows:stopped", () => log.event("flows:stopped"));
  RED.events.on("runtime-event", ({ id, payload }) => {
    if (id === "runtime-state") reportState(payload);
    // Installed or removed in the editor: known at once, without a restart of the flows.
    if (id === "node/added" || id === "node/removed") reportModules();
  });
  const lag = new LoopLag();
  setInterval(() => reportResources(lag), RESOURCES_EVERY).unref();
};
