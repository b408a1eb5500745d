"use strict";

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { it } = require("node:test");
const { Admin } = require("./client");
const { tab } = require("./flows");
const { onEachRuntime } = require("./runtimes");

/** An npm archive of a module with one node. */
function packModule(folder) {
  const source = path.join(folder, "package");
  fs.mkdirSync(source, { recursive: true });
  fs.writeFileSync(
    path.join(source, "package.json"),
    JSON.stringify({
      name: "node-red-contrib-lamp",
      version: "1.4.2",
      keywords: ["node-red"],
      "node-red": { nodes: { lamp: "lamp.js" } },
    }),
  );
  fs.writeFileSync(
    path.join(source, "lamp.js"),
    `module.exports = (RED) => {
        RED.nodes.registerType('lamp', function (config) { RED.nodes.createNode(this, config); });
    };`,
  );
  fs.writeFileSync(path.join(source, "lamp.html"), '<script type="text/javascript"></script>');
  const archive = path.join(folder, "node-red-contrib-lamp-1.4.2.tgz");
  execFileSync("tar", ["-czf", archive, "-C", folder, "package"]);
  return archive;
}

function upload(admin, archive) {
  const boundary = "lineside-boundary";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="tarball"; ` +
    `filename="${path.basename(archive)}"\r\nContent-Type: application/gzip\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(head),
    fs.readFileSync(archive),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return admin.call("POST", "nodes", {
    body,
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
  });
}

onEachRuntime("the palette", (create, { isPractice }) => {
  if (isPractice) return;

  it("takes a module as a file without any network; flows that waited for it start", async () => {
    const instance = await create();
    fs.writeFileSync(
      instance.file("flows.json"),
      JSON.stringify([
        tab(),
        { id: "l1", type: "lamp", z: "tab1", wires: [], x: 1, y: 1 },
      ]),
    );
    instance.launch();
    await instance.event("missing-types");
    await instance.event("listening");
    const admin = new Admin(instance);
    const answer = await upload(admin, packModule(instance.root));
    assert.equal(answer.status, 200, answer.text);
    await instance.event("flows:started");
    const { modules } = await instance.event("modules");
    assert.deepEqual(modules, [{ name: "node-red-contrib-lamp", version: "1.4.2" }]);
    await admin.deploy([tab()]);
    const removed = await admin.call("DELETE", "nodes/node-red-contrib-lamp");
    assert.equal(removed.status, 204, removed.text);
    assert.deepEqual((await instance.event("modules", 1)).modules, []);
  });

  it("is shut where the appliance says so", async () => {
    const instance = await create({ palette: { allowInstall: false } });
    await instance.run();
    const answer = await upload(new Admin(instance), packModule(instance.root));
    assert.equal(answer.status, 404);
  });
});
