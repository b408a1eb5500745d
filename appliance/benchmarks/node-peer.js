"use strict";
// Node's own https and SQLite for the same question: whose token is this, what may they do, and
// the row that the address names. Three prepared look-ups, no framework, no checks beside.
// node node-peer.js PORT CERTIFICATE KEY DATABASE SQLITE_PACKAGE

const crypto = require("node:crypto");
const fs = require("node:fs");
const https = require("node:https");
const Module = require("node:module");
const path = require("node:path");

const [port, certificate, key, file, sqlite] = process.argv.slice(2);
// The one thing that sqlite3.js asks of the installer that this names: where the binary lies.
const load = Module._load;
Module._load = (name, ...rest) =>
  name === "@mapbox/node-pre-gyp"
    ? { find: () => path.join(sqlite, "lib/binding/napi-v6-linux-glibc-x64/node_sqlite3.node") }
    : load(name, ...rest);
const { Database } = require(path.join(sqlite, "lib/sqlite3.js"));

const sha256 = (text) => crypto.createHash("sha256").update(text).digest("hex");
const database = new Database(file, () => {
  database.exec(
    `PRAGMA journal_mode = WAL;
     CREATE TABLE user (id TEXT PRIMARY KEY, username TEXT, name TEXT) STRICT;
     CREATE TABLE token (id TEXT PRIMARY KEY, user_id TEXT, hash TEXT UNIQUE, expires INTEGER) STRICT;
     CREATE TABLE role (user_id TEXT, scope TEXT, role TEXT) STRICT;
     CREATE INDEX role_user ON role (user_id);
     CREATE TABLE application (id TEXT PRIMARY KEY, team_id TEXT, name TEXT, description TEXT,
       created INTEGER) STRICT;
     INSERT INTO user VALUES ('u1', 'ada', 'Ada');
     INSERT INTO token VALUES ('t1', 'u1', '${sha256("secret")}', 9000000000000);
     INSERT INTO role VALUES ('u1', 'site', 'administrator');
     INSERT INTO application VALUES ('a1', 't1', 'Line 3', 'Bottling', 1790000000000);`,
    start,
  );
});

function start() {
  const prepare = (text) => database.prepare(text);
  const byToken = prepare(
    `SELECT user.id, username, name FROM token JOIN user ON user.id = user_id
     WHERE hash = ? AND expires > ?`,
  );
  const roles = prepare("SELECT scope, role FROM role WHERE user_id = ?");
  const byID = prepare(
    "SELECT id, team_id AS teamId, name, description, created FROM application WHERE id = ?",
  );
  const first = (statement, values) =>
    new Promise((resolve, reject) =>
      statement.get(...values, (error, row) => error ? reject(error) : resolve(row))
    );

  async function answer(request) {
    const token = (request.headers.authorization ?? "").replace("Bearer ", "");
    const user = await first(byToken, [sha256(token), Date.now()]);
    if (!user) return [401, {}];
    const role = await first(roles, [user.id]);
    if (!role) return [403, {}];
    const row = await first(byID, [request.url.slice(1)]);
    return row ? [200, row] : [404, {}];
  }

  https.createServer(
    { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) },
    (request, response) => {
      answer(request).then(([status, value]) => {
        const body = JSON.stringify(value);
        response.writeHead(status, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "cache-control": "no-store",
        });
        response.end(body);
      });
    },
  ).listen(Number(port), "127.0.0.1");
}
