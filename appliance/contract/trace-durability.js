"use strict";
// Preloaded into an instance: prints what is forced to disk, renamed and answered, in order.

const fs = require("node:fs");
const promises = require("node:fs/promises");
const http = require("node:http");

const say = (text) => fs.writeSync(1, `${text}\n`);
const { open, rename } = promises;

promises.open = async (path, ...rest) => {
  const handle = await open.call(promises, path, ...rest);
  const sync = handle.sync.bind(handle);
  handle.sync = async () => {
    await sync();
    say(`sync ${path}`);
  };
  return handle;
};

promises.rename = async (from, to) => {
  await rename.call(promises, from, to);
  say(`rename ${to}`);
};

const { end } = http.ServerResponse.prototype;
http.ServerResponse.prototype.end = function traced(...rest) {
  say(`answer ${this.req.method}`);
  return end.apply(this, rest);
};
