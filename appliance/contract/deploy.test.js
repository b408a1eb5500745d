"use strict";

const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { it } = require("node:test");
const { Admin, page } = require("./client");
const { tab, answers } = require("./flows");
const { onEachRuntime } = require("./runtimes");

const text = (instance, name) => fs.readFileSync(instance.file(name), "utf8");

function unseal(sealed, secret) {
  const key = crypto.createHash("sha256").update(secret).digest();
  const iv = Buffer.from(sealed.$.slice(0, 32), "hex");
  const decipher = crypto.createDecipheriv("aes-256-ctr", key, iv);
  const body = Buffer.from(sealed.$.slice(32), "base64");
  return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString());
}

onEachRuntime("a deploy", (create) => {
  it("is in the spool, byte for byte, when it is acknowledged", async () => {
    const instance = await (await create()).run();
    const flows = [tab(), {
      id: "c1",
      type: "comment",
      z: "tab1",
      name: "Grüße \u2028 💡 \ud800",
      wires: [],
      x: 1,
      y: 2,
    }];
    const answer = await new Admin(instance).deploy(flows);
    assert.equal(answer.status, 200);
    const entries = instance.spooled();
    assert.equal(entries.length, 1);
    const [entry] = entries;
    assert.equal(entry.format, 1);
    assert.match(entry.id, /^\d{13}-[0-9a-f]{16}$/);
    assert.equal(entry.user, "ada");
    assert.equal(entry.flows, JSON.stringify(flows, null, 4));
    assert.equal(entry.flows, text(instance, "flows.json"));
    assert.equal(text(instance, ".lineside-deployed").trim(), entry.id);
    const told = await instance.event("deploy");
    assert.deepEqual([told.id, told.user], [entry.id, "ada"]);
    assert.equal(answer.json().rev, (await new Admin(instance).flows()).rev);
  });

  it("forces the spool to disk before it answers", async () => {
    const instance = await create();
    const trace = path.join(__dirname, "trace-durability.js");
    await instance.run({ env: { NODE_OPTIONS: `--require ${trace}` } });
    await new Admin(instance).deploy([tab()]);
    await instance.rawLine(/^answer POST/);
    const steps = instance.output.lines.filter(({ raw }) => raw).map(({ raw }) => raw)
      .filter((line) => /^(?:sync|rename|answer POST)/.test(line));
    const at = (pattern) => {
      const index = steps.findLastIndex((step) => pattern.test(step));
      assert.ok(index >= 0, `${pattern} in\n${steps.join("\n")}`);
      return index;
    };
    const order = [
      at(/^sync .*\/spool\/\d+-\w+\.json\.lineside-tmp$/),
      at(/^rename .*\/spool\/\d+-\w+\.json$/),
      at(/^sync .*\/spool$/),
      at(/^rename .*\/user\/flows\.json$/),
      at(/^sync .*\/user$/),
      at(/^answer POST/),
    ];
    assert.deepEqual(order, [...order].sort((a, b) => a - b), steps.join("\n"));
    assert.ok(at(/^sync .*\/user\/flows\.json\.lineside-tmp$/) < order[1], "staged first");
  });

  it("carries the credentials, encrypted, with every entry", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    const flows = [tab(), { id: "c1", type: "comment", z: "tab1", wires: [], x: 1, y: 1 }];
    await admin.deploy(flows, { credentials: { c1: { password: "secret!" } } });
    await admin.deploy([{ ...flows[0], label: "Line 4" }, flows[1]]);
    await instance.signal("SIGTERM");
    await instance.run();
    await admin.deploy(flows);
    const [first, second, third] = instance.spooled().map(({ credentials }) => credentials);
    const opened = unseal(JSON.parse(first), instance.start.credentialSecret);
    assert.deepEqual(opened, { c1: { password: "secret!" } });
    assert.equal(second, first);
    assert.equal(third, first);
    assert.equal(text(instance, "flows_cred.json"), first);
  });

  it("with a stale revision is refused with 409 and leaves nothing", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    const { rev } = await admin.flows();
    assert.equal((await admin.deploy([tab()], { rev })).status, 200);
    const stale = await admin.deploy([tab("tab2")], { rev });
    assert.equal(stale.status, 409);
    assert.equal(stale.json().code, "version_mismatch");
    assert.deepEqual((await admin.flows()).flows, [tab()]);
    assert.equal(instance.spooled().length, 1);
  });

  it("of changed nodes or changed tabs only is kept whole", async () => {
    const instance = await (await create()).run();
    const admin = new Admin(instance);
    const flows = answers("/hi", 'msg.payload = "one"; return msg;');
    await admin.run(flows);
    for (const [type, word] of [["nodes", "two"], ["flows", "three"]]) {
      flows[2].func = `msg.payload = "${word}"; return msg;`;
      await admin.run(flows, { type });
      assert.equal((await page(instance, "hi")).text, word);
    }
    assert.equal(instance.spooled().at(-1).flows, JSON.stringify(flows, null, 4));
  });

  it("with the old interface is kept too", async () => {
    const instance = await (await create()).run();
    const answer = await new Admin(instance).call("POST", "flows", { body: [tab()] });
    assert.equal(answer.status, 204);
    assert.equal(instance.spooled().length, 1);
    assert.deepEqual((await new Admin(instance).call("GET", "flows")).json(), [tab()]);
  });

  it("is refused with a sentence if the spool is not a folder; flows run on", async () => {
    const instance = await create();
    fs.writeFileSync(instance.file("flows.json"), JSON.stringify(answers("/hi")));
    fs.rmdirSync(instance.spool);
    fs.writeFileSync(instance.spool, "");
    await instance.run();
    const before = text(instance, "flows.json");
    const refused = await new Admin(instance).deploy([tab()]);
    assert.equal(refused.status, 507);
    assert.match(refused.json().message, /^The spool is not a folder.*Restart the instance\.$/);
    assert.equal(text(instance, "flows.json"), before);
    assert.equal((await page(instance, "hi")).status, 200);
    assert.deepEqual((await new Admin(instance).flows()).flows, answers("/hi"));
  });

  it("is refused while a thousand deploys wait to be fetched", async () => {
    const instance = await (await create()).run();
    for (let index = 0; index < 1000; index += 1) {
      const id = `${1_600_000_000_000 + index}-${"a".repeat(16)}`;
      fs.writeFileSync(path.join(instance.spool, `${id}.json`), "{}");
    }
    const refused = await new Admin(instance).deploy([tab()]);
    assert.equal(refused.status, 507);
    assert.match(refused.json().message, /has not fetched the last 1000 deploys/);
    fs.rmSync(path.join(instance.spool, `1600000000000-${"a".repeat(16)}.json`));
    assert.equal((await new Admin(instance).deploy([tab()])).status, 200);
  });

  it("that a kill interrupted after the spool is finished at the next start", async () => {
    const instance = await (await create()).run();
    await new Admin(instance).deploy([tab()]);
    await instance.signal("SIGKILL");
    const [kept] = instance.spooled();
    const flows = JSON.stringify([tab("tab2")], null, 4);
    const id = `${Number(kept.id.slice(0, 13)) + 1}-${"b".repeat(16)}`;
    fs.writeFileSync(
      path.join(instance.spool, `${id}.json`),
      JSON.stringify({ ...kept, id, flows, credentials: null }),
    );
    fs.writeFileSync(instance.file("flows.json.lineside-tmp"), "[");
    fs.writeFileSync(path.join(instance.spool, "x.json.lineside-tmp"), "{");
    await instance.run();
    assert.deepEqual((await new Admin(instance).flows()).flows, [tab("tab2")]);
    assert.equal(text(instance, "flows.json"), flows);
    assert.equal(text(instance, ".lineside-deployed").trim(), id);
    assert.ok(!fs.existsSync(instance.file("flows.json.lineside-tmp")));
    assert.equal(instance.spooled().length, 2);
  });

  it("never gets an id below an earlier one, even if the clock was set back", async () => {
    const instance = await create();
    const future = `${Date.now() + 86_400_000}-${"f".repeat(16)}`;
    fs.writeFileSync(instance.file(".lineside-deployed"), `${future}\n`);
    await instance.run();
    await new Admin(instance).deploy([tab()]);
    assert.ok(instance.spooled()[0].id > future);
    assert.ok(Math.abs(instance.spooled()[0].at - Date.now()) < 60_000);
  });

  it("survives a restart, and so do the revision and the order of keys", async () => {
    const instance = await (await create()).run();
    const flows = [{ type: "tab", label: "z", id: "tab1", zebra: 1, alpha: [{ b: 1, a: 2 }] }];
    const { rev } = (await new Admin(instance).deploy(flows)).json();
    await instance.signal("SIGTERM");
    await instance.run();
    const now = await new Admin(instance).flows();
    assert.equal(JSON.stringify(now.flows), JSON.stringify(flows));
    assert.equal(now.rev, rev);
  });
});
