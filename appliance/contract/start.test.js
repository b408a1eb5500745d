"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const http = require("node:http");
const { it } = require("node:test");
const { Admin, page, request } = require("./client");
const { tab, runs, answers } = require("./flows");
const { LiveSocket } = require("./live-socket");
const { onEachRuntime } = require("./runtimes");
const { until } = require("./until");

const UNKNOWN = [tab(), { id: "n1", type: "no-such-node", z: "tab1", wires: [], x: 1, y: 1 }];

onEachRuntime("a start", (create) => {
  it("tells when it listens, when the flows run, and what is installed", async () => {
    const instance = await (await create()).run();
    const listening = await instance.event("listening");
    assert.equal(listening.port, instance.port);
    assert.equal(listening.nonce, instance.start.nonce);
    assert.ok(Math.abs(listening.t - Date.now()) < 60_000);
    assert.deepEqual((await instance.event("modules")).modules, []);
  });

  it("names modules that were installed, with their versions", async () => {
    const instance = await create();
    const folder = instance.file("node_modules/some-module");
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(`${folder}/package.json`, '{"name":"some-module","version":"1.2.3"}');
    fs.writeFileSync(
      instance.file("package.json"),
      JSON.stringify({
        name: "x",
        version: "1.0.0",
        dependencies: { "some-module": "~1.2.0", gone: "~1.0.0" },
      }),
    );
    await instance.run();
    const { modules } = await instance.event("modules");
    assert.deepEqual(modules, [{ name: "some-module", version: "1.2.3" }]);
  });

  it("tells of its resources", async () => {
    const instance = await (await create()).run();
    const used = await instance.event("resources");
    assert.ok(used.rss > used.heapUsed && used.heapUsed > 1_000_000);
    for (const key of ["heapTotal", "cpuUser", "cpuSystem", "lagMeanMs", "lagMaxMs"]) {
      assert.ok(Number.isFinite(used[key]) && used[key] >= 0, key);
    }
  });

  it("answers the probe with who it is, to anybody", async () => {
    const instance = await (await create()).run();
    const { nonce, adminRoot } = instance.start;
    const answer = await request(instance.port, { path: `${adminRoot}lineside/alive` });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json(), { instance: instance.id, nonce });
  });

  it("in safe mode shows the flows and does not run them, until the next deploy", async () => {
    const instance = await create();
    const flows = answers("/hi");
    fs.writeFileSync(instance.file("flows.json"), JSON.stringify(flows));
    instance.launch({ args: ["--safe"] });
    await Promise.all([instance.event("safe-mode"), instance.event("listening")]);
    const admin = new Admin(instance);
    assert.deepEqual((await admin.flows()).flows, flows);
    assert.deepEqual((await admin.call("GET", "flows/state")).json(), { state: "safe" });
    assert.equal((await page(instance, "hi")).status, 404);
    const live = await LiveSocket.open(instance);
    live.send({ subscribe: "notification/#" });
    const told = await live.topic("notification/runtime-state");
    assert.equal(told.error, "safe-mode");
    live.close();
    await admin.run(flows);
    assert.equal((await page(instance, "hi")).status, 200);
  });

  it("names missing node types and runs nothing", async () => {
    const instance = await create();
    fs.writeFileSync(instance.file("flows.json"), JSON.stringify([...answers("/hi"), UNKNOWN[1]]));
    instance.launch();
    assert.deepEqual((await instance.event("missing-types")).types, ["no-such-node"]);
    await instance.event("listening");
    assert.equal((await page(instance, "hi")).status, 404);
    await new Admin(instance).run(answers("/hi"));
    assert.equal((await page(instance, "hi")).status, 200);
  });

  it("names missing modules of function nodes and runs nothing", async () => {
    const instance = await create();
    const flows = runs("return msg;");
    flows[2].libs = [{ var: "x", module: "no-such-module" }];
    fs.writeFileSync(instance.file("flows.json"), JSON.stringify(flows));
    instance.launch();
    const { modules } = await instance.event("missing-modules");
    assert.deepEqual(modules.map(({ module }) => module), ["no-such-module"]);
  });

  it("leaves flows stopped that somebody stopped by hand, and says so", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    await admin.run(answers("/hi"));
    await admin.call("POST", "flows/state", { body: { state: "stop" } });
    await instance.event("flows:halted");
    const config = instance.file(".config.json");
    await until(() =>
      fs.existsSync(config) &&
      /"runtimeFlowState": "stop"/.test(fs.readFileSync(config))
    );
    await instance.signal("SIGTERM");
    instance.launch();
    await Promise.all([instance.event("flows:halted"), instance.event("listening")]);
    assert.equal((await page(instance, "hi")).status, 404);
    await admin.deploy(answers("/hi"));
    assert.equal(instance.count("flows:started"), 0);
    await admin.call("POST", "flows/state", { body: { state: "start" } });
    await instance.event("flows:started");
    assert.equal((await page(instance, "hi")).status, 200);
  });

  for (
    const [what, text] of [
      ["broken", '[{"id":'],
      ["empty", ""],
      ["no list", '{"id":"a"}'],
    ]
  ) {
    it(`ends with 78 and keeps flows.json if it is ${what}`, async () => {
      const instance = await create();
      fs.writeFileSync(instance.file("flows.json"), text);
      instance.launch();
      assert.deepEqual(await instance.exited(), { code: 78, signal: null });
      assert.match((await instance.event("flows-unreadable")).error, /flows\.json/);
      assert.equal(fs.readFileSync(instance.file("flows.json"), "utf8"), text);
    });
  }

  for (const [what, text] of [["missing", null], ["broken", "{"], ["of another form", "{}"]]) {
    it(`ends with 79 if start.json is ${what}`, async () => {
      const instance = await create();
      if (text !== null) fs.writeFileSync(`${instance.root}/start.json`, text);
      instance.launch({ writeStart: false });
      const sentence = instance.rawLine(/can't start/);
      assert.deepEqual(await instance.exited(), { code: 79, signal: null });
      await sentence;
    });
  }

  it("runs without credentials, and says so, if the secret is another one", async () => {
    const instance = await create();
    fs.writeFileSync(instance.file("flows.json"), JSON.stringify(answers("/hi")));
    const sealed = `{"$":"${"0f".repeat(16)}${
      Buffer.from("not with this key").toString("base64")
    }"}`;
    fs.writeFileSync(instance.file("flows_cred.json"), sealed);
    await instance.run();
    assert.match((await instance.event("credentials-unreadable")).error, /flows_cred\.json/);
    assert.equal((await page(instance, "hi")).status, 200);
    assert.equal(fs.readFileSync(instance.file("flows_cred.json"), "utf8"), sealed);
  });

  it("ends with 1 and a sentence if the port is taken", async () => {
    const stranger = http.createServer((_request, response) => response.end("somebody else"));
    await new Promise((resolve) => {
      stranger.listen(0, "127.0.0.1", resolve);
    });
    try {
      const instance = await create({ port: stranger.address().port });
      instance.launch();
      assert.deepEqual(await instance.exited(), { code: 1, signal: null });
      await instance.record(({ level, msg }) => level === "error" && /port in use/.test(msg));
    } finally {
      stranger.close();
    }
  });

  it("listens on loopback only", async () => {
    const instance = await (await create()).run();
    const hex = instance.port.toString(16).toUpperCase().padStart(4, "0");
    const listeners = fs.readFileSync("/proc/net/tcp", "utf8").split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === "0A");
    assert.deepEqual(listeners.map(([, local]) => local), [`0100007F:${hex}`]);
    assert.ok(
      !fs.readFileSync("/proc/net/tcp6", "utf8").includes(
        `:${hex} 0000000000000000` +
          "0000000000000000:0000 0A",
      ),
    );
  });
});
