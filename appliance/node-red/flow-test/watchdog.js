"use strict";
// Ends a Node-RED whose event loop stands still, or that outlives its test: from a thread of its
// own, which an endless loop in a flow does not stop.

const fs = require("node:fs");
const { Worker, isMainThread, workerData } = require("node:worker_threads");

const EVERY = 250;

/** `stuck` is written with a sentence before the end. Times in milliseconds. */
function watch({ stuck, patience, limit }) {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, {
    workerData: { beats, stuck, patience, limit },
    env: {},
    execArgv: [],
  });
  worker.unref();
  // Without it the flow would run unwatched.
  worker.on("error", (error) => {
    throw error;
  });
  setInterval(() => Atomics.add(beats, 0, 1), EVERY).unref();
}

function guard({ beats, stuck, patience, limit }) {
  const begun = Date.now();
  let last = -1;
  let since = begun;
  setInterval(() => {
    const beat = Atomics.load(beats, 0);
    const now = Date.now();
    if (beat !== last) since = now;
    last = beat;
    if (now - since > patience) {
      end(stuck, `The flow kept Node-RED busy for ${patience / 1000} s: look for an endless loop.`);
    } else if (now - begun > limit) {
      end(stuck, `The test did not end within ${Math.ceil(limit / 1000)} s.`);
    }
  }, EVERY);
}

function end(stuck, sentence) {
  try {
    fs.writeFileSync(stuck, sentence);
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}

if (!isMainThread && workerData?.beats) guard(workerData);

module.exports = { watch };
