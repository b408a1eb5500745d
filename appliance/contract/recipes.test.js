'use strict';
// Every recipe, replayed with the requests and answers of its fixture.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { it } = require('node:test');
const { Admin, page } = require('./client');
const { onEachRuntime } = require('./runtimes');

const RECIPES = path.join(__dirname, '..', '..', 'recipes');
const read = (...parts) => JSON.parse(fs.readFileSync(path.join(RECIPES, ...parts), 'utf8'));

const names = fs.readdirSync(RECIPES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name);

onEachRuntime('recipes', (create) => {
    for (const name of names) {
        it(`${name} answers as its fixture says`, async () => {
            const { environment, requests } = read(name, 'fixture', 'requests.json');
            const instance = await (await create()).run({ env: environment });
            await new Admin(instance).run(read(name, 'flows.json'));
            for (const { says, method, path: url, body, status, type, ...texts } of requests) {
                const answer = await page(instance, url, { method, body });
                assert.equal(answer.status, status, says);
                if (type) assert.match(answer.headers['content-type'], new RegExp(`^${type}`), says);
                for (const text of texts.contains ?? []) assert.ok(answer.text.includes(text), `${says}: ${text}`);
                for (const text of texts.lacks ?? []) assert.ok(!answer.text.includes(text), `${says}: no ${text}`);
            }
        });
    }
});
