"use strict";
// Nodes that leave the box: TCP, MQTT 3.1.1 and HTTP requests.

const assert = require("node:assert/strict");
const http = require("node:http");
const net = require("node:net");
const { after, it } = require("node:test");
const { Feed, fn, node } = require("./feed");
const { freePort } = require("./instance");
const { TestBroker } = require("./mqtt-broker");
const { onEachRuntime } = require("./runtimes");
const { until } = require("./until");

/** A server on loopback for one test file; `take` gets each connection. */
async function serve(take, server = net.createServer(take)) {
  const open = new Set();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
  });
  await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return server.address().port;
}

const request = (port, rest) =>
  node("first", "tcp request", [["text"]], {
    server: "127.0.0.1",
    port: String(port),
    out: "sit",
    ret: "string",
    splitc: "0",
    newline: "",
    trim: false,
    tls: "",
    ...rest,
  });
/** Bytes do not travel as JSON: shows them as text. */
const asText = fn(
  "text",
  "if (Buffer.isBuffer(msg.payload)) msg.payload = msg.payload.toString('hex'); return msg;",
  [["out"]],
);

onEachRuntime("TCP:", (create) => {
  const tcpIn = (port, rest) =>
    node("tcp1", "tcp in", [["text"]], {
      server: "server",
      host: "",
      port: String(port),
      datamode: "stream",
      datatype: "utf8",
      newline: "\\n",
      topic: "scan",
      trim: false,
      base64: false,
      tls: "",
      ...rest,
    });
  const tcpOut = (port, rest) =>
    node("first", "tcp out", [], {
      host: "127.0.0.1",
      port: String(port),
      beserver: "client",
      base64: false,
      end: false,
      tls: "",
      ...rest,
    });

  const ANSWERS = {
    "after a number of bytes": [{ out: "count", splitc: "4", ret: "buffer" }, "61626364"],
    "after a character": [{ out: "char", splitc: "\\n" }, "abcd\n"],
    "after a time": [{ out: "time", splitc: "200" }, "abcd\nef"],
    "as it comes": [{ out: "sit" }, "abcd\nef"],
    "by lines, the connection staying": [{ out: "sit", newline: "\\n" }, "abcd"],
  };
  for (const [what, [rest, expected]] of Object.entries(ANSWERS)) {
    it(`a request gives what is answered ${what}`, async () => {
      const port = await serve((socket) => socket.on("data", () => socket.write("abcd\nef")));
      const feed = await Feed.start(create, [request(port, rest), asText]);
      await feed.put([{ payload: "?", topic: "t" }]);
      feed.check(await feed.got(1), [{ payload: expected, topic: "t" }]);
    });
  }

  it("requests on a staying connection reuse it, and a reset ends it", async () => {
    let count = 0;
    const port = await serve((socket) => {
      count += 1;
      socket.on("data", (bytes) => socket.write(`${count}${bytes}`));
    });
    const feed = await Feed.start(create, [request(port), asText]);
    for (const [payload, expected] of [["a", 1], ["b", 2]]) {
      await feed.put([{ payload }]);
      await feed.got(expected);
    }
    await feed.put([{ reset: true }]);
    await feed.put([{ payload: "c" }]);
    feed.check(await feed.got(3), [{ payload: "1a" }, { payload: "1b" }, { payload: "2c" }]);
  });

  it("a request that reaches nobody is an error with its message", async () => {
    const feed = await Feed.start(create, [
      request(await freePort()),
      asText,
      node("caught", "catch", [["out"]], { scope: ["first"], uncaught: false }),
    ]);
    await feed.put([{ payload: "?", topic: "t" }]);
    const [caught] = await feed.got(1);
    assert.equal(caught.topic, "t");
    assert.equal(caught.error.source.id, "first");
  });

  it("a server takes lines from many, and answers each on its own connection", async () => {
    const port = await freePort();
    const feed = await Feed.start(
      create,
      [
        tcpIn(port),
        { ...asText, wires: [["out", "reply"]] },
        tcpOut(0, { beserver: "reply" }),
      ].map((one) => (one.id === "first" ? { ...one, id: "reply" } : one)),
    );
    const scanners = ["a", "b"].map((name) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.setEncoding("utf8");
      socket.write(`${name}1\n${name}`);
      socket.write("2\n");
      return { name, socket, text: "" };
    });
    for (const scanner of scanners) scanner.socket.on("data", (text) => (scanner.text += text));
    const got = await feed.got(4);
    assert.deepEqual(got.map(({ payload }) => payload).sort(), ["a1", "a2", "b1", "b2"]);
    assert.ok(got.every(({ topic, ip, port: from }) => topic === "scan" && ip && from > 0));
    await until(() => scanners.every(({ text, name }) => text === `${name}1${name}2`));
    for (const { socket } of scanners) socket.destroy();
  });

  it("a client takes what a machine sends, and all at the end if told to", async () => {
    const port = await serve((socket) => socket.end("x\ny"));
    const lines = await Feed.start(create, [
      tcpIn(port, { server: "client", host: "127.0.0.1" }),
      asText,
    ]);
    const got = await lines.got(2);
    assert.deepEqual(got.slice(0, 2).map(({ payload }) => payload), ["x", "y"]);
    const whole = await Feed.start(create, [
      tcpIn(port, { server: "client", host: "127.0.0.1", datamode: "single", datatype: "buffer" }),
      asText,
    ]);
    assert.equal((await whole.got(1))[0].payload, "780a79");
  });

  it("sends as a client and as a server", async () => {
    let text = "";
    const port = await serve((socket) => socket.on("data", (bytes) => (text += bytes)));
    const own = await freePort();
    const feed = await Feed.start(create, [
      node("first", "change", [["client", "server"]], { rules: [] }),
      { ...tcpOut(port), id: "client" },
      { ...tcpOut(own, { beserver: "server", host: "" }), id: "server" },
    ]);
    let heard = "";
    const socket = net.connect(own, "127.0.0.1", () => {});
    socket.on("data", (bytes) => (heard += bytes));
    // Neither says when it is connected: sent until both have heard of it.
    while (!text || !heard) await feed.put([{ payload: 42 }]);
    assert.match(text, /^(42)+$/);
    assert.match(heard, /^(42)+$/);
    socket.destroy();
  });
});

