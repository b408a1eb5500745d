"use strict";

const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { it } = require("node:test");
const { Admin, page, request, upgrade } = require("./client");
const { answers } = require("./flows");
const { onEachRuntime } = require("./runtimes");

const now = () => Math.floor(Date.now() / 1000);

/** What a stranger may try in place of a valid token; null sends none. */
const BAD_TOKENS = {
  "no token": () => null,
  "an empty token": () => "",
  "a garbled token": (instance) => `${instance.token().slice(0, -4)}AAAA`,
  "a token with a changed payload": (instance) => {
    const payload = Buffer.from(JSON.stringify({
      aud: instance.id,
      sub: "eve",
      perm: "*",
      exp: now() + 30,
    })).toString("base64url");
    return `${payload}.${instance.token().split(".")[1]}`;
  },
  "an expired token": (instance) => instance.token({ exp: now() - 30 }),
  "a token that lives too long": (instance) => instance.token({ exp: now() + 3600 }),
  "a token of another instance": (instance) => instance.token({ aud: "another" }),
  "a token of another key": (instance) =>
    instance.token({}, crypto.generateKeyPairSync("ed25519").privateKey),
  "a token of an unknown permission": (instance) => instance.token({ perm: "write" }),
  "a token of nobody": (instance) => instance.token({ sub: "" }),
  "a token without an end": (instance) => instance.token({ exp: undefined }),
  "a very long token": () => "A".repeat(9000),
};

onEachRuntime("the door", (create) => {
  it("opens the admin side to a valid token, by HTTP and by upgrade", async () => {
    const instance = await (await create()).run();
    const answer = await new Admin(instance).call("GET", "settings");
    assert.equal(answer.status, 200);
    assert.equal(answer.json().user.username, "ada");
    const { status, socket } = await upgrade(instance.port, `${instance.start.adminRoot}comms`, {
      "x-lineside-token": instance.token(),
    });
    assert.equal(status, 101);
    socket.destroy();
  });

  it("stays shut to every other token, on every admin path, by HTTP and by upgrade", async () => {
    const instance = await (await create()).run();
    const { port, start: { adminRoot, pageSecret } } = instance;
    for (const [what, make] of Object.entries(BAD_TOKENS)) {
      const token = make(instance);
      // The page secret must not open this side.
      const headers = { "x-lineside-page": pageSecret };
      if (token !== null) headers["x-lineside-token"] = token;
      for (const path of ["", "settings", "flows", "nodes", "comms", "debug/view/view.html"]) {
        const answer = await request(port, { path: adminRoot + path, headers });
        assert.equal(answer.status, 401, `${what}: GET ${path}`);
        assert.doesNotMatch(answer.text, /nonce|credentialSecret|<html/);
      }
      const posted = await request(port, {
        method: "POST",
        path: `${adminRoot}flows`,
        headers,
        body: [],
      });
      assert.equal(posted.status, 401, `${what}: POST flows`);
      assert.equal((await upgrade(port, `${adminRoot}comms`, headers)).status, 401, what);
    }
    assert.equal(instance.spooled().length, 0);
  });

  it("lets a reader read and change nothing", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    const claims = { perm: "read" };
    for (const path of ["flows", "settings", "nodes", "flows/state"]) {
      assert.equal((await admin.call("GET", path, { claims })).status, 200, path);
    }
    for (const path of ["flows", "flows/state", "inject/x", "debug/x/disable", "nodes"]) {
      const answer = await admin.call("POST", path, { claims, body: {} });
      assert.equal(answer.status, 401, path);
    }
    assert.equal(instance.spooled().length, 0);
  });

  it("opens pages to the proxy's secret alone, and hides it from the flow", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).run(
      answers("/hi", "msg.payload = [msg.req.headers, msg.req.rawHeaders]; return msg;"),
    );
    const right = await page(instance, "hi", {
      headers: { "X-Lineside-Token": instance.token(), "x-other": "kept" },
    });
    assert.equal(right.status, 200);
    assert.match(right.text, /x-other/);
    assert.doesNotMatch(right.text, /lineside/i);
    for (
      const headers of [
        {},
        { "x-lineside-page": "" },
        { "x-lineside-page": "A".repeat(43) },
        { "x-lineside-token": instance.token() },
      ]
    ) {
      const wrong = await request(instance.port, {
        path: `${instance.start.nodeRoot}hi`,
        headers,
      });
      assert.equal(wrong.status, 403);
    }
  });

  it("shows the page secret no way to the admin side, whatever the spelling", async () => {
    const instance = await (await create()).run();
    const { adminRoot, pageSecret } = instance.start;
    const headers = { "x-lineside-page": pageSecret };
    for (
      const path of [
        adminRoot.toUpperCase(),
        `/${adminRoot}`,
        `${adminRoot}..${adminRoot}`,
        adminRoot.replace("-", "%2d"),
        `${adminRoot.slice(0, -1)}`,
      ]
    ) {
      const { status, text } = await request(instance.port, { path: `${path}settings`, headers });
      assert.ok([400, 401, 403, 404].includes(status), `${path}: ${status}`);
      assert.doesNotMatch(text, /httpNodeRoot/);
    }
  });

  it("refuses upgrades of pages without the secret before any node sees them", async () => {
    const instance = await (await create()).run();
    const { port, start: { nodeRoot, pageSecret } } = instance;
    assert.equal((await upgrade(port, `${nodeRoot}socket.io/`)).status, 403);
    assert.equal((await upgrade(port, `${nodeRoot}x`, { "x-lineside-page": "x" })).status, 403);
    // With it, nobody is there to take it: closed without an answer.
    await assert.rejects(upgrade(port, `${nodeRoot}x`, { "x-lineside-page": pageSecret }));
  });

  it("keeps a flow from answering below the admin root", async () => {
    const instance = await (await create()).run();
    const { adminRoot } = instance.start;
    await new Admin(instance).run(
      answers(`${adminRoot}settings`, 'msg.payload = "mine"; return msg;'),
    );
    const answer = await new Admin(instance).call("GET", "settings");
    assert.doesNotMatch(answer.text, /mine/);
  });
});
