"use strict";
// Nodes between a feeder and a collector: what goes in, what must come out, on both runtimes.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { it } = require("node:test");
const { Feed, node } = require("./feed");
const { onEachRuntime } = require("./runtimes");

const csv = (rest) =>
  node("first", "csv", [["out"]], {
    spec: "rfc",
    sep: ",",
    temp: "",
    hdrin: false,
    hdrout: "none",
    multi: "mult",
    ret: "\\r\\n",
    skip: "0",
    strings: true,
    include_empty_strings: "",
    include_null_values: "",
    ...rest,
  });
const split = (rest) =>
  node("first", "split", [["out"]], {
    splt: "\\n",
    spltType: "str",
    arraySplt: 1,
    arraySpltType: "len",
    stream: false,
    addname: "",
    property: "payload",
    ...rest,
  });
const join = (id, rest) =>
  node(id, "join", [["out"]], {
    mode: "custom",
    build: "array",
    property: "payload",
    propertyType: "msg",
    key: "topic",
    joiner: "\\n",
    joinerType: "str",
    useparts: false,
    accumulate: false,
    timeout: "",
    count: "",
    reduceRight: false,
    ...rest,
  });
const filter = (rest) =>
  node("first", "rbe", [["out"]], {
    func: "rbe",
    gap: "",
    start: "",
    inout: "out",
    septopics: true,
    property: "payload",
    topi: "topic",
    ...rest,
  });
const trigger = (rest) =>
  node("first", "trigger", [["out"]], {
    op1: "1",
    op2: "0",
    op1type: "str",
    op2type: "str",
    duration: "50",
    extend: false,
    overrideDelay: false,
    units: "ms",
    reset: "",
    bytopic: "all",
    topic: "topic",
    outputs: 1,
    ...rest,
  });
const delay = (rest) =>
  node("first", "delay", [["out"]], {
    pauseType: "rate",
    timeout: "5",
    timeoutUnits: "seconds",
    rate: "1",
    nbRateUnits: "1",
    rateUnits: "second",
    randomFirst: "1",
    randomLast: "5",
    randomUnits: "seconds",
    drop: false,
    allowrate: false,
    outputs: 1,
    ...rest,
  });
const json = (rest) =>
  node("first", "json", [["out"]], { property: "payload", action: "", pretty: false, ...rest });

const payloads = (...values) => values.map((payload) => ({ payload }));
const parts = (payload, index, count, rest) => ({
  payload,
  parts: { index, count, ...rest },
});

