"use strict";
// Request bodies, by their content type.

/** Node-RED's own limit under our settings (`apiMaxLength`). */
const MAX_BYTES = 210 * 1024 * 1024;

function failure(status, code, message) {
  return Object.assign(new Error(message), { status, code });
}

async function readBytes(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BYTES) throw failure(413, "too_large", "The request is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An object for JSON and forms, a string for text, else a Buffer; `{}` where there is none. */
async function readBody(request) {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const type = (request.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  if (type === "application/json" || type.endsWith("+json")) {
    try {
      return JSON.parse(bytes.toString());
    } catch (error) {
      throw failure(400, "unexpected_error", error.message);
    }
  }
  if (type === "application/x-www-form-urlencoded") {
    return Object.fromEntries(new URLSearchParams(bytes.toString()));
  }
  return type.startsWith("text/") ? bytes.toString() : bytes;
}

module.exports = { readBody };
