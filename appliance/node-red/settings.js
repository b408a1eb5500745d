"use strict";
// The settings file that every instance runs with. What differs between instances comes from
// start.json, so this file is the same for all and is never edited.

const start = require("./start").readOrExit(process.env.LINESIDE_SETTINGS);
const log = require("./log");
const { tokenVerifier, TOKEN_HEADER } = require("./auth");
const { Guard } = require("./guard");
const { storageModule } = require("./storage");

log.init(start);

const verify = tokenVerifier(start);
const guard = new Guard({ ...start, verify });
// Relative names of file nodes are in the files area of the instance.
const fileArea = process.env.LINESIDE_FILES || process.cwd();
// A throw-away Node-RED that tries a flow instead of running a plant's.
const test = start.test ? new (require("./test-runner").TestRunner)(start.test) : null;
const storage = storageModule(start);

module.exports = {
  /** For our plugin, which runs in the same process. */
  lineside: { start, guard, test },

  // A device is reached by the people who stand before it, the server's instances by its proxy only.
  uiHost: start.device ? "0.0.0.0" : "127.0.0.1",
  uiPort: start.port,
  httpAdminRoot: start.adminRoot,
  httpNodeRoot: start.nodeRoot,
  httpNodeAuth: guard.middleware,
  // A stack archive may be 200 MB; Node-RED counts its multipart frame too.
  apiMaxLength: "210mb",
  disableEditor: false,

  adminAuth: {
    type: "credentials",
    users: [],
    tokenHeader: TOKEN_HEADER,
    tokens: async (token) => guard.localUser(token) ?? verify(token),
  },

  storageModule: test ? test.storage(storage, fileArea) : storage,
  flowFile: "flows.json",
  credentialSecret: start.credentialSecret,
  contextStorage: { default: { module: "memory" }, file: { module: "localfilesystem" } },
  nodesDir: start.nodesDir,

  logging: {
    lineside: { level: start.logLevel, metrics: false, audit: true, handler: log.handler },
  },
  diagnostics: { enabled: true, ui: true },
  runtimeState: { enabled: true, ui: true },
  // 15 s, Node-RED's default; the supervisor's grace is longer.
  nodeCloseTimeout: 15_000,

  functionGlobalContext: start.functionGlobals,
  functionExternalModules: true,
  exportGlobalContextKeys: false,
  fileWorkingDirectory: fileArea,

  // A plant has no internet: nothing may be fetched, reported or looked up there.
  telemetry: { enabled: false, updateNotification: false },
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: true, allowUpload: true, ...start.palette },
    modules: { allowInstall: start.palette.allowInstall ?? true },
  },
  editorTheme: {
    page: { title: start.editor.title ?? start.name },
    header: { title: start.name },
    ...(start.editor.theme ? { theme: start.editor.theme } : {}),
    codeEditor: { lib: start.editor.codeEditor ?? "monaco" },
    palette: { catalogues: start.editor.catalogues ?? [] },
    projects: { enabled: false },
    multiplayer: { enabled: false },
    tours: false,
    // Signing out happens in Lineside, which opened the editor.
    userMenu: false,
  },
};
