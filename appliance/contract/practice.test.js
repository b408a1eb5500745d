"use strict";

const assert = require("node:assert/strict");
const { it } = require("node:test");
const { Admin, request } = require("./client");
const { onEachRuntime } = require("./runtimes");
const { until } = require("./until");

const alive = (instance) =>
  request(instance.port, {
    path: `${instance.start.adminRoot}lineside/alive`,
  });

onEachRuntime("told to by LINESIDE_PRACTICE, it", (create, { isPractice }) => {
  if (!isPractice) return;
  const launch = async (switches) =>
    (await create()).launch({ env: { LINESIDE_PRACTICE: switches } });

  it("crashes", async () => {
    const instance = await launch("crash=50");
    assert.deepEqual(await instance.exited(), { code: 1, signal: null });
    await instance.rawLine(/^\[red\] Uncaught Exception:/);
  });

  it("hangs", async () => {
    const instance = await launch("hang=50");
    await instance.event("listening");
    // It may answer for a while yet.
    await until(() =>
      Promise.race([
        alive(instance).then(() => false),
        new Promise((resolve) => {
          setTimeout(resolve, 1500, true);
        }),
      ])
    );
    assert.equal(instance.process.exitCode, null);
  });

  it("leaks until V8 aborts", async () => {
    const instance = (await create()).launch({ heap: 48, env: { LINESIDE_PRACTICE: "leak" } });
    assert.deepEqual(await instance.exited(), { code: null, signal: "SIGABRT" });
  });

  it("ignores SIGTERM", async () => {
    const instance = await launch("ignore-term");
    await instance.event("listening");
    await until(async () => (await alive(instance)).status === 200);
    instance.process.kill("SIGTERM");
    assert.equal((await alive(instance)).status, 200);
    assert.equal((await alive(instance)).status, 200);
    assert.equal((await instance.signal("SIGKILL")).signal, "SIGKILL");
  });

  it("prints a flood, which is cut", async () => {
    const instance = await launch("flood=20000");
    await until(() => instance.dropped > 10_000);
  });

  it("starts slowly, and dies at once of a signal meanwhile", async () => {
    const instance = await launch("slow-start=60000");
    await new Promise((resolve) => {
      instance.process.once("spawn", resolve);
    });
    assert.deepEqual(await instance.signal("SIGTERM"), { code: null, signal: "SIGTERM" });
  });

  it("says on its page what it is and how to get the real thing", async () => {
    const instance = await (await create()).run();
    const answer = await new Admin(instance).call("GET", "");
    assert.equal(answer.status, 200);
    assert.match(answer.headers["content-type"], /^text\/html/);
    assert.match(answer.text, /stands in for Node-RED/);
    assert.match(answer.text, /lineside stack add/);
  });
});