/** What → [nodes, messages in, messages out: only the fields that are named are compared]. */
const CASES = {
  "csv writes rows with a header, quoting only what needs it": [
    csv({ temp: "time,value,note", hdrout: "all" }),
    payloads([{ time: "06:00", value: 1.5, note: 'a "b", c' }, { value: true, time: 1 }]),
    [{
      payload: 'time,value,note\r\n06:00,1.5,"a ""b"", c"\r\n1,true,\r\n',
      columns: "time,value,note",
    }],
  ],
  "csv writes the header once, and again after a reset": [
    csv({ temp: "a;b", sep: ";", hdrout: "once", ret: "\\n" }),
    [...payloads({ "a;b": 1 }, { "a;b": 2 }), { reset: true }, ...payloads({ "a;b": 3 })],
    payloads('"a;b"\n1\n', "2\n", '"a;b"\n3\n'),
  ],
  "csv takes its columns from the first object, and rows that are lists": [
    csv({ hdrout: "all" }),
    payloads([{ b: 1, a: null }], [[1, "x\ny"], [2, 3]]),
    [{ payload: "b,a\r\n1,null\r\n", columns: "b,a" }, {
      payload: '0,1\r\n1,"x\ny"\r\n2,3\r\n',
      columns: "0,1",
    }],
  ],
  "csv reads numbers as numbers and codes as text": [
    csv({ hdrin: true }),
    payloads('order,code,qty,gap\r\n1,007,1e3,\r\n"2, b","+5",-0.5,"say ""hi"""\n\n'),
    [{
      payload: [{ order: 1, code: "007", qty: 1000 }, {
        order: "2, b",
        code: "+5",
        qty: -0.5,
        gap: 'say "hi"',
      }],
      columns: "order,code,qty,gap",
    }],
  ],
  "csv names columns itself, and sends each row alone": [
    csv({ multi: "one", sep: ";", strings: false }),
    payloads("1;2\n3;4"),
    [parts({ col1: "1", col2: "2" }, 0, 2), parts({ col1: "3", col2: "4" }, 1, 2)],
  ],
  "csv reads a quoted line break, skips lines and keeps empty cells if told to": [
    csv({
      temp: "a,b,c",
      skip: "1",
      include_empty_strings: true,
      include_null_values: true,
    }),
    payloads('made by a machine\r\n"x\r\ny",,""\r\n1,2,3\r\n'),
    [{ payload: [{ a: "x\r\ny", b: null, c: null }, { a: 1, b: 2, c: 3 }] }],
  ],
  "split a text into lines": [
    split({}),
    [{ payload: "a\nb\n", topic: "t" }],
    ["a", "b", ""].map((text, index) => ({
      topic: "t",
      ...parts(text, index, 3, { type: "string", ch: "\n" }),
    })),
  ],
  "split a list by twos, and an object with its keys": [
    split({ arraySplt: 2, addname: "topic" }),
    payloads([1, 2, 3], { x: 1, y: [2] }),
    [
      parts([1, 2], 0, 2, { type: "array", len: 2 }),
      parts([3], 1, 2, { type: "array", len: 2 }),
      { topic: "x", ...parts(1, 0, 2, { type: "object", key: "x" }) },
      { topic: "y", ...parts([2], 1, 2, { type: "object", key: "y" }) },
    ],
  ],
  "split a stream: what is behind the last separator waits": [
    split({ splt: ";", stream: true }),
    payloads("a;b", "c;d;e"),
    [{ payload: "a", parts: { index: 0 } }, { payload: "bc", parts: { index: 1 } }, {
      payload: "d",
      parts: { index: 2 },
    }],
  ],
  "split by length": [
    split({ splt: "2", spltType: "len" }),
    payloads("abcde"),
    [parts("ab", 0, 3, { len: 2 }), parts("cd", 1, 3), parts("e", 2, 3)],
  ],
  "split and join undo each other": [
    [
      { ...split({}), wires: [["second"]] },
      join("second", { mode: "auto", useparts: true }),
    ],
    payloads("a\nb", [1, [2]], { x: 1, y: { z: 2 } }),
    payloads("a\nb", [1, [2]], { x: 1, y: { z: 2 } }),
  ],
  "join after a count": [
    join("first", { count: "2" }),
    payloads(1, "2", { c: 3 }, null),
    payloads([1, "2"], [{ c: 3 }, null]),
  ],
  "join text when told to": [
    join("first", { build: "string", joiner: ", " }),
    [...payloads("a", 2), { payload: "c", complete: true }],
    payloads("a, 2, c"),
  ],
  "join an object of topics, kept up to date": [
    join("first", { build: "object", count: "2", accumulate: true }),
    [
      { topic: "a", payload: 1 },
      { topic: "a", payload: 2 },
      { topic: "b", payload: 3 },
      { topic: "a", payload: 4 },
    ],
    payloads({ a: 2, b: 3 }, { a: 4, b: 3 }),
  ],
  "join what came until a time is over": [
    join("first", { timeout: "0.1" }),
    payloads(1, 2, 3),
    payloads([1, 2, 3]),
  ],
  "join by merging": [
    join("first", { build: "merged", count: "3" }),
    payloads({ a: 1 }, { a: 2, b: 2 }, { c: 3 }),
    payloads({ a: 2, b: 2, c: 3 }),
  ],
  "filter: only what changed, each topic for itself": [
    filter({}),
    [
      { topic: "a", payload: 1 },
      { topic: "a", payload: 1 },
      { topic: "b", payload: 1 },
      { topic: "a", payload: "1" },
      { topic: "a", payload: { x: [1] } },
      { topic: "a", payload: { x: [1] } },
      { topic: "a", payload: { x: [2] } },
    ],
    [
      { topic: "a", payload: 1 },
      { topic: "b", payload: 1 },
      { topic: "a", payload: "1" },
      { topic: "a", payload: { x: [1] } },
      { topic: "a", payload: { x: [2] } },
    ],
  ],
  "filter: not the first, and again after a reset": [
    filter({ func: "rbei", septopics: false }),
    [...payloads(1, 2, 2), { reset: true }, ...payloads(2, 3)],
    payloads(2, 3),
  ],
  "filter: a dead band": [
    filter({ func: "deadband", gap: "5" }),
    payloads(10, 15, 15.1, 11, 10, "x", 20),
    payloads(10, 15.1, 10, 20),
  ],
  "filter: a dead band in percent, the limit included": [
    filter({ func: "deadbandEq", gap: "10%", inout: "in" }),
    payloads(100, 109, 119, 131),
    payloads(100, 131),
  ],
  "filter: a narrow band": [
    filter({ func: "narrowband", gap: "5", start: "10" }),
    payloads(11, 17, 12, 7),
    payloads(11, 12, 7),
  ],
  "trigger: one value, then another": [
    trigger({}),
    payloads("go", "ignored"),
    payloads("1", "0"),
  ],
  "trigger: the same message first, the newest at the end, extended": [
    trigger({ op1type: "pay", op2type: "payl", extend: true, duration: "100" }),
    [{ payload: 1, topic: "a" }, { payload: 2, topic: "b" }],
    [{ payload: 1, topic: "a" }, { payload: 2, topic: "b" }],
  ],
  "trigger: each topic for itself, a time by message": [
    trigger({ op1: "true", op1type: "val", op2type: "nul", bytopic: "topic", overrideDelay: true }),
    [{ topic: "a", delay: 5000 }, { topic: "a" }, { topic: "b", delay: 1 }, {
      topic: "a",
      reset: 1,
    }, {
      topic: "a",
    }],
    [
      { topic: "a", payload: true },
      { topic: "b", payload: true },
      { topic: "a", payload: true },
    ],
  ],
  "trigger: again and again until it is reset": [
    trigger({ op1: "7", op1type: "num", duration: "-20" }),
    payloads("go"),
    payloads(7, 7, 7),
  ],
  "trigger: a watchdog that nothing restarts": [
    trigger({ op1type: "nul", op2: '{"late":true}', op2type: "json", extend: true }),
    payloads(1, 2),
    payloads({ late: true }),
  ],
  "delay: a rate, in order": [
    delay({ rate: "50" }),
    payloads(1, 2, 3),
    payloads(1, 2, 3),
  ],
  "delay: what is too fast leaves by the second output": [
    [
      { ...delay({ drop: true, outputs: 2 }), wires: [["out"], ["second"]] },
      node("second", "change", [["out"]], {
        rules: [{ t: "set", p: "topic", pt: "msg", to: "dropped", tot: "str" }],
      }),
    ],
    payloads(1, 2),
    [{ payload: 1 }, { payload: 2, topic: "dropped" }],
  ],
  "delay: flushed at once": [
    delay({ rate: "1", rateUnits: "hour" }),
    [...payloads(1, 2, 3), { flush: true }],
    payloads(1, 2, 3),
  ],
  "delay: the newest of each topic": [
    delay({ pauseType: "timed", rate: "5" }),
    [{ topic: "a", payload: 1 }, { topic: "b", payload: 2 }, { topic: "a", payload: 3 }],
    [{ topic: "a", payload: 3 }, { topic: "b", payload: 2 }],
  ],
  "json both ways": [
    json({}),
    payloads('{"a":[1]}', { b: 2 }, 5, "true"),
    payloads({ a: [1] }, '{"b":2}', "5", true),
  ],
  "json: to an object only, to a text only what is none": [
    [{ ...json({ action: "obj" }), wires: [["second"]] }, {
      ...json({ action: "str", pretty: true }),
      id: "second",
    }],
    payloads('{"a":1}', { a: 1 }),
    payloads('{\n    "a": 1\n}', '{\n    "a": 1\n}'),
  ],
};

