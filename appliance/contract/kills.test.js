"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { it } = require("node:test");
const { Admin } = require("./client");
const { tab } = require("./flows");
const { onEachRuntime } = require("./runtimes");

const KILLS = process.env.LINESIDE_LONG ? 200 : 20;
/** Milliseconds of deploying before a kill: some hit the first deploy, some a later one. */
const MAX_LIFE = 120;

/** Deploys one numbered flow after the other until the process dies; tells what was acknowledged. */
async function deployUntilKilled(admin, counter, acknowledge) {
  for (;;) {
    counter.value += 1;
    const number = counter.value;
    const info = "x".repeat((number % 7) * 20_000);
    const flows = [{ ...tab(), number, info }];
    try {
      const { status } = await admin.deploy(flows);
      if (status !== 200) throw new Error(`deploy ${number} answered ${status}`);
    } catch (error) {
      if (["ECONNRESET", "ECONNREFUSED", "EPIPE"].includes(error.code)) return;
      throw error;
    }
    acknowledge(number);
  }
}

const numberOf = (flows) => JSON.parse(flows)[0].number;

/** Empties the spool as the appliance does, until the function it returns is called. */
function fetching(instance, kept) {
  const fetch = () => {
    for (const { id, flows } of instance.spooled()) {
      kept.add(numberOf(flows));
      fs.rmSync(path.join(instance.spool, `${id}.json`));
    }
  };
  const timer = setInterval(fetch, 5);
  return () => {
    clearInterval(timer);
    fetch();
  };
}

onEachRuntime("kill -9", (create) => {
  it(`loses no acknowledged deploy in ${KILLS} random kills`, async () => {
    const instance = await create();
    const admin = new Admin(instance);
    const counter = { value: 0 };
    const acknowledged = [];
    const kept = new Set();
    let last = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await instance.run();
      // What runs after a start is never older than what was acknowledged before it.
      const [flow] = (await admin.flows()).flows;
      assert.ok((flow?.number ?? 0) >= last, `runs ${flow?.number} after ${last}`);
      const before = acknowledged.length;
      // Of four kills one comes after an answer, so that on every machine there are some.
      const waits = kill % 4 === 0;
      const die = () => instance.process.kill("SIGKILL");
      if (!waits) setTimeout(die, Math.random() * MAX_LIFE);
      // Every other time the appliance is down meanwhile, and the spool keeps what waits.
      const stopFetching = kill % 2 === 0 ? fetching(instance, kept) : () => {};
      try {
        await deployUntilKilled(admin, counter, (number) => {
          acknowledged.push(number);
          if (waits && acknowledged.length === before + 1) {
            setTimeout(die, Math.random() * MAX_LIFE);
          }
        });
        await instance.exited();
      } finally {
        stopFetching();
      }
      last = acknowledged.at(-1) ?? 0;
    }
    fetching(instance, kept)();
    const lost = acknowledged.filter((number) => !kept.has(number));
    assert.deepEqual(lost, []);
    assert.ok(acknowledged.length >= KILLS / 4, `only ${acknowledged.length} were acknowledged`);
  });
});
