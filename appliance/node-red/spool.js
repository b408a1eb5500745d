"use strict";
// Deploys on their way to the appliance: one immutable file each, named so that names sort by age.

const crypto = require("node:crypto");
const fs = require("node:fs/promises");
const path = require("node:path");
const { StagedFile, syncDirectory, removeStale } = require("./files");

const ENTRY = /^(\d{13}-[0-9a-f]{16})\.json$/;
const LAST_TIME = 9_999_999_999_999;

/**
 * What may wait while the appliance is down. Past it a deploy is refused: a full disk would stop
 * everything else on the server too.
 */
const MAX_ENTRIES = 1000;
const MAX_BYTES = 512 * 1024 * 1024;

class Spool {
  #directory;
  #lastTime = 0;

  constructor(directory) {
    this.#directory = directory;
  }

  /** `lastId`: the newest id ever given out, as far as anybody remembers. */
  async open(lastId) {
    await removeStale(this.#directory);
    const newest = await this.newest();
    for (const id of [lastId, newest]) {
      const time = Number(id?.slice(0, 13));
      if (time < LAST_TIME) this.#lastTime = Math.max(this.#lastTime, time);
    }
    return newest;
  }

  /** Ids grow even when the clock is set back: their order is the order of the deploys. */
  nextId(now = Date.now()) {
    this.#lastTime = Math.max(now, this.#lastTime + 1);
    const time = String(this.#lastTime).padStart(13, "0");
    return `${time}-${crypto.randomBytes(8).toString("hex")}`;
  }

  async newest() {
    return (await this.#ids()).at(-1) ?? null;
  }

  async read(id) {
    return JSON.parse(await fs.readFile(this.#fileOf(id), "utf8"));
  }

  /** Throws an Error with a sentence if too much waits already. */
  async checkRoom(bytes) {
    const ids = await this.#ids();
    let total = bytes;
    for (const id of ids) {
      total += (await fs.stat(this.#fileOf(id)).catch(() => ({ size: 0 }))).size;
    }
    if (ids.length < MAX_ENTRIES && total <= MAX_BYTES) return;
    const error = new Error(
      `The appliance has not fetched the last ${ids.length} deploys, so this one was not ` +
        "saved. See that Lineside is running, then deploy again.",
    );
    error.code = "spool_full";
    throw error;
  }

  /** When it returns, the entry survives a lost power supply. */
  async add(id, text) {
    const staged = await StagedFile.write(this.#fileOf(id), text);
    try {
      await staged.commit();
      await syncDirectory(this.#directory);
    } catch (error) {
      await staged.discard();
      await this.remove(id);
      throw error;
    }
  }

  /** Takes back a deploy that was refused after all. */
  async remove(id) {
    await fs.rm(this.#fileOf(id), { force: true }).catch(() => {});
    await syncDirectory(this.#directory).catch(() => {});
  }

  async #ids() {
    const names = await fs.readdir(this.#directory);
    return names.map((name) => ENTRY.exec(name)?.[1]).filter(Boolean).sort();
  }

  #fileOf(id) {
    return path.join(this.#directory, `${id}.json`);
  }
}

module.exports = { Spool, MAX_ENTRIES, MAX_BYTES };