onEachRuntime("nodes:", (create) => {
  for (const [what, [nodes, given, expected]] of Object.entries(CASES)) {
    it(what, async () => {
      const feed = await Feed.start(create, [nodes].flat());
      await feed.put(given);
      feed.check(await feed.got(expected.length), expected);
    });
  }

  it("json that is none is an error with its message", async () => {
    const feed = await Feed.start(create, [
      json({ action: "obj" }),
      node("caught", "catch", [["out"]], { scope: ["first"], uncaught: false }),
    ]);
    await feed.put(payloads("{x", "[1]"));
    const [caught, fine] = await feed.got(2);
    assert.equal(caught.payload, "{x");
    assert.equal(caught.error.source.id, "first");
    assert.deepEqual(fine.payload, [1]);
  });
});

onEachRuntime("the files area:", (create) => {
  const file = (rest) =>
    node("first", "file", [["out"]], {
      filename: "filename",
      filenameType: "msg",
      appendNewline: true,
      createDir: true,
      overwriteFile: "false",
      encoding: "none",
      ...rest,
    });
  const reads = (rest) =>
    node("first", "file in", [["out"]], {
      filename: "data/a.txt",
      filenameType: "str",
      format: "utf8",
      chunk: false,
      sendError: false,
      encoding: "none",
      allProps: false,
      ...rest,
    });
  const area = (feed, name) => path.join(feed.area, name);

  it("appends lines in order, each kind of value as text", async () => {
    const feed = await Feed.start(create, [file({})]);
    const filename = "data/new/log.txt";
    await feed.put(payloads("one", 2, { three: 3 }, true).map((msg) => ({ ...msg, filename })));
    const got = await feed.got(4);
    assert.deepEqual(got.map(({ payload }) => payload), ["one", 2, { three: 3 }, true]);
    assert.ok(got.every((msg) => msg.filename === filename));
    assert.equal(fs.readFileSync(area(feed, filename), "utf8"), 'one\n2\n{"three":3}\ntrue\n');
  });

  it("overwrites, and deletes", async () => {
    const feed = await Feed.start(create, [
      {
        ...file({
          filename: "x.txt",
          filenameType: "str",
          overwriteFile: "true",
          appendNewline: false,
        }),
        wires: [["second"]],
      },
      node("second", "switch", [["out"], ["third"]], {
        property: "payload",
        propertyType: "msg",
        rules: [{ t: "neq", v: "gone", vt: "str" }, { t: "else" }],
        checkall: "true",
        repair: false,
        outputs: 2,
      }),
      { ...file({ overwriteFile: "delete" }), id: "third" },
    ]);
    await feed.put(payloads("first", "2"));
    await feed.got(2);
    assert.equal(fs.readFileSync(area(feed, "x.txt"), "utf8"), "2");
    await feed.put(payloads("gone"));
    await feed.got(3);
    assert.equal(fs.existsSync(area(feed, "x.txt")), false);
  });

  it("reads a file whole, as bytes and by lines", async () => {
    for (
      const [rest, expected] of [
        [{}, [{ payload: "a\nä\n", filename: "data/a.txt", topic: "t" }]],
        [{ format: "" }, [{ payload: { type: "Buffer" } }]],
        [{ format: "lines", allProps: true }, [
          { payload: "a", topic: "t", parts: { index: 0, ch: "\n", type: "string" } },
          { payload: "ä", topic: "t", parts: { index: 1 } },
          { payload: "", topic: "t", parts: { index: 2, count: 3 } },
        ]],
      ]
    ) {
      const feed = await Feed.start(create, [reads(rest)]);
      fs.mkdirSync(area(feed, "data"), { recursive: true });
      fs.writeFileSync(area(feed, "data/a.txt"), "a\nä\n");
      await feed.put([{ topic: "t" }]);
      feed.check(await feed.got(expected.length), expected);
    }
  });

  it("what cannot be read or written is an error with its message", async () => {
    const feed = await Feed.start(create, [
      { ...reads({}), wires: [["second"]] },
      { ...file({ filename: "no/such/folder", createDir: false }), id: "second", wires: [[]] },
      node("caught", "catch", [["out"]], { scope: null, uncaught: false }),
    ]);
    await feed.put([{ payload: 1, filename: "x" }]);
    const [read] = await feed.got(1);
    assert.equal(read.error.source.id, "first");
    assert.match(read.error.message, /ENOENT/);
  });
});
