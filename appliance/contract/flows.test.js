"use strict";

const assert = require("node:assert/strict");
const { it } = require("node:test");
const { Admin, page } = require("./client");
const { tab, runs, answers } = require("./flows");
const { LiveSocket } = require("./live-socket");
const { onEachRuntime } = require("./runtimes");

const node = (id, type, wires, rest = {}) => ({
  id,
  type,
  z: "tab1",
  name: "",
  x: 1,
  y: 1,
  wires,
  ...rest,
});
const fn = (id, func, wires, outputs = 1) =>
  node(id, "function", wires, {
    func,
    outputs,
    timeout: 0,
    noerr: 0,
    initialize: "",
    finalize: "",
    libs: [],
  });

/** GET /try answers with what `nodes` make of it; they start at `first` and end at `out1`. */
const between = (nodes) => [
  tab(),
  node("in1", "http in", [["first"]], { url: "/try", method: "get" }),
  ...nodes,
  node("out1", "http response", [], { statusCode: "", headers: {} }),
];

/** Nodes that both runtimes must answer alike: name → [nodes, expected answer]. */
const CASES = {
  change: [[node("first", "change", [["out1"]], {
    rules: [
      { t: "set", p: "payload", pt: "msg", to: '{"a":{"b":[1,2,3]}}', tot: "json" },
      { t: "move", p: "payload.a.b", pt: "msg", to: "payload.list", tot: "msg" },
      { t: "set", p: "payload.text", pt: "msg", to: "one two two", tot: "str" },
      { t: "change", p: "payload.text", pt: "msg", from: "two", fromt: "str", to: "2", tot: "str" },
      { t: "delete", p: "payload.a", pt: "msg" },
      { t: "set", p: "kept", pt: "flow", to: "7", tot: "num" },
      { t: "set", p: "payload.kept", pt: "msg", to: "kept", tot: "flow" },
    ],
  })], { list: [1, 2, 3], text: "one 2 2", kept: 7 }],
  switch: [[
    fn("first", "return [[{...msg, payload: 5}]];", [["switch1"]]),
    node("switch1", "switch", [["wrong"], ["right"], ["wrong"]], {
      property: "payload",
      propertyType: "msg",
      checkall: "false",
      repair: false,
      outputs: 3,
      rules: [
        { t: "lt", v: "5", vt: "num" },
        { t: "btwn", v: "4", vt: "num", v2: "6", v2t: "num" },
        { t: "else" },
      ],
    }),
    fn("wrong", 'msg.payload = "wrong"; return msg;', [["out1"]]),
    fn("right", 'msg.payload = "right"; return msg;', [["out1"]]),
  ], "right"],
  template: [[
    fn(
      "first",
      'msg.payload = { list: ["a", "b"], html: "<b>", yes: true }; flow.set("f", 3); return msg;',
      [["t1"]],
    ),
    node("t1", "template", [["out1"]], {
      field: "payload",
      fieldType: "msg",
      format: "handlebars",
      syntax: "mustache",
      output: "str",
      template: "{{#payload.list}}[{{.}}]{{/payload.list}} {{payload.html}} {{{payload.html}}} " +
        "{{^payload.no}}none{{/payload.no}}{{! note }} {{flow.f}}",
    }),
  ], "[a][b] &lt;b&gt; <b> none 3"],
  delay: [[
    node("first", "delay", [["done"]], {
      pauseType: "delay",
      timeout: "20",
      timeoutUnits: "milliseconds",
      rate: "1",
      nbRateUnits: "1",
      rateUnits: "second",
      randomFirst: "1",
      randomLast: "5",
      randomUnits: "seconds",
      drop: false,
      allowrate: false,
      outputs: 1,
    }),
    fn("done", 'msg.payload = "later"; return msg;', [["out1"]]),
  ], "later"],
  "link in and out": [[
    node("first", "link out", [], { mode: "link", links: ["link1"] }),
    node("link1", "link in", [["done"]], { links: ["first"] }),
    fn("done", 'msg.payload = "linked"; return msg;', [["out1"]]),
  ], "linked"],
  "link call": [[
    node("first", "link call", [["out1"]], { links: ["link1"], linkType: "static", timeout: "5" }),
    node("link1", "link in", [["work"]], { links: [] }),
    fn("work", 'msg.payload = "returned"; return msg;', [["back"]]),
    node("back", "link out", [], { mode: "return", links: [] }),
  ], "returned"],
  catch: [[
    fn("first", 'throw new Error("jammed");', [[]]),
    node("catch1", "catch", [["tell"]], { scope: null, uncaught: false }),
    fn(
      "tell",
      "msg.payload = { message: msg.error.message, source: msg.error.source.id }; return msg;",
      [["out1"]],
    ),
  ], { message: "Error: jammed", source: "first" }],
  complete: [[
    fn("first", 'msg.payload = "through"; node.done(); return null;', [[]]),
    node("complete1", "complete", [["out1"]], { scope: ["first"], uncaught: false }),
  ], "through"],
  "two outputs": [[
    fn("first", 'return [null, { ...msg, payload: "second" }];', [["wrong"], ["out1"]], 2),
    fn("wrong", 'msg.payload = "first"; return msg;', [["out1"]]),
  ], "second"],
  "function memory": [[fn(
    "first",
    `
        context.set("n", (context.get("n") || 0) + 1); flow.set("a.b", 2); global.set("g", [1]);
        const shared = [flow.get("a"), global.get("g[0]"), flow.keys(), env.get("TZ")];
        msg.payload = [context.get("n"), ...shared];
        return msg;`,
    [["out1"]],
  )], [1, { b: 2 }, 1, ["a"], "UTC"]],
};

