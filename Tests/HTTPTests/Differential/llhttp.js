'use strict';
// Reads requests, one line of hexadecimal digits each, and writes what Node's own parser makes of
// them: whole messages as `METHOD target bodyhex`, parted by U+0001, then `ok`, `more` or `error`.
const { HTTPParser } = process.binding('http_parser');
const { methods } = require('_http_common');
const fs = require('fs');

function read(bytes) {
  const messages = [];
  let current = null;
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {});
  let early = '';
  // Many fields come in portions, the first of them with the target.
  parser[HTTPParser.kOnHeaders] = (headers, url) => { early = url || early; };
  parser[HTTPParser.kOnHeadersComplete] = (major, minor, headers, method, url) => {
    current = { method: methods[method], url: url || early, body: [] };
    early = '';
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk) => { current.body.push(Buffer.from(chunk)); };
  parser[HTTPParser.kOnMessageComplete] = () => {
    messages.push(`${current.method} ${current.url} ${Buffer.concat(current.body).toString('hex')}`);
    current = null;
  };
  const outcome = parser.execute(bytes);
  const state = outcome instanceof Error ? `error ${outcome.code}` : current ? 'more' : 'ok';
  return [...messages, state].join('\x01');
}

const lines = fs.readFileSync(process.argv[2], 'latin1').split('\n').filter((line) => line !== '');
process.stdout.write(lines.map((line) => read(Buffer.from(line.slice(1), 'hex'))).join('\n') + '\n');