onEachRuntime("MQTT:", (create) => {
  const broker = (port, rest) => ({
    id: "broker1",
    type: "mqtt-broker",
    name: "",
    broker: "127.0.0.1",
    port: String(port),
    clientid: "press-4",
    autoConnect: true,
    usetls: false,
    protocolVersion: "4",
    keepalive: "60",
    cleansession: true,
    autoUnsubscribe: true,
    birthTopic: "line/press-4",
    birthQos: "1",
    birthRetain: "true",
    birthPayload: "up",
    birthMsg: {},
    closeTopic: "",
    closeQos: "0",
    closePayload: "",
    closeMsg: {},
    willTopic: "line/press-4",
    willQos: "0",
    willRetain: "false",
    willPayload: "lost",
    willMsg: {},
    userProps: "",
    sessionExpiry: "",
    ...rest,
  });
  const mqttIn = (rest) =>
    node("mqtt1", "mqtt in", [["text"]], {
      topic: "plant/+/value",
      qos: "1",
      datatype: "auto-detect",
      broker: "broker1",
      nl: false,
      rap: true,
      rh: 0,
      inputs: 0,
      ...rest,
    });
  const mqttOut = node("first", "mqtt out", [], {
    topic: "",
    qos: "",
    retain: "",
    respTopic: "",
    contentType: "",
    userProps: "",
    correl: "",
    expiry: "",
    broker: "broker1",
  });
  const opened = async () => {
    const made = await new TestBroker().open();
    after(() => made.close());
    return made;
  };

  it("hears what it subscribed to, in every form and quality", async () => {
    const server = await opened();
    server.publish("plant/a/value", '{"v":1}', { retain: true });
    const feed = await Feed.start(create, [broker(server.port), mqttIn(), asText, mqttOut]);
    const [kept] = await feed.got(1);
    const { topic, payload, retain } = kept;
    assert.deepEqual({ topic, payload, retain }, {
      topic: "plant/a/value",
      payload: { v: 1 },
      retain: true,
    });
    server.publish("plant/b/value", "text", { qos: 1 });
    server.publish("plant/c/value", Buffer.from([0xff, 0]), { qos: 2 });
    server.publish("plant/c/other", "no");
    server.publish("plant/d/value", "21.5");
    feed.check(await feed.got(4), [
      {},
      { topic: "plant/b/value", payload: "text", qos: 1, retain: false },
      { topic: "plant/c/value", payload: "ff00", qos: 1 },
      { topic: "plant/d/value", payload: 21.5, qos: 0 },
    ]);
    assert.equal(server.clients[0].client.clientId, "press-4");
  });

  it("publishes each kind of value in each quality, and completes when the broker has it", async () => {
    const server = await opened();
    const feed = await Feed.start(create, [
      broker(server.port),
      mqttOut,
      node("done", "complete", [["out"]], { scope: ["first"], uncaught: false }),
    ]);
    await until(() => server.published.length === 1);
    assert.deepEqual(server.published[0].topic + server.published[0].payload, "line/press-4up");
    await feed.put([
      { topic: "a", payload: { x: 1 } },
      { topic: "b/c", payload: 2, qos: 1, retain: true },
      { topic: "d", payload: "drei", qos: 2 },
      { topic: "e/#", payload: "no topic" },
      { topic: "f", payload: "last" },
    ]);
    const got = await feed.got(4);
    assert.deepEqual(got.map(({ topic }) => topic).sort(), ["a", "b/c", "d", "f"]);
    await until(() => server.published.length === 5);
    const seen = server.published.slice(1).map(({ topic, payload, qos, retain }) => [
      topic,
      payload,
      qos,
      retain,
    ]);
    assert.deepEqual(seen, [
      ["a", '{"x":1}', 0, false],
      ["b/c", "2", 1, true],
      ["d", "drei", 2, false],
      ["f", "last", 0, false],
    ]);
  });

  it("connects again when the broker comes back, and subscribes again", async () => {
    const server = await opened();
    const feed = await Feed.start(create, [broker(server.port), mqttIn(), asText, mqttOut]);
    await until(() => server.clients.length === 1);
    await server.close();
    await server.open();
    await until(() => {
      server.publish("plant/a/value", "back");
      return server.published.filter(({ payload }) => payload === "up").length === 2;
    });
    const got = await feed.got(1);
    assert.equal(got[0].payload, "back");
  });
});

