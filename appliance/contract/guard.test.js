"use strict";
// The guard by itself, where what nodes do to the server has to be played.

const assert = require("node:assert/strict");
const http = require("node:http");
const { afterEach, beforeEach, describe, it } = require("node:test");
const { request, upgrade } = require("./client");
const { Guard } = require("../node-red/guard");

const SECRET = "s".repeat(43);
const ADA = { username: "ada", permissions: "*" };

describe("the guard", () => {
  let server, port, guard, seen;

  beforeEach(async () => {
    seen = [];
    guard = new Guard({
      adminRoot: "/-/x/",
      pageSecret: SECRET,
      verify: (token) => token === "good" ? ADA : null,
    });
    server = http.createServer((incoming, response) => {
      seen.push(incoming.url);
      guard.middleware(incoming, response, () => response.end("page"));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = server.address().port;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const right = { "x-lineside-page": SECRET };

  it("that was never put in place lets nobody in", async () => {
    assert.equal((await request(port, { path: "/x/a", headers: right })).status, 403);
  });

  it("stays where it is when a node takes all listeners off the server", async () => {
    guard.install(server);
    const before = server.listeners("request").slice();
    server.removeAllListeners("request").removeAllListeners("upgrade");
    server.on("request", (...both) => before.forEach((listener) => listener(...both)));
    server.on("upgrade", (incoming, socket) => {
      seen.push(incoming.url);
      socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    });
    assert.equal((await request(port, { path: "/x/socket.io/" })).status, 403);
    assert.equal((await upgrade(port, "/x/socket.io/")).status, 403);
    assert.deepEqual(seen, []);
    assert.equal((await request(port, { path: "/x/socket.io/", headers: right })).text, "page");
    assert.equal((await upgrade(port, "/x/socket.io/", right)).status, 101);
  });

  it("refuses a body before it is sent, where the sender asks first", async () => {
    guard.install(server);
    server.on("checkContinue", (incoming) => seen.push(incoming.url));
    const headers = { expect: "100-continue" };
    const answer = await request(port, { method: "POST", path: "/x/a", headers, body: "{}" });
    assert.equal(answer.status, 403);
    assert.deepEqual(seen, []);
  });

  it("refuses what has no path, and a secret that is given twice", async () => {
    guard.install(server);
    for (const path of ["http://127.0.0.1/x/a", "*"]) {
      assert.equal((await request(port, { path, headers: right })).status, 400, path);
    }
    const twice = { "x-lineside-page": [SECRET, SECRET] };
    assert.equal((await request(port, { path: "/x/a", headers: twice })).status, 403);
  });

  it("answers many strangers while a friend is served", async () => {
    guard.install(server);
    const answers = await Promise.all(
      Array.from(
        { length: 200 },
        (_, index) => request(port, { path: "/x/a", headers: index % 2 === 0 ? right : {} }),
      ),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map((_, index) => index % 2 === 0 ? 200 : 403),
    );
  });
});

describe("the guard of a device, which its network reaches", () => {
  const crypto = require("node:crypto");
  let server, port, seen;

  async function open(device) {
    seen = [];
    const guard = new Guard({
      adminRoot: "/-/d/one/",
      pageSecret: SECRET,
      verify: (token) => token === "good" ? ADA : null,
      device,
    });
    server = http.createServer((incoming, response) => {
      seen.push(incoming.url);
      guard.middleware(incoming, response, () => response.end("page"));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = server.address().port;
    guard.install(server);
  }
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("keeps the editor shut however its path is written, and leaves the pages open", async () => {
    await open({ localLogin: null, httpAuth: null });
    // Express takes no notice of the case of letters.
    for (
      const path of ["/-/d/one/flows", "/-/D/one/flows", "/-/d/ONE/flows", "/-/d/one", "/-/D/One"]
    ) {
      assert.equal((await request(port, { path })).status, 401, path);
      const page = { "x-lineside-page": SECRET };
      assert.equal((await request(port, { path, headers: page })).status, 401, path);
      assert.equal((await upgrade(port, path)).status, 401, path);
    }
    assert.deepEqual(seen, []);
    assert.equal((await request(port, { path: "/d/one/state" })).status, 200);
    const headers = { "x-lineside-token": "good" };
    assert.equal((await request(port, { path: "/-/d/one/flows", headers })).status, 200);
  });

  it("asks for name and password where they are set, each for its own side", async () => {
    const known = { user: "fitter", pass: "$2b$" };
    await open({ localLogin: known, httpAuth: known });
    const wrong = `Basic ${crypto.randomBytes(12).toString("base64")}`;
    for (const path of ["/-/d/one/flows", "/-/D/one/flows", "/d/one/state", "/"]) {
      for (const headers of [{}, { authorization: wrong }, { authorization: "Basic" }]) {
        const answer = await request(port, { path, headers });
        assert.equal(answer.status, 401, path);
      }
    }
    assert.deepEqual(seen, []);
  });
});
