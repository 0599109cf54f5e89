#!/usr/bin/env node
// Starts the command. Node.js compiles the whole program at each start; if its compiled code was kept beside it (keep-code.cjs), and it was
// made by this very Node.js, that is used. The kept code will run, so it is only ever looked for in this folder, which belongs to whoever
// installed the package.
'use strict';
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { createLoader, keptAs, start } = require('./start.cjs');

const { arch, versions } = process;

/** Where the compiled code of this build is kept for this Node.js. */
const cache = path.join(__dirname, 'cache', `@BUILD@-${versions.v8}-${arch}`);

function keptOf(name) {
  try {
    return readFileSync(path.join(cache, name));
  } catch {
    return undefined;
  }
}

const { load, modules, hasKeptCode } = createLoader({
  folder: __dirname,
  sourceOf: (name) => readFileSync(path.join(__dirname, name), 'latin1'),
  keptOf,
  outside: require,
});

if (require.main === module) start({ load, hasKeptCode, traced: () => require('./cli.cjs') });
else module.exports = { cache, keptAs, load, modules };
