"use strict";
// Feeds messages to the node `first` of a flow and collects what arrives at the node `out`.

const assert = require("node:assert/strict");
const { Admin, page } = require("./client");
const { tab } = require("./flows");

const node = (id, type, wires, rest = {}) => ({
  id,
  type,
  z: "tab1",
  name: "",
  x: 100,
  y: 100,
  wires,
  ...rest,
});
const fn = (id, func, wires) =>
  node(id, "function", wires, {
    func,
    outputs: 1,
    timeout: 0,
    noerr: 0,
    initialize: "",
    finalize: "",
    libs: [],
  });

const COLLECT = `
  const { _msgid, req, res, ...rest } = msg;
  flow.set("got", [...flow.get("got") || [], rest]);`;
/** Waits in the flow, so that no test has to. */
const WAIT = `
  const end = Date.now() + 20000;
  const look = () => {
    const got = flow.get("got") || [];
    if (got.length < Number(msg.req.query.count) && Date.now() < end) setTimeout(look, 10);
    else { msg.payload = got; node.send(msg, false); }
  };
  look();`;

class Feed {
  static async start(create, nodes, options) {
    const feed = new Feed();
    feed.instance = await (await create()).run(options);
    await new Admin(feed.instance).run([
      tab(),
      node("put", "http in", [["feed"]], { url: "/put", method: "post", upload: false }),
      fn("feed", "for (const one of msg.payload) node.send([one, null]);\nreturn [null, msg];", [
        ["first"],
        ["answer"],
      ]),
      ...nodes,
      fn("out", COLLECT, [[]]),
      node("ask", "http in", [["wait"]], { url: "/got", method: "get", upload: false }),
      fn("wait", WAIT, [["answer"]]),
      node("answer", "http response", [], { statusCode: "", headers: {} }),
    ].map((one) => one.id === "feed" ? { ...one, outputs: 2 } : one));
    return feed;
  }

  get area() {
    return this.instance.area;
  }

  async put(messages) {
    const { status, text } = await page(this.instance, "put", { method: "POST", body: messages });
    assert.equal(status, 200, text);
  }

  /** All that arrived, as soon as there are so many. */
  async got(count) {
    const got = (await page(this.instance, `got?count=${count}`)).json();
    assert.ok(got.length >= count, `${count} wanted, got ${JSON.stringify(got)}`);
    return got;
  }

  /** Exactly so many, and the named fields are equal. */
  check(got, expected) {
    assert.equal(got.length, expected.length, JSON.stringify(got));
    for (const [index, wanted] of expected.entries()) {
      const part = partOf(got[index], wanted);
      assert.deepEqual(part, wanted, `message ${index}: ${JSON.stringify(got[index])}`);
    }
  }
}

/** Of a message, what is named in another, except that `payload` and lists are taken whole. */
function partOf(got, wanted) {
  return Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => {
      const isPart = key === "parts" || value?.type === "Buffer";
      return [key, isPart && got[key] ? partOf(got[key], value) : got[key]];
    }),
  );
}

module.exports = { Feed, node, fn };
