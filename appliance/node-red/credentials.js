"use strict";
// Node-RED's format of flows_cred.json: {"$": <hex iv><base64 of AES-256-CTR over JSON>}.

const crypto = require("node:crypto");

/** Throws unless the credentials are plain, empty, or decrypt to JSON with this secret. */
function checkReadable(credentials, secret) {
  const sealed = credentials?.$;
  if (sealed === undefined) return;
  const key = crypto.createHash("sha256").update(secret).digest();
  const iv = Buffer.from(String(sealed).slice(0, 32), "hex");
  const decipher = crypto.createDecipheriv("aes-256-ctr", key, iv);
  const body = Buffer.from(String(sealed).slice(32), "base64");
  JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString());
}

module.exports = { checkReadable };
