"use strict";
// Recipes with the other side really there: a meter, a broker, scanners, a receiver; and kills.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const path = require("node:path");
const { after, it } = require("node:test");
const { page } = require("./client");
const { freePort } = require("./instance");
const { TestBroker } = require("./mqtt-broker");
const { onEachRuntime } = require("./runtimes");
const { until } = require("./until");

const RECIPES = path.join(__dirname, "..", "..", "recipes");
const KILLS = process.env.LINESIDE_LONG ? 40 : 6;

/** An instance made of a recipe: its flows, its defaults, and what is said otherwise. */
async function made(create, name, environment) {
  const read = (file) => fs.readFileSync(path.join(RECIPES, name, file), "utf8");
  const instance = await create();
  fs.writeFileSync(instance.file("flows.json"), read("flows.json"));
  const { parameters } = JSON.parse(read("recipe.json"));
  const defaults = parameters.map((parameter) => [parameter.name, String(parameter.default)]);
  const env = { ...Object.fromEntries(defaults), ...environment };
  return { instance, run: () => instance.run({ env }) };
}

async function listening(server) {
  const open = new Set();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
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

/** Asks until the answer is right; a request before a restart is over is no fault. */
async function answered(instance, place, isRight) {
  let last;
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    last = await page(instance, place).catch((error) => ({ text: error.message }));
    if (last.status === 200 && isRight(last)) return last;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error(`${place}: ${last.status} ${last.text}`);
}

/** Holding registers of a meter: 40 kW as float32 at 0, and a total in 0.1 kWh at 2. */
function meter() {
  const state = { total: 12_345, isRefusing: false, asked: 0 };
  const server = net.createServer((socket) => {
    socket.on("data", (question) => {
      state.asked += 1;
      const body = Buffer.alloc(state.isRefusing ? 2 : 10);
      body[0] = state.isRefusing ? 0x83 : 3;
      body[1] = state.isRefusing ? 2 : 8;
      if (!state.isRefusing) {
        body.writeFloatBE(40_000, 2);
        body.writeUInt32BE(state.total, 6);
      }
      const head = Buffer.from(question.subarray(0, 7));
      head.writeUInt16BE(body.length + 1, 4);
      const answer = Buffer.concat([head, body]);
      // In two pieces, as networks like to do.
      socket.write(answer.subarray(0, 5));
      setImmediate(() => socket.write(answer.subarray(5)));
    });
  });
  return { state, server };
}

onEachRuntime("in the plant,", (create) => {
  it("a meter is read, refuses, and is well again", async () => {
    const { state, server } = meter();
    const port = await listening(server);
    const { instance, run } = await made(create, "energy-meter-modbus-tcp", {
      ENERGY_HOST: "127.0.0.1",
      ENERGY_PORT: String(port),
      ENERGY_INTERVAL: "2",
    });
    await run();
    const first = await answered(instance, "energy.json", ({ text }) => text.includes("power_kW"));
    assert.deepEqual(first.json().values, { power_kW: 40, energy_kWh: 1234.5 });
    state.isRefusing = true;
    await answered(instance, "energy.json", ({ text }) => text.includes("register not there"));
    state.isRefusing = false;
    state.total += 1;
    await answered(
      instance,
      "energy.json",
      ({ text }) => text.includes('"energy_kWh":1234.6') && text.includes('"fault":null'),
    );
    assert.ok(state.asked > 2);
  });

  it("an alarm goes out by a broker, and stands there for who comes later", async () => {
    const broker = await new TestBroker().open();
    after(() => broker.close());
    const { run } = await made(create, "threshold-alarm-hysteresis", {
      MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
      ALARM_DELAY: "0",
      ALARM_HIGH: "80",
    });
    await run();
    await until(() => {
      broker.publish("plant/oven2/temperature", "95,5");
      return broker.published.length > 0;
    });
    const [{ topic, payload, retain, qos }] = broker.published;
    assert.deepEqual([topic, retain, qos], ["plant/oven2/temperature/alarm", true, 1]);
    const { state, value } = JSON.parse(payload);
    assert.deepEqual([state, value], ["high", 95.5]);
  });

  it("each scanner is told about its own part", async () => {
    const port = await freePort();
    const { run } = await made(create, "barcode-trace", { TRACE_PORT: String(port) });
    await run();
    const scanner = async (text) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.setEncoding("utf8");
      socket.write(text);
      let heard = "";
      for await (const part of socket) {
        heard += part;
        if (heard.split("\r\n").length > 2) break;
      }
      return heard;
    };
    const [one, two] = await Promise.all([
      scanner("Press;A1\nPress;A1\n"),
      scanner("Press;B1\nPack;B1\n"),
    ]);
    assert.equal(one, "OK\r\nNOK was here already\r\n");
    assert.equal(two, "OK\r\nNOK not at Weld yet\r\n");
  });

  it("readings that were taken arrive, in order, whatever is killed", async () => {
    const arrived = [];
    let count = 0;
    const server = http.createServer(async (request, response) => {
      let text = "";
      for await (const part of request) text += part;
      count += 1;
      // Every third time it is too busy, once after it took them.
      const isBusy = count % 3 === 0;
      if (!isBusy || count % 2 === 0) arrived.push(...JSON.parse(text).readings);
      response.writeHead(isBusy ? 503 : 200).end();
    });
    const port = await listening(server);
    const { instance, run } = await made(create, "store-and-forward", {
      FORWARD_URL: `http://127.0.0.1:${port}/readings`,
      FORWARD_BATCH: "7",
      FORWARD_RETRY: "1",
    });
    const kept = [];
    let value = 0;
    for (let kill = 0; kill <= KILLS; kill += 1) {
      await run();
      const send = async () => {
        value += 1;
        const body = { value };
        const answer = await page(instance, "readings", { method: "POST", body });
        if (answer.status === 202) kept.push(body.value);
      };
      for (let number = 0; number < 10; number += 1) await send();
      if (kill === KILLS) break;
      // While some are under way; what is not answered may be lost.
      const underWay = Array.from({ length: 5 }, () => send().catch(() => {}));
      await new Promise((resolve) => {
        setTimeout(resolve, kill * 3);
      });
      await instance.signal("SIGKILL");
      await Promise.all(underWay);
    }
    await answered(instance, "queue", (answer) => answer.json().waiting === 0);
    const values = new Set(arrived.map((reading) => reading.value));
    assert.deepEqual(kept.filter((one) => !values.has(one)), []);
    const ids = new Set();
    const order = arrived.filter(({ id }) => !ids.has(id) && ids.add(id)).map(({ id }) => id);
    const sorted = [...order].sort((a, b) => {
      const [[segmentA, lineA], [segmentB, lineB]] = [a.split("-"), b.split("-")];
      return segmentA - segmentB || lineA - lineB;
    });
    assert.deepEqual(order, sorted);
  });

  it("an order that was answered is there after a kill, and no number comes twice", async () => {
    const { instance, run } = await made(create, "webhook-work-order", {});
    const numbers = [];
    let machine = 0;
    for (let kill = 0; kill <= KILLS; kill += 1) {
      await run();
      const open = async () => {
        machine += 1;
        const answer = await page(instance, "work-orders", {
          method: "POST",
          body: { machine: `M${machine}`, problem: "stands" },
        });
        if (answer.status === 201) numbers.push(answer.json().number);
      };
      await open();
      await open();
      const found = await answered(
        instance,
        "work-orders.json",
        ({ text }) => numbers.every((number) => text.includes(`"${number}"`)),
      );
      assert.equal(
        new Set(found.json().items.map(({ number }) => number)).size,
        found.json().items.length,
      );
      assert.equal(new Set(numbers).size, numbers.length);
      if (kill === KILLS) break;
      const underWay = open().catch(() => {});
      await new Promise((resolve) => {
        setTimeout(resolve, kill);
      });
      await instance.signal("SIGKILL");
      await underWay;
    }
  });
});
