"use strict";

const POLL = 20;
const LIMIT = 240_000;

/** For what nobody announces: a file's content, a silence. Throws if it does not come to be. */
async function until(isSo) {
  const end = Date.now() + LIMIT;
  while (!await isSo()) {
    if (Date.now() > end) throw new Error(`never came to be: ${isSo}`);
    await new Promise((resolve) => {
      setTimeout(resolve, POLL);
    });
  }
}

module.exports = { until };
