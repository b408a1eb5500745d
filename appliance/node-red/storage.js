"use strict";
// Node-RED's storage module. What it acknowledges is kept: a deploy is in the spool, on disk,
// before Node-RED answers the editor. The appliance makes a version of every entry it finds there.

const path = require("node:path");
const { StagedFile, syncDirectory, writeDurably, readText, removeStale } = require("./files");
const { Spool } = require("./spool");
const { Library } = require("./library");
const { checkReadable } = require("./credentials");
const log = require("./log");

/** The supervisor knows this exit code as "flows.json is unreadable" and does not retry. */
const EXIT_UNREADABLE_FLOWS = 78;

const SENTENCES = {
  ENOSPC: "The disk is full, so this deploy was not saved. Free space on the server, then deploy" +
    " again.",
  EROFS: "The disk can only be read, so this deploy was not saved. Check the server's disk.",
  EACCES: "The instance may not write its files, so this deploy was not saved. Restart it.",
  ENOTDIR: "The spool is not a folder, so this deploy was not saved. Restart the instance.",
  ENOENT: "A folder of this instance is missing, so this deploy was not saved. Restart it.",
};
SENTENCES.EDQUOT = SENTENCES.ENOSPC;
SENTENCES.EPERM = SENTENCES.EACCES;

class Storage {
  #start;
  #user;
  #spool;
  #library;
  #hasRead = false;
  /** Text of flows_cred.json, and what Node-RED wants in its place at the next deploy. */
  #credentials = null;
  #nextCredentials = null;
  #savedSettings = null;
  #queue = Promise.resolve();

  constructor(start) {
    this.#start = start;
  }

