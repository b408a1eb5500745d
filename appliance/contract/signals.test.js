"use strict";

const assert = require("node:assert/strict");
const { it } = require("node:test");
const { Admin } = require("./client");
const { runs } = require("./flows");
const { LiveSocket } = require("./live-socket");
const { onEachRuntime } = require("./runtimes");

onEachRuntime("a signal", (create) => {
  for (const name of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR2"]) {
    it(`${name} stops the flows and ends with 0`, async () => {
      const instance = await (await create()).run();
      assert.deepEqual(await instance.signal(name), { code: 0, signal: null });
      await instance.event("flows:stopped");
    });
  }

  it("stops although an editor is connected and a message is on its way", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(runs("setTimeout(() => node.send(msg), 60000);", { once: true }));
    const live = await LiveSocket.open(instance);
    assert.deepEqual(await instance.signal("SIGTERM"), { code: 0, signal: null });
    live.close();
  });

  it("before the flows run ends the process at once", async () => {
    const instance = await create();
    // On a busy machine the signal may come too late for what is to be seen: then once more.
    for (let tries = 0, isEarly = false; !isEarly; tries += 1) {
      assert.ok(tries < 20, "the flows ran before any signal");
      instance.launch();
      await new Promise((resolve) => {
        instance.process.once("spawn", resolve);
      });
      const { code, signal } = await instance.signal("SIGTERM");
      assert.ok(signal === "SIGTERM" || code === 0, `${code} ${signal}`);
      isEarly = instance.count("flows:started") === 0;
    }
  });

  it("waits for a close handler, and in the end not longer than it must", {
    skip: process.env.LINESIDE_LONG ? false : "takes 15 s; LINESIDE_LONG=1 runs it",
  }, async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(
      runs('node.on("close", (done) => {}); return msg;', { once: true }),
    );
    const live = await LiveSocket.open(instance);
    await live.topic("debug");
    assert.deepEqual(await instance.signal("SIGTERM"), { code: 0, signal: null });
    await instance.record(({ level, msg }) => level === "error" && /[Cc]lose timed out/.test(msg));
  });
});