onEachRuntime("HTTP requests:", (create) => {
  const ask = (port, rest) =>
    node("first", "http request", [["out"]], {
      method: "use",
      ret: "obj",
      paytoqs: "ignore",
      url: `http://127.0.0.1:${port}/orders`,
      tls: "",
      persist: false,
      proxy: "",
      insecureHTTPParser: false,
      authType: "",
      senderr: false,
      headers: [],
      ...rest,
    });
  const echo = (request_, response) => {
    let body = "";
    request_.on("data", (bytes) => (body += bytes));
    request_.on("end", () => {
      const { method, url, headers } = request_;
      response.statusCode = url.includes("busy") ? 503 : 201;
      response.setHeader("x-line", "3");
      response.end(JSON.stringify({ method, url, type: headers["content-type"] ?? "", body }));
    });
  };

  it("send what the message says and give back the answer with its status", async () => {
    const port = await serve(null, http.createServer(echo));
    const feed = await Feed.start(create, [ask(port)]);
    await feed.put([{ method: "POST", payload: { id: 7 }, topic: "t" }]);
    const [{ payload, statusCode, headers, topic }] = await feed.got(1);
    assert.deepEqual([statusCode, headers["x-line"], topic], [201, "3", "t"]);
    assert.equal(payload.method, "POST");
    assert.equal(payload.url, "/orders");
    assert.match(payload.type, /^application\/json/);
    assert.deepEqual(JSON.parse(payload.body), { id: 7 });
  });

  it("a refusal is an answer, silence is an error with a code in the status", async () => {
    const port = await serve(null, http.createServer(echo));
    const feed = await Feed.start(create, [
      ask(port, { url: "" }),
      node("caught", "catch", [[]], { scope: ["first"], uncaught: false }),
    ]);
    await feed.put([
      { method: "GET", url: `http://127.0.0.1:${port}/busy` },
    ]);
    assert.equal((await feed.got(1))[0].statusCode, 503);
    await feed.put([{ method: "GET", url: `http://127.0.0.1:${await freePort()}/` }]);
    assert.equal((await feed.got(2))[1].statusCode, "ECONNREFUSED");
  });
});