  async init(settings) {
    this.#user = settings.userDir;
    this.#library = new Library(path.join(this.#user, "lib"));
    await removeStale(this.#user);
    await this.#ensurePackage();
    this.#spool = new Spool(this.#start.spool);
    const deployed = (await readText(this.#path(".lineside-deployed")))?.trim() ?? "";
    try {
      const newest = await this.#spool.open(deployed);
      if (newest && newest > deployed) await this.#finish(newest);
    } catch (error) {
      // The flows that are there run on; deploys are refused until somebody acts.
      log.say("error", `The last deploy could not be looked up or finished: ${error.message}.`);
    }
  }

  async getFlows() {
    const isFirst = !this.#hasRead;
    this.#hasRead = true;
    try {
      const text = await readText(this.#path("flows.json"));
      if (text === null) return [];
      const flows = JSON.parse(text);
      if (!Array.isArray(flows)) throw new Error("it holds no list of nodes");
      return flows;
    } catch (error) {
      const sentence = `flows.json can't be read: ${error.message}.`;
      if (!isFirst) throw new Error(sentence);
      // Node-RED would go on without flows, and the next deploy overwrite the file.
      log.event("flows-unreadable", { error: sentence });
      log.say("fatal", `${sentence} Restore an earlier version of this instance.`);
      return process.exit(EXIT_UNREADABLE_FLOWS);
    }
  }

  async getCredentials() {
    let credentials = {};
    try {
      this.#credentials = await readText(this.#path("flows_cred.json"));
      if (this.#credentials?.trim()) credentials = JSON.parse(this.#credentials);
      checkReadable(credentials, this.#start.credentialSecret);
    } catch (error) {
      log.event("credentials-unreadable", {
        error: `flows_cred.json can't be decrypted with this instance's secret: ${error.message}.`,
      });
    }
    return credentials;
  }

  /** Node-RED calls this just before `saveFlows`; both become one deploy. */
  async saveCredentials(credentials) {
    this.#nextCredentials = JSON.stringify(credentials);
  }

  saveFlows(flows, user) {
    const deploy = this.#queue.then(() => this.#deploy(flows, user?.username ?? null));
    this.#queue = deploy.catch(() => {});
    return deploy;
  }

  /**
   * All that needs space is written before the entry appears in the spool; from there on only
   * renames are left, and `init` finishes those that a lost power supply prevented.
   */
  async #deploy(flows, user) {
    const text = JSON.stringify(flows, null, 4);
    const credentials = this.#nextCredentials ?? this.#credentials;
    const id = this.#spool.nextId();
    const entry = JSON.stringify({
      format: 1,
      id,
      at: Date.now(),
      user,
      flows: text,
      credentials,
    });
    let staged = [];
    try {
      await this.#spool.checkRoom(Buffer.byteLength(entry));
      await this.#stage(staged, { flows: text, credentials: this.#nextCredentials, id });
      await this.#spool.add(id, entry);
      staged = await this.#commit(staged, id);
    } catch (error) {
      await Promise.all(staged.map((file) => file.discard()));
      throw refusal(error);
    }
    this.#credentials = credentials;
    this.#nextCredentials = null;
    log.event("deploy", { id, user });
  }

  async #stage(staged, { flows, credentials, id }) {
    if (credentials !== null) {
      staged.push(await StagedFile.write(this.#path("flows_cred.json"), credentials));
    }
    staged.push(await StagedFile.write(this.#path("flows.json"), flows));
    staged.push(await StagedFile.write(this.#path(".lineside-deployed"), `${id}\n`));
  }

  async #commit(staged, id) {
    try {
      await staged[0].commit();
    } catch (error) {
      await this.#spool.remove(id);
      throw error;
    }
    for (const file of staged.slice(1)) await file.commit();
    await syncDirectory(this.#user);
    return [];
  }

  /** Brings the user directory up to a deploy that was safe in the spool when we were killed. */
  async #finish(id) {
    const { flows, credentials } = await this.#spool.read(id);
    if (!Array.isArray(JSON.parse(flows))) throw new Error(`${id} holds no list of nodes`);
    const staged = [];
    try {
      await this.#stage(staged, { flows, credentials, id });
    } catch (error) {
      await Promise.all(staged.map((file) => file.discard()));
      throw error;
    }
    for (const file of staged) await file.commit();
    await syncDirectory(this.#user);
    log.say("info", `Finished the deploy ${id}, which the last stop had interrupted.`);
  }

  async getSettings() {
    const text = await readText(this.#path(".config.json"));
    if (text === null) return {};
    try {
      return JSON.parse(text);
    } catch {
      // Only preferences and the palette's list: Node-RED makes them anew.
      log.say("warn", "The editor's settings (.config.json) were broken and are made anew.");
      return {};
    }
  }

  async saveSettings(settings) {
    const text = JSON.stringify(settings, null, 4);
    if (text === this.#savedSettings) return;
    this.#savedSettings = text;
    await this.#keep(".config.json", text);
  }

  async getSessions() {
    const text = await readText(this.#path(".sessions.json"));
    try {
      return JSON.parse(text ?? "{}");
    } catch {
      return {};
    }
  }

  async saveSessions(sessions) {
    await this.#keep(".sessions.json", JSON.stringify(sessions));
  }

  /** npm installs the palette into this folder and wants to find it a package. */
  async #ensurePackage() {
    if (await readText(this.#path("package.json")) !== null) return;
    const description = "Modules that were installed into this instance";
    const text = { name: "instance", version: "0.0.1", private: true, description };
    await this.#keep("package.json", `${JSON.stringify(text, null, 4)}\n`);
  }

  /** For what can be missed: Node-RED dies of a rejection here, and the plant with it. */
  async #keep(name, text) {
    try {
      await writeDurably(this.#path(name), text);
    } catch (error) {
      log.say("warn", `${name} could not be saved: ${error.message}.`);
    }
  }

  getLibraryEntry(type, name) {
    return this.#library.get(type, name);
  }

  saveLibraryEntry(type, name, meta, body) {
    return this.#library.save(type, name, meta, body);
  }

  #path(name) {
    return path.join(this.#user, name);
  }
}

function refusal(error) {
  const sentence = SENTENCES[error.code] ?? (error.code === "spool_full" ? error.message : null);
  const refused = new Error(sentence ?? `This deploy was not saved: ${error.message}.`);
  // A code keeps Node-RED from taking it for a bug; the editor shows the message.
  refused.code = error.code ?? "not_saved";
  refused.status = 507;
  return refused;
}

/** Node-RED asks with `hasOwnProperty`, so the methods must be the object's own. */
function storageModule(start) {
  const storage = new Storage(start);
  const names = Object.getOwnPropertyNames(Storage.prototype).filter((n) => n !== "constructor");
  return Object.fromEntries(names.map((name) => [name, storage[name].bind(storage)]));
}

module.exports = { storageModule, EXIT_UNREADABLE_FLOWS };
