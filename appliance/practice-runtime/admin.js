"use strict";
// The admin API: the part of Node-RED's that the appliance and its own page use.

const fs = require("node:fs");
const path = require("node:path");
const { needsPermission } = require("./permissions");
const { VERSION } = require("./registry");

const PAGE = fs.readFileSync(path.join(__dirname, "page.html"), "utf8");

class Admin {
  #runtime;

  constructor(runtime) {
    this.#runtime = runtime;
    const { httpAdmin, settings, log } = runtime;
    const needs = needsPermission(settings, log);
    const answer = (work) => (request, response) => this.#answer(work, request, response);
    httpAdmin.get("/", (_request, response) => response.type("text/html").send(PAGE));
    httpAdmin.get("/auth/login", (_request, response) =>
      response.json({
        type: "credentials",
        prompts: [],
      }));
    httpAdmin.get("/settings", needs("settings.read"), answer((r) => this.#settings(r)));
    httpAdmin.get("/flows", needs("flows.read"), answer((r) => this.#getFlows(r)));
    httpAdmin.post("/flows", needs("flows.write"), answer((r) => this.#postFlows(r)));
    httpAdmin.get("/flows/state", needs("flows.read"), answer(() => this.#state()));
    httpAdmin.post("/flows/state", needs("flows.write"), answer((r) => this.#setState(r)));
    httpAdmin.get("/nodes", needs("nodes.read"), answer(() => runtime.registry.list()));
  }

  /** `work` returns what is sent as JSON, undefined for an empty answer; errors are answered. */
  async #answer(work, request, response) {
    try {
      const value = await work(request);
      if (value === undefined) response.status(204).end();
      else response.json(value);
    } catch (error) {
      const { code = "unexpected_error", message } = error;
      this.#runtime.log.audit({ event: "api.error", error: code, message }, request);
      response.status(error.status ?? 400).json({ code, message });
    }
  }

  #settings({ user }) {
    const { httpNodeRoot, editorTheme, externalModules } = this.#runtime.settings;
    return {
      httpNodeRoot,
      version: VERSION,
      practice: true,
      user,
      editorTheme,
      externalModules,
    };
  }

  #getFlows(request) {
    const { flows, rev } = this.#runtime.flows.current;
    return versionOf(request) === "v1" ? flows : { flows, rev };
  }

  async #postFlows(request) {
    const version = versionOf(request);
    const type = request.get("node-red-deployment-type") ?? "full";
    const { flows: manager, log } = this.#runtime;
    log.audit({ event: "flows.set", type }, request);
    const deploy = version === "v1" ? { flows: request.body } : request.body;
    const rev = type === "reload"
      ? await manager.reload()
      : await manager.deploy({ ...deploy, type, user: request.user });
    return version === "v1" ? undefined : { rev };
  }

  #state() {
    return { state: this.#runtime.flows.state };
  }

  async #setState({ body }) {
    const { flows } = this.#runtime;
    if (body.state === "start") await flows.startByHand();
    else if (body.state === "stop") await flows.stopByHand();
    else throw Object.assign(new Error("unknown state"), { code: "invalid_run_state" });
    return this.#state();
  }
}

function versionOf(request) {
  const version = request.get("node-red-api-version") ?? "v1";
  if (version === "v1" || version === "v2") return version;
  throw Object.assign(new Error("Invalid API Version requested"), { code: "invalid_api_version" });
}

module.exports = { Admin };