onEachRuntime("a flow", (create) => {
  it("answers HTTP requests with their query, parameters, body and headers", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(
      answers(
        "/machines/:id",
        "msg.payload = { id: msg.req.params.id, got: msg.payload }; msg.statusCode = 201;" +
          'msg.headers = { "x-line": "3" }; return msg;',
        "post",
      ),
    );
    const answer = await page(instance, "machines/a%20b", { method: "POST", body: { on: true } });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers["x-line"], "3");
    assert.deepEqual(answer.json(), { id: "a b", got: { on: true } });
    assert.equal((await page(instance, "machines")).status, 404);
  });

  it("shows on the live connection what an injected message becomes", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    await admin.run(runs(
      'node.status({fill:"green",shape:"dot",text:"ran"});' +
        'msg.payload += "!"; return msg;',
    ));
    const live = await LiveSocket.open(instance);
    assert.equal((await admin.call("POST", "inject/inject1", { body: {} })).status, 200);
    const shown = await live.topic("debug");
    assert.deepEqual([shown.id, shown.z, shown.name, shown.property, shown.format, shown.msg], [
      "debug1",
      "tab1",
      "out",
      "payload",
      "string[6]",
      "hello!",
    ]);
    assert.equal((await live.topic("status/function1")).text, "ran");
    assert.equal((await admin.call("POST", "inject/nobody", { body: {} })).status, 404);
    live.close();
  });

  it("tells the live connection of deploys and of being stopped", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    const live = await LiveSocket.open(instance);
    live.send({ subscribe: "notification/#" });
    const { rev } = (await admin.run([tab()])).json();
    await live.topic("notification/runtime-deploy", ({ revision }) => revision === rev);
    const stopped = await admin.call("POST", "flows/state", { body: { state: "stop" } });
    assert.deepEqual(stopped.json(), { state: "stop" });
    await live.topic("notification/runtime-state", ({ state }) => state === "stop");
    const started = instance.count("flows:started");
    await admin.call("POST", "flows/state", { body: { state: "start" } });
    await instance.event("flows:started", started);
    live.close();
  });

  it("runs by itself: once, then again and again", async () => {
    const instance = await (await create()).run();
    const flows = runs('node.warn("tick"); return msg;', { once: true });
    flows[1].repeat = "0.05";
    await new Admin(instance).run(flows);
    const live = await LiveSocket.open(instance);
    await live.topic("debug", ({ format }) => format === "string[5]");
    live.messages.length = 0;
    await live.topic("debug", ({ format }) => format === "string[5]");
    live.close();
  });

  it("sees the variables of its tab", async () => {
    const instance = await (await create()).run();
    const flows = answers("/hi", 'msg.payload = env.get("LINE"); return msg;');
    flows[0].env = [{ name: "LINE", value: "three", type: "str" }];
    await new Admin(instance).run(flows);
    assert.equal((await page(instance, "hi")).text, "three");
  });

  for (const [what, [nodes, expected]] of Object.entries(CASES)) {
    it(`does what its nodes say: ${what}`, async () => {
      const instance = await (await create()).run();
      await new Admin(instance).run(between(nodes));
      const { status, text } = await page(instance, "try");
      assert.equal(status, 200, text);
      if (typeof expected === "string") assert.equal(text, expected);
      else assert.deepEqual(JSON.parse(text), expected);
    });
  }

  it("that is disabled does not run", async () => {
    const instance = await (await create()).run();
    const flows = answers("/hi");
    flows[0].disabled = true;
    await new Admin(instance).run(flows);
    assert.equal((await page(instance, "hi")).status, 404);
  });
});
