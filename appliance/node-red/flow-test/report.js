"use strict";
// What is known of a test so far, in a file that is whole after each step, however this ends.

const fs = require("node:fs");
const path = require("node:path");
const { cut } = require("./match");

const MAX_LOG = 100;
const MAX_LINE = 500;

class Report {
  #file;
  #begun = Date.now();
  #before = 0;

  /** Goes on where an earlier process of the same test ended, if it ended for a restart. */
  constructor(directory) {
    this.#file = path.join(directory, "result.json");
    let earlier = {};
    try {
      earlier = JSON.parse(fs.readFileSync(this.#file, "utf8"));
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
    this.#before = earlier.ms ?? 0;
    this.steps = earlier.steps ?? [];
    this.log = earlier.log ?? [];
    /** How many answers each mock has given. */
    this.answered = earlier.answered ?? {};
    this.error = null;
  }

  say(text) {
    if (this.log.length < MAX_LOG) this.log.push(cut(text, MAX_LINE));
    else if (this.log.length === MAX_LOG) this.log.push("More was logged and is left out.");
  }

  /** `state`: running, restart, passed, failed or error. */
  write(state) {
    const { steps, log, answered, error } = this;
    const ms = this.#before + Date.now() - this.#begun;
    const aside = `${this.#file}.new`;
    fs.writeFileSync(aside, JSON.stringify({ state, detail: error, ms, steps, log, answered }));
    fs.renameSync(aside, this.#file);
  }
}

module.exports = { Report };
