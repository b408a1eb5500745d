"use strict";
// Runs one test case inside a throw-away Node-RED: mocks what leaves the box, feeds messages in,
// looks at what arrives, writes what came of it and ends the process.
//
// The folder that `start.test` names holds case.json; result.json appears there, is whole at any
// time and says `running` until the end. A step `restart` ends the process with the state
// `restart`: whoever started it starts it again on the same user directory.

const fs = require("node:fs");
const path = require("node:path");
const { readCase } = require("./flow-test/case");
const { Arrivals } = require("./flow-test/arrivals");
const { Report } = require("./flow-test/report");
const { Steps, Failure } = require("./flow-test/steps");
const { watch } = require("./flow-test/watchdog");
const { withMocks, registerMock } = require("./flow-test/mocks");

/** Milliseconds that an event loop may stand still. */
const PATIENCE = 10_000;
/** Milliseconds for the start of Node-RED and for its stop at a restart. */
const AROUND = 60_000;

class TestRunner {
  #directory;
  #case = null;
  #flows = [];
  #mocked = new Map();
  #isBegun = false;
  #port = null;

  constructor(directory) {
    this.#directory = directory;
    this.report = new Report(directory);
    this.#guarded(() => {
      this.#case = readCase(JSON.parse(fs.readFileSync(path.join(directory, "case.json"), "utf8")));
      this.report.write("running");
    });
    watch({
      stuck: path.join(directory, "stuck"),
      patience: PATIENCE,
      limit: AROUND + (this.#case?.steps ?? []).reduce((sum, step) => sum + this.#limit(step), 0),
    });
  }

  #limit({ kind, timeout = this.#case.timeout, for: time }) {
    return { send: 0, expectNone: time, restart: AROUND }[kind] ?? timeout;
  }

  /** The storage module with flows in which mocks stand. */
  storage(storage, area) {
    return {
      ...storage,
      getFlows: async () => {
        const flows = await storage.getFlows();
        return this.#guarded(() => {
          const mocked = withMocks(flows, this.#case, area);
          this.#flows = flows;
          this.#mocked = mocked.mocked;
          this.#checkPlaces(flows);
          return mocked.flows;
        });
      },
    };
  }

  #checkPlaces(flows) {
    const ids = new Set(flows.map(({ id }) => id));
    for (const [index, { to, at }] of this.#case.steps.entries()) {
      const id = to ?? at;
      if (id !== undefined && !ids.has(id)) {
        throw new Error(`Step ${index + 1}: there is no node "${id}" in the flows.`);
      }
    }
  }

  /** Called by our plugin, before any flow runs. */
  install(RED) {
    this.#guarded(() => {
      registerMock(RED, (node, msg, send, done) => this.#answer(node, msg, send, done));
      this.#listen(RED);
    });
  }

  #listen(RED) {
    const looked = this.#case.steps.map(({ at }) => at).filter(Boolean);
    const arrivals = new Arrivals(looked, (msg) => RED.util.cloneMessage(msg));
    RED.hooks.add("onReceive.lineside", ({ msg, destination }) => {
      arrivals.add(destination.node?._alias ?? destination.id, msg);
    });
    RED.log.addHandler({
      emit: (_event, record) => {
        if (record.level > RED.log.WARN) return;
        const who = record.name || record.type;
        this.report.say(`${who ? `${who}: ` : ""}${record.msg?.message ?? record.msg}`);
      },
    });
    const begin = () => {
      if (this.#isBegun || !this.#port || !this.#isRunning) return;
      this.#isBegun = true;
      this.#run(RED, arrivals).catch((error) => this.#fail(error));
    };
    RED.server.once("listening", () => {
      this.#port = RED.server.address().port;
      begin();
    });
    RED.events.on("flows:started", () => {
      this.#isRunning = true;
      begin();
    });
    RED.events.on("runtime-event", ({ id, payload }) => {
      if (id !== "runtime-state") return;
      const { error, types = [], modules = [] } = payload ?? {};
      if (error === "missing-types") {
        const { length } = types;
        this.#fail(
          new Error(
            `${length === 1 ? "A type of node is" : "Types of nodes are"} not installed: ` +
              `${types.join(", ")}. Install the package, or name these nodes in "mocks".`,
          ),
        );
      } else if (error === "missing-modules") {
        const names = modules.map(({ module }) => module?.module ?? module);
        this.#fail(new Error(`Packages of function nodes are missing: ${names.join(", ")}.`));
      }
    });
  }

  #isRunning = false;

  async #run(RED, arrivals) {
    const { start } = RED.settings.lineside;
    const nodes = new Map(this.#flows.map(({ id, name, type }) => [id, name || `the ${type}`]));
    const wired = new Set(this.#flows.flatMap(({ wires }) => wires ?? []).flat());
    const steps = new Steps({
      RED,
      arrivals,
      nodes,
      timeout: this.#case.timeout,
      area: RED.settings.fileWorkingDirectory ?? process.cwd(),
      // A mock takes what comes, but to one that no wire leads to nothing ever came.
      isSource: (id) => this.#mocked.has(id) && !wired.has(id) && !this.#answers(id),
      page: () => ({ port: this.#port, root: start.nodeRoot, secret: start.pageSecret }),
    });
    const { report } = this;
    const all = this.#case.steps;
    for (let index = report.steps.length; index < all.length; index += 1) {
      const step = all[index];
      const done = { index, kind: step.kind, text: steps.text(step) };
      if (step.kind === "restart") {
        report.steps.push({ ...done, state: "passed", ms: 0 });
        report.write("restart");
        this.#stop();
        return;
      }
      const begun = performance.now();
      const failure = await outcome(() => steps.run(step));
      const ms = Math.round(performance.now() - begun);
      if (failure) {
        const { message, expected, got } = failure;
        report.steps.push({ ...done, state: "failed", ms, detail: message, expected, got });
        for (const [skipped, rest] of all.entries()) {
          if (skipped <= index) continue;
          const { kind } = rest;
          report.steps.push({ index: skipped, kind, state: "skipped", text: steps.text(rest) });
        }
        break;
      }
      report.steps.push({ ...done, state: "passed", ms });
      report.write("running");
    }
    if (arrivals.lost > 0) {
      report.say(`${arrivals.lost} messages came too many at once and were not looked at.`);
    }
    this.#end(report.steps.some(({ state }) => state === "failed") ? "failed" : "passed");
  }

  #answers(id) {
    return this.#case.mocks.some((mock) => mock.node === id && (mock.answers ?? mock.fails));
  }

  /** What a mock does with a message. */
  #answer(node, msg, send, done) {
    const id = node._alias ?? node.id;
    const { isNamed, type } = this.#mocked.get(id) ?? {};
    const { answers, fails } = this.#case.mocks.find((mock) => mock.node === id) ?? {};
    if (fails !== undefined) {
      done(new Error(fails));
      return;
    }
    const count = this.report.answered[id] ?? 0;
    this.report.answered[id] = count + 1;
    const answer = answers?.[count];
    if (answer?.$fails !== undefined) {
      done(new Error(String(answer.$fails)));
      return;
    }
    if (answer === undefined && !isNamed && count === 0 && node.wires?.some((w) => w.length > 0)) {
      this.report.say(
        `${node.name || type} leaves the box, so it is mocked and answers nothing. Name it in ` +
          '"mocks" with "answers" if the flow waits for one.',
      );
    }
    if (answer !== undefined && answer !== null) send(merged(msg, answer));
    done();
  }

  /** Runs `body`; what it throws becomes the result. */
  #guarded(body) {
    try {
      return body();
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error) {
    this.report.error ??= error.message;
    this.#end("error");
  }

  #end(state) {
    this.report.write(state);
    process.exit(0);
  }

  /** As the supervisor does it: the flows get the time to close. */
  #stop() {
    process.kill(process.pid, "SIGTERM");
    // Longer than nodeCloseTimeout.
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 20_000).unref();
  }
}

async function outcome(body) {
  try {
    await body();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    return new Failure(`The step can't be done: ${error?.message ?? error}`);
  }
}

/** The answer over the message, for each output if it is a list. */
function merged(msg, answer) {
  if (Array.isArray(answer)) return answer.map((one) => one === null ? null : merged(msg, one));
  return { ...msg, ...structuredClone(answer) };
}

module.exports = { TestRunner };
