"use strict";

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const { it } = require("node:test");
const { Admin, page, request } = require("./client");
const { tab, runs, answers } = require("./flows");
const { LIMIT } = require("./instance");
const { onEachRuntime } = require("./runtimes");
const { until } = require("./until");

const alive = (instance, timeout) =>
  Promise.race([
    request(instance.port, { path: `${instance.start.adminRoot}lineside/alive` })
      .then(({ status }) => status, () => "refused"),
    new Promise((resolve) => {
      setTimeout(resolve, timeout, "silent").unref();
    }),
  ]);

/** A file system of 1 MB at `folder`, or null where we may not mount one. */
function mountSmallDisk(folder) {
  try {
    const options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder];
    execFileSync("mount", options, { stdio: "ignore" });
    return () => execFileSync("umount", ["-l", folder]);
  } catch {
    return null;
  }
}

onEachRuntime("a fault", (create) => {
  it("of an error in a function node is logged and kills nothing", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(runs('throw new Error("worn out");', { once: true }));
    const record = await instance.record(({ msg }) => /worn out/.test(msg));
    assert.equal(record.level, "error");
    assert.deepEqual([record.type, record.id, record.z, record.name], [
      "function",
      "function1",
      "tab1",
      "work",
    ]);
    assert.equal(await alive(instance, LIMIT), 200);
  });

  it("of an unhandled rejection ends the process with 1, and says why", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(runs(
      'setTimeout(() => { Promise.reject(new Error("gone wrong")); }, 10);',
      { once: true },
    ));
    assert.deepEqual(await instance.exited(), { code: 1, signal: null });
    await instance.rawLine(/^\[red\] Uncaught Exception:/);
    await instance.record(({ level, msg }) => level === "error" && /gone wrong/.test(msg));
  });

  it("of a flow that crashes at each start is broken by safe mode", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(runs(
      'setTimeout(() => { Promise.reject(new Error("again")); }, 10);',
      { once: true },
    ));
    await instance.exited();
    instance.launch();
    assert.equal((await instance.exited()).code, 1);
    instance.launch({ args: ["--safe"] });
    await Promise.all([instance.event("safe-mode"), instance.event("listening")]);
    assert.equal(await alive(instance, LIMIT), 200);
  });

  it("of a busy loop silences the probe and SIGTERM; only SIGKILL ends it", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(runs('node.warn("begins"); for (;;);', { once: true }));
    await instance.record(({ msg }) => msg === "begins");
    assert.equal(await alive(instance, 1000), "silent");
    instance.process.kill("SIGTERM");
    assert.equal(await alive(instance, 1000), "silent");
    assert.equal(instance.process.exitCode, null);
    assert.deepEqual(await instance.signal("SIGKILL"), { code: null, signal: "SIGKILL" });
  });

  it("of a full heap aborts, and V8 says so in the log", async () => {
    const instance = await create();
    await instance.run({ heap: 48 });
    await new Admin(instance).run(runs(
      "const all = []; for (;;) all.push(new Array(1000).fill({}));",
      { once: true },
    ));
    assert.deepEqual(await instance.exited(), { code: null, signal: "SIGABRT" });
    await instance.rawLine(/heap limit|out of memory/);
  });

  for (
    const [what, func] of [
      ["log records", 'node.warn("line " + i)'],
      ["console lines", 'console.log("line " + i)'],
    ]
  ) {
    it(`of a flood of ${what} is cut and counted`, async () => {
      const instance = await create({ maxLogPerSecond: 50 });
      await instance.run();
      await new Admin(instance).run(runs(
        `for (let i = 0; i < 20000; i += 1) ${func}; return msg;`,
        { once: true },
      ));
      await until(() => instance.dropped > 15_000);
      const written = instance.output.lines.filter(({ msg, raw }) => /^line \d/.test(msg ?? raw));
      assert.ok(written.length <= 5000, `written ${written.length}`);
      assert.equal(await alive(instance, LIMIT), 200);
    });
  }

  it("of a monstrous message is cut", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(runs('node.warn("ä\\ud800".repeat(50000));', { once: true }));
    const { msg } = await instance.record((record) => record.msg.startsWith("ä"));
    assert.ok(Buffer.byteLength(msg) <= 8192 && msg.endsWith("…"));
    assert.doesNotMatch(msg, /[\ud800-\udfff]/);
  });

  for (const part of ["spool", "user"]) {
    it(`of a full disk below ${part}/ refuses a deploy and keeps the earlier one`, async (t) => {
      const instance = await create();
      const unmount = mountSmallDisk(`${instance.root}/${part}`);
      if (!unmount) {
        t.skip("no right to mount a small disk here");
        return;
      }
      try {
        await instance.run();
        const admin = new Admin(instance);
        await admin.run(answers("/hi", 'msg.payload = "kept"; return msg;'));
        const before = fs.readFileSync(instance.file("flows.json"), "utf8");
        const big = [tab(), {
          id: "c1",
          type: "comment",
          z: "tab1",
          info: "x".repeat(2_000_000),
          wires: [],
          x: 1,
          y: 1,
        }];
        const refused = await admin.deploy(big);
        assert.equal(refused.status, 507);
        assert.match(refused.json().message, /^The disk is full.*deploy again\.$/);
        assert.equal(fs.readFileSync(instance.file("flows.json"), "utf8"), before);
        assert.equal(instance.spooled().length, 1);
        assert.deepEqual(fs.readdirSync(instance.spool).filter((name) => /tmp/.test(name)), []);
        assert.equal((await page(instance, "hi")).text, "kept");
        await admin.run(answers("/hi", 'msg.payload = "next"; return msg;'));
        assert.equal((await page(instance, "hi")).text, "next");
        assert.equal(instance.spooled().length, 2);
        await instance.signal("SIGTERM");
      } finally {
        unmount();
      }
    });
  }

  it("of a disk that is full at the start keeps no flow from running", async (t) => {
    const instance = await create();
    const unmount = mountSmallDisk(instance.userDir);
    if (!unmount) {
      t.skip("no right to mount a small disk here");
      return;
    }
    try {
      fs.writeFileSync(instance.file("flows.json"), JSON.stringify(answers("/hi")));
      const filler = fs.openSync(instance.file("filler"), "w");
      assert.throws(() => {
        for (;;) fs.writeSync(filler, Buffer.alloc(4096));
      }, { code: "ENOSPC" });
      fs.closeSync(filler);
      await instance.run();
      assert.equal((await page(instance, "hi")).status, 200);
      await instance.signal("SIGTERM");
    } finally {
      unmount();
    }
  });
});
