"use strict";
// Takes log records from everywhere to the handlers that the settings name.

const LEVEL = { fatal: 10, error: 20, warn: 30, info: 40, debug: 50, trace: 60 };
const AUDIT = 98;

class Log {
  #handlers = [];

  constructor(logging = {}) {
    for (const config of Object.values(logging)) {
      if (typeof config.handler !== "function") continue;
      const handle = config.handler(config);
      const most = LEVEL[config.level] ?? LEVEL.info;
      this.#handlers.push((record) => {
        if (record.level <= most || (record.level === AUDIT && config.audit)) handle(record);
      });
    }
    for (const [name, level] of Object.entries(LEVEL)) {
      this[name.toUpperCase()] = level;
      this[name] = (msg) => this.log({ level, msg });
    }
  }

  /** `emitter` gets every record as the event `log`. */
  addHandler(emitter) {
    this.#handlers.push((record) => emitter.emit("log", record));
  }

  log(record) {
    record.timestamp = Date.now();
    for (const handle of this.#handlers) handle(record);
  }

  audit(record, request) {
    this.log({ ...record, level: AUDIT, user: request?.user, path: request?.path });
  }
}

module.exports = { Log };
