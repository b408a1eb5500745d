"use strict";
// One instance as the appliance would run it: its folders, its start.json, its process, its log.

const { spawn } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { follow } = require("./output-tail");

const RUNTIME = path.join(__dirname, "..");
/** Generous: a machine may be slow and busy beside us. Only a failure ever takes this long. */
const LIMIT = 240_000;

/** What still runs when this process ends, however the tests went. */
const running = new Set();
process.once("exit", () => running.forEach(endGroup));
for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(name, () => process.exit(1));

/** All that an instance started, npm too: it leads a group of its own. */
function endGroup({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch { /* It has gone. */ }
}

/**
 * Below the ports that the system gives to outgoing connections: one of those could otherwise take
 * it while an instance restarts.
 */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

async function freePort() {
  for (;;) {
    const port = FIRST_PORT + crypto.randomInt(PORTS);
    const server = net.createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

class Instance {
  /** `program`: the arguments of node that start the runtime under test. */
  constructor(program) {
    this.program = program;
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), "lineside-contract-"));
    this.id = crypto.randomBytes(10).toString("hex");
    this.userDir = path.join(this.root, "user");
    this.spool = path.join(this.root, "spool");
    for (const name of ["user", "user/files", "spool", "log"]) {
      fs.mkdirSync(path.join(this.root, name));
    }
    this.keys = crypto.generateKeyPairSync("ed25519");
    this.overrides = {};
    this.process = null;
  }

  static async create(program, overrides = {}) {
    const instance = new Instance(program);
    instance.overrides = overrides;
    instance.port = overrides.port ?? await freePort();
    return instance;
  }

  get logFile() {
    return path.join(this.root, "log", "out.log");
  }

  #writeStart() {
    const slug = "press-oee";
    this.start = {
      format: 1,
      instance: this.id,
      slug,
      name: "Press OEE",
      port: this.port,
      adminRoot: `/-/${slug}/`,
      nodeRoot: `/${slug}/`,
      credentialSecret: crypto.createHash("sha256").update(this.id).digest("hex"),
      spool: this.spool,
      publicKey: this.keys.publicKey.export({ type: "spki", format: "pem" }),
      pageSecret: crypto.randomBytes(32).toString("base64url"),
      nonce: crypto.randomBytes(16).toString("base64url"),
      nodesDir: [path.join(RUNTIME, "node-red", "plugin")],
      logLevel: "info",
      maxLogPerSecond: 200,
      palette: { allowInstall: true, allowUpload: true },
      editor: { title: "Press OEE · Lineside", theme: null, codeEditor: "monaco" },
      functionGlobals: {},
      ...this.overrides,
    };
    fs.writeFileSync(path.join(this.root, "start.json"), JSON.stringify(this.start));
  }

  /** Starts the process and returns at once; see `ready`. */
  launch({ heap = 256, args = [], env = {}, writeStart = true } = {}) {
    if (writeStart) this.#writeStart();
    const out = fs.openSync(this.logFile, "a");
    this.output = follow(this.logFile, fs.fstatSync(out).size);
    this.process = spawn(process.execPath, [
      `--max-old-space-size=${heap}`,
      ...this.program,
      "--settings",
      path.join(RUNTIME, "node-red", "settings.js"),
      "--userDir",
      this.userDir,
      ...args,
    ], {
      cwd: this.userDir,
      detached: true,
      stdio: ["ignore", out, out],
      env: {
        PATH: process.env.PATH,
        HOME: this.userDir,
        TZ: "UTC",
        LANG: "C.UTF-8",
        NODE_ENV: "production",
        NODE_RED_DISABLE_TELEMETRY: "true",
        npm_config_offline: "true",
        npm_config_fetch_retries: "0",
        LINESIDE_SETTINGS: path.join(this.root, "start.json"),
        LINESIDE_INSTANCE: this.id,
        LINESIDE_FILES: path.join(this.userDir, "files"),
        ...env,
      },
    });
    fs.closeSync(out);
    const { output, process: child } = this;
    running.add(child);
    this.exit = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        running.delete(child);
        endGroup(child);
        output.end();
        resolve({ code, signal });
      });
    });
    return this;
  }

  async run(options) {
    this.launch(options);
    await this.event("listening");
    await this.event("flows:started");
    return this;
  }

  /** The first event of that name since the launch, or the one after so many others. */
  event(name, others = 0) {
    let left = others;
    const seen = new Set();
    return this.output.first(
      (line) => {
        if (line.event !== name || seen.has(line)) return false;
        seen.add(line);
        left -= 1;
        return left < 0;
      },
      `event ${name}`,
      LIMIT,
    );
  }

  count(name) {
    this.output.refresh();
    return this.output.lines.filter((line) => line.event === name).length;
  }

  /** Records that were counted, not written: each second of a flood tells its own. */
  get dropped() {
    this.output.refresh();
    return this.output.lines.filter(({ event }) => event === "dropped")
      .reduce((sum, { count }) => sum + count, 0);
  }

  record(accepts, what = "log record") {
    return this.output.first((line) => line.level && accepts(line), what, LIMIT);
  }

  rawLine(pattern) {
    return this.output.first(({ raw }) => raw && pattern.test(raw), `line ${pattern}`, LIMIT);
  }

  async exited() {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("the process does not end")), LIMIT);
    });
    try {
      return await Promise.race([this.exit, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  signal(name) {
    this.process.kill(name);
    return this.exited();
  }

  /** A token as the appliance signs it. */
  token(claims = {}, key = this.keys.privateKey) {
    const payload = Buffer.from(JSON.stringify({
      aud: this.id,
      sub: "ada",
      perm: "*",
      exp: Math.floor(Date.now() / 1000) + 30,
      ...claims,
    })).toString("base64url");
    return `${payload}.${crypto.sign(null, Buffer.from(payload), key).toString("base64url")}`;
  }

  /** Where flows read and write files. */
  get area() {
    const folder = path.join(this.userDir, "files");
    return fs.existsSync(folder) ? folder : this.userDir;
  }

  /** Ids of the deploys in the spool, oldest first. */
  spooled() {
    return fs.readdirSync(this.spool).filter((name) => name.endsWith(".json")).sort()
      .map((name) => JSON.parse(fs.readFileSync(path.join(this.spool, name), "utf8")));
  }

  file(name) {
    return path.join(this.userDir, name);
  }

  async dispose() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      endGroup(this.process);
      await this.exited();
    }
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

module.exports = { Instance, LIMIT, freePort };
