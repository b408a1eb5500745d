"use strict";
// Our modules by themselves, where no process is needed to see what they do.

const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { it, describe } = require("node:test");
const { tokenVerifier } = require("../node-red/auth");
const { Library } = require("../node-red/library");
const { Spool } = require("../node-red/spool");
const start = require("../node-red/start");

async function inFolder(body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lineside-module-"));
  try {
    await body(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

describe("a token", () => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519");
  const sign = (claims) => {
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    return `${payload}.${
      crypto.sign(null, Buffer.from(payload), privateKey).toString("base64url")
    }`;
  };
  let clock = 1000;
  const verify = tokenVerifier({
    publicKey: publicKey.export({ type: "spki", format: "pem" }),
    instance: "me",
    now: () => clock,
  });

  it("is good from a minute before its end until five seconds after", () => {
    const token = sign({ aud: "me", sub: "ada", perm: "read", exp: 1060 });
    for (
      const [now, isGood] of [[994, false], [995, true], [1060, true], [1065, true], [1066, false]]
    ) {
      clock = now;
      assert.equal(verify(token) !== null, isGood, `at ${now}`);
    }
    clock = 1000;
    assert.deepEqual(verify(token), { username: "ada", permissions: "read" });
  });

  it("is good on a device whose clock is fifty years off, and gets old by the appliance's time", () => {
    let elapsed = 0;
    for (const off of [-1.6e9, 0, 1.6e9]) {
      const onDevice = tokenVerifier({
        publicKey: publicKey.export({ type: "spki", format: "pem" }),
        instance: "me",
        device: {},
        now: () => 1000 + off,
        elapsed: () => elapsed,
      });
      const token = (exp) => sign({ aud: "me", sub: "ada", perm: "*", exp });
      const first = token(1060);
      assert.ok(onDevice(first), `off by ${off}`);
      elapsed += 64;
      assert.ok(onDevice(first));
      elapsed += 2;
      assert.equal(onDevice(first), null);
      assert.ok(onDevice(token(2060)));
      assert.equal(onDevice(token(1900)), null);
      // One for another device tells no time.
      assert.equal(onDevice(sign({ aud: "you", sub: "ada", perm: "*", exp: 9e9 })), null);
      assert.ok(onDevice(token(2061)));
    }
  });

  it("that says something else than an object is refused", () => {
    for (const claims of [null, 1, "text", [], {}]) assert.equal(verify(sign(claims)), null);
    for (
      const token of [undefined, null, 5, {}, ".", "a.b", `${"a".repeat(20)}.${"b".repeat(86)}`]
    ) {
      assert.equal(verify(token), null);
    }
  });
});

describe("the library", () => {
  it("keeps entries with their properties and lists folders", () =>
    inFolder(async (folder) => {
      const library = new Library(folder);
      await library.save(
        "functions",
        "math/double.js",
        { name: "a\\b\nc", outputs: 1 },
        "x * 2\n// end",
      );
      assert.equal(await library.get("functions", "math/double.js"), "x * 2\n// end");
      assert.deepEqual(await library.get("functions", ""), ["math"]);
      assert.deepEqual(await library.get("functions", "math"), [
        { name: "a\\b\nc", outputs: "1", fn: "double.js" },
      ]);
      await library.save("flows", "line", {}, "[]");
      assert.equal(await library.get("flows", "line"), "[]");
      assert.deepEqual(await library.get("flows", "nothing/"), []);
      await assert.rejects(library.get("flows", "nothing"), { code: "not_found" });
    }));

  it("never leaves its folder, not even by a link", () =>
    inFolder(async (folder) => {
      fs.writeFileSync(path.join(folder, "secret"), "x");
      const library = new Library(path.join(folder, "lib"));
      for (const name of ["../../secret", "/../../secret", "a/../../../secret", "a\0b"]) {
        await assert.rejects(library.get("flows", name), { code: "forbidden" });
        await assert.rejects(library.save("flows", name, {}, ""), { code: "forbidden" });
      }
      await assert.rejects(library.get("..", "secret"), { code: "forbidden" });
      await library.save("flows", "a", {}, "[]");
      fs.symlinkSync(folder, path.join(folder, "lib", "flows", "out"));
      await assert.rejects(library.get("flows", "out/secret"));
      await assert.rejects(library.save("flows", "out/planted", {}, ""));
      assert.deepEqual(fs.readdirSync(folder).sort(), ["lib", "secret"]);
    }));
});

describe("ids of the spool", () => {
  it("only grow, even within a millisecond and when the clock goes back", () =>
    inFolder(async (folder) => {
      const spool = new Spool(folder);
      await spool.open("");
      const ids = [5000, 5000, 4000, 6000, 1].map((now) => spool.nextId(now));
      assert.deepEqual(ids, [...ids].sort());
      assert.equal(new Set(ids.map((id) => id.slice(0, 13))).size, ids.length);
    }));

  it("are not led astray by a nonsensical last id", () =>
    inFolder(async (folder) => {
      const spool = new Spool(folder);
      await spool.open("9999999999999-0000000000000000");
      assert.match(spool.nextId(5000), /^0000000005000-/);
    }));
});

describe("start.json", () => {
  it("has defaults, and is refused where something is missing or roots lie inside each other", () =>
    inFolder((folder) => {
      const file = path.join(folder, "start.json");
      const good = {
        format: 1,
        instance: "a",
        slug: "a",
        name: "A",
        port: 1,
        adminRoot: "/-/a/",
        nodeRoot: "/a/",
        credentialSecret: "0".repeat(64),
        spool: "/s",
        publicKey: "x",
        pageSecret: "x".repeat(43),
        nonce: "n",
        nodesDir: [],
      };
      fs.writeFileSync(file, JSON.stringify(good));
      assert.equal(start.read(file).maxLogPerSecond, 200);
      fs.writeFileSync(file, JSON.stringify({ ...good, palette: null, logLevel: null }));
      assert.deepEqual(start.read(file).palette, {});
      assert.equal(start.read(file).logLevel, "info");
      for (
        const change of [
          { nodeRoot: "/-/a/x/" },
          { nodeRoot: "/" },
          { port: 0 },
          { port: "80" },
          { format: 2 },
          { adminRoot: "/-/a" },
          { credentialSecret: "short" },
          { pageSecret: "" },
          { spool: "s" },
        ]
      ) {
        fs.writeFileSync(file, JSON.stringify({ ...good, ...change }));
        assert.throws(() => start.read(file), JSON.stringify(change));
      }
    }));
});
