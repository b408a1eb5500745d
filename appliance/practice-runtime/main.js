"use strict";
// The practice runtime: stands in where no Node-RED is installed, so that the appliance can be
// tried and tested. It takes the same arguments, settings file and signals, prints the same lines
// and ends with the same exit codes; it knows only the nodes that recipes
// use and has no graphical editor.

const path = require("node:path");
const { parseArgs } = require("node:util");
const { Runtime } = require("./runtime");
const { Switches } = require("./switches");

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"];

function readArguments() {
  const { values } = parseArgs({
    options: {
      settings: { type: "string" },
      userDir: { type: "string" },
      safe: { type: "boolean" },
    },
  });
  if (!values.settings || !values.userDir) throw new Error("--settings and --userDir are needed");
  return values;
}

/** Exits 1 where the settings file does not load, as Node-RED does. */
function loadSettings({ settings: file, userDir, safe }) {
  try {
    const fromEnvironment = /^(?!false$).+/i.test(process.env.NODE_RED_ENABLE_SAFE_MODE ?? "");
    return {
      ...require(path.resolve(file)),
      settingsFile: file,
      userDir: path.resolve(userDir),
      safeMode: safe || fromEnvironment,
    };
  } catch (error) {
    console.log(`Error loading settings file: ${file}`);
    console.log(error);
    return process.exit(1);
  }
}

function dieOfUncaught(log) {
  process.on("uncaughtException", (error) => {
    console.log("[red] Uncaught Exception:");
    log.error(error?.stack ?? error);
    process.exit(1);
  });
}

async function main() {
  const runtime = new Runtime(loadSettings(readArguments()));
  const switches = new Switches(process.env.LINESIDE_PRACTICE, runtime.log);
  dieOfUncaught(runtime.log);
  await switches.beforeStart();
  await runtime.prepare();
  // Not earlier: a signal during the start ends the process by its default action.
  let isStopping = false;
  for (const signal of switches.ignoresTerm ? ["SIGTERM"] : STOP_SIGNALS) {
    process.on(signal, async () => {
      if (isStopping || switches.ignoresTerm) return;
      isStopping = true;
      await runtime.stop();
      process.exit();
    });
  }
  process.title = "lineside-practice";
  await runtime.start();
  switches.afterStart();
}

main();
