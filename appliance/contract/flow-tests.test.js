"use strict";

const assert = require("node:assert/strict");
const { it } = require("node:test");
const { fn, node } = require("./feed");
const { tab } = require("./flows");
const { assertPassed, runCase } = require("./flow-tests");
const { onEachRuntime } = require("./runtimes");

const FORMAT = "lineside-flow-test/1";
const testOf = (steps, rest = {}) => ({ format: FORMAT, name: "a test", steps, ...rest });

const source = node("source", "inject", [["limit"]], { props: [{ p: "payload", v: "7" }] });
const limit = fn("limit", "return msg.payload > Number(env.get('LIMIT')) ? msg : null;", [["out"]]);
const out = node("out", "debug", [], { complete: "true", targetType: "full", active: false });
const FLOWS = [tab(), source, { ...limit, name: "Above" }, out];

const request = node("first", "http request", [["out"]], {
  method: "GET",
  url: "http://127.0.0.1:1/",
  ret: "obj",
});

onEachRuntime("a flow test", (create) => {
  const run = (test, flows = FLOWS, rest = {}) => runCase(create, { test, flows, ...rest });

  it("sends in, and looks at what arrives", async () => {
    const test = testOf([
      { send: { payload: 9, list: [{ a: 1, b: 2 }], text: "press 4" }, to: "limit" },
      {
        expect: {
          payload: { $gt: 8, $lte: 9 },
          list: [{ a: { $near: [1.05, 0.1] } }],
          text: { $match: "^press \\d$" },
          nothing: { $exists: false },
        },
        at: "out",
      },
      { send: { payload: 8 }, to: "limit" },
      { expectNone: true, at: "out", for: 100 },
      { send: { payload: 10, topic: "t" }, to: "source" },
      { expect: { payload: 10, topic: "t" }, at: "out" },
    ], { environment: { LIMIT: "8" } });
    const result = await run(test);
    assertPassed(result);
    assert.deepEqual(result.steps.map(({ state }) => state), Array(6).fill("passed"));
  });

  it("names the step that failed, what was expected and what came", async () => {
    const result = await run(testOf([
      { says: "A hot oven is told", send: { payload: 9 }, to: "limit" },
      { expect: { payload: 5 }, at: "out" },
      { restart: true },
    ], { environment: { LIMIT: "1" } }));
    assert.equal(result.state, "failed");
    const [first, second, third] = result.steps;
    assert.deepEqual([first.text, first.state], ["A hot oven is told", "passed"]);
    assert.equal(second.detail, "What arrived at the debug is not what was expected.");
    assert.equal(second.expected, '{"payload":5}');
    assert.equal(second.got, '{"payload":9}');
    assert.equal(third.state, "skipped");
  });

  it("says that nothing arrived, and that something did", async () => {
    const late = await run(testOf([{ expect: {}, at: "out", timeout: 50 }]));
    assert.equal(late.steps[0].detail, "Nothing arrived at the debug within 50 ms.");
    const early = await run(testOf([
      { send: { payload: 9 }, to: "limit" },
      { expectNone: true, at: "limit", for: 50 },
    ]));
    assert.equal(early.steps[1].detail, "Something arrived at Above.");
  });

  it("mocks what leaves the box, with answers, faults and silence", async () => {
    const flows = [
      tab(),
      request,
      out,
      node("catch", "catch", [["told"]], { scope: ["first"] }),
      { ...out, id: "told" },
      node("subscribed", "mqtt in", [["out"]], { topic: "a", qos: "0", broker: "broker" }),
      { id: "broker", type: "mqtt-broker", broker: "127.0.0.1", port: "1" },
    ];
    const result = await run(
      testOf([
        { send: { payload: "ask" }, to: "first" },
        { expect: { payload: "ask" }, at: "first" },
        { expect: { payload: { ok: true }, statusCode: 200 }, at: "out" },
        { send: {}, to: "first" },
        { expect: { error: { message: { $contains: "ECONNREFUSED" } } }, at: "told" },
        { send: {}, to: "first" },
        { expectNone: true, at: "out", for: 50 },
        { send: { topic: "a", payload: "on" }, to: "subscribed" },
        { expect: { topic: "a", payload: "on" }, at: "out" },
      ], {
        mocks: [{
          node: "first",
          answers: [{ payload: { ok: true }, statusCode: 200 }, { $fails: "ECONNREFUSED" }],
        }],
      }),
      flows,
    );
    assertPassed(result);
  });

  it("tells of a mock that was asked and has no answer", async () => {
    const steps = [{ send: {}, to: "first" }, { expectNone: true, at: "out", for: 50 }];
    const before = node("before", "junction", [["first"]]);
    const result = await run(testOf(steps), [tab(), before, request, out]);
    assertPassed(result);
    assert.match(result.log.join("\n"), /leaves the box, so it is mocked and answers nothing/);
  });

  it("mocks any node that it is told to, also of a type that is not installed", async () => {
    const flows = [
      tab(),
      node("write", "press-plc", []),
      node("plc", "press-plc", [["out"], ["out"]]),
      node("to", "junction", [["write"]]),
      out,
    ];
    const test = testOf([
      { send: { payload: 1 }, to: "to" },
      { expect: { payload: 1 }, at: "write" },
      { send: { payload: 3 }, to: "plc", port: 1 },
      { expect: { payload: 3 }, at: "out" },
    ], { mocks: [{ node: "plc" }, { node: "write" }] });
    assertPassed(await run(test, flows));
    const bare = await run(testOf([{ send: {}, to: "plc" }]), flows);
    assert.equal(bare.state, "error");
    assert.match(bare.detail, /not installed: press-plc\. Install the package, or name/);
  });

  it("leaves real what it is told to", async () => {
    const steps = [
      { send: {}, to: "first" },
      { expect: { statusCode: "ECONNREFUSED" }, at: "out" },
    ];
    assertPassed(await run(testOf(steps, { real: ["first"] }), [tab(), request, out]));
  });

  it("asks pages, reads files and restarts with the same files", async () => {
    const flows = [
      tab(),
      node("in", "http in", [["write"]], { url: "/report", method: "post" }),
      node("write", "file", [["answer"]], {
        filename: "report.csv",
        filenameType: "str",
        appendNewline: true,
        overwriteFile: "false",
        encoding: "utf8",
      }),
      node("answer", "http response", [], { statusCode: "201", headers: {} }),
    ];
    const test = testOf([
      {
        request: { method: "POST", path: "report", body: "a;1" },
        answer: { status: 201, contains: ["a;1"], lacks: ["b"] },
      },
      { restart: true },
      {
        request: { method: "POST", path: "report", body: { b: 2 } },
        answer: { status: 201, type: "application/json", body: { b: { $gt: 1 } } },
      },
      { file: "report.csv", contains: ["a;1\n"], lacks: ["c"] },
      { file: "report.csv", equals: "a;1\n" + '{"b":2}\n' },
    ]);
    assertPassed(await run(test, flows));
    const missing = await run(testOf([{ file: "no.csv", contains: ["a"], timeout: 50 }]), flows);
    assert.equal(missing.steps[0].detail, "There is no file no.csv.");
  });

  it("refuses a case with a slip of the pen and names the step", async () => {
    for (
      const [steps, error] of [
        [[], 'The test: "steps" is missing or wrong.'],
        [[{ sent: {} }], "Step 1 is none of send, expect, expectNone, request, file, restart."],
        [[{ send: {}, to: "limit", prot: 1 }], 'Step 1 (send): there is no "prot".'],
        [
          [{ expect: {}, at: "out", timeout: 1e9 }],
          'Step 1 (expect): "timeout" is missing or wrong.',
        ],
        [[{ send: {}, to: "gone" }], 'Step 1: there is no node "gone" in the flows.'],
        [[{ file: "../flows.json" }], 'Step 1 (file): "file" is missing or wrong.'],
      ]
    ) {
      const result = await run(testOf(steps));
      assert.deepEqual([result.state, result.detail], ["error", error]);
    }
  });

  it("ends a flow that loops without end", async () => {
    const endless = fn("limit", "for (;;);", [[]]);
    const steps = [{ send: {}, to: "limit" }, { expect: {}, at: "limit" }, {
      expectNone: true,
      at: "limit",
      for: 1,
    }];
    const result = await run(testOf(steps), [tab(), endless]);
    assert.equal(result.state, "error");
    assert.match(result.detail, /kept Node-RED busy for 10 s: look for an endless loop/);
    assert.equal(result.exit.signal, "SIGKILL");
  });

  it("ends a flow that never rests, prints a flood and sends huge messages", async () => {
    const flood = fn(
      "limit",
      "msg.payload = 'x'.repeat(1e6); node.warn(msg.payload); console.log(msg.payload); return msg;",
      [["limit", "out"]],
    );
    const steps = [
      { send: {}, to: "limit" },
      { expect: { payload: { $match: "^x" } }, at: "out" },
      { expect: { payload: "end" }, at: "out", timeout: 500 },
    ];
    const result = await run(testOf(steps), [tab(), flood, out]);
    assert.equal(result.state, "failed");
    assert.ok(result.steps[2].got.length <= 4096);
    assert.ok(result.log.every((line) => line.length <= 500) && result.log.length <= 102);
  });

  it("knows a flow that uses up all memory or ends the process", async () => {
    const greedy = fn("limit", "const all = []; for (;;) all.push(new Array(1e6).fill(1.5));", [
      [],
    ]);
    const steps = [{ send: {}, to: "limit" }, { expect: {}, at: "limit" }, {
      expectNone: true,
      at: "limit",
      for: 5000,
    }];
    const full = await run(testOf(steps), [tab(), greedy], { heap: 64 });
    assert.deepEqual([full.state, full.exit.signal], ["error", "SIGABRT"]);
    const quit = fn("limit", 'Buffer.constructor("return process")().exit(3);', [[]]);
    const gone = await run(testOf(steps), [tab(), quit]);
    assert.deepEqual([gone.state, gone.detail, gone.exit.code], ["error", null, 3]);
  });
});
