"use strict";
// Files that are whole after a lost power supply: written aside, forced to disk, then renamed.

const fs = require("node:fs/promises");
const path = require("node:path");

const SUFFIX = ".lineside-tmp";
/** Readable by the appliance's group, which empties the spool and keeps versions. */
const MODE = 0o640;

/** A new content of a file that takes its place only on `commit`. */
class StagedFile {
  constructor(target) {
    this.target = target;
    this.aside = `${target}${SUFFIX}`;
  }

  /** Throws ENOSPC and its like here, where the earlier file is still untouched. */
  static async write(target, text) {
    const staged = new StagedFile(target);
    await fs.rm(staged.aside, { force: true });
    try {
      // Exclusive: a link that somebody laid at this name is never followed.
      const file = await fs.open(staged.aside, "wx", MODE);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await staged.discard();
      throw error;
    }
    return staged;
  }

  /** Durable only after `syncDirectory`. */
  async commit() {
    await fs.rename(this.aside, this.target);
  }

  async discard() {
    await fs.rm(this.aside, { force: true }).catch(() => {});
  }
}

async function syncDirectory(directory) {
  const handle = await fs.open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces one file durably. */
async function writeDurably(target, text) {
  const staged = await StagedFile.write(target, text);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
  await syncDirectory(path.dirname(target));
}

/** The text of a file without a byte order mark, or null if there is no such file. */
async function readText(target) {
  try {
    return (await fs.readFile(target, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

/** Removes what a killed process left half written. */
async function removeStale(directory) {
  for (const name of await fs.readdir(directory)) {
    if (name.endsWith(SUFFIX)) await fs.rm(path.join(directory, name), { force: true });
  }
}

module.exports = { StagedFile, syncDirectory, writeDurably, readText, removeStale };
