#!/usr/bin/env node
// Starts the command. Node.js compiles the whole program at each start; if its compiled code was kept beside it (keep-code.cjs), and it was
// made by this very Node.js, that is used. The kept code will run, so it is only ever looked for in this folder, which belongs to whoever
// installed the package.
'use strict';
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

const { arch, argv, env, versions } = process;
const PARAMETERS = 'exports, require, module, __filename, __dirname';

/** Where the compiled code of this build is kept for this Node.js. */
const cache = path.join(__dirname, 'cache', `@BUILD@-${versions.v8}-${arch}`);

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

// Reading what others need takes these longer than compiling what they need.
const SHORT = new Set(['version', '--version', 'help', '--help', '-h']);

/** The file of the compiled code of a file of this folder, in the folder of the cache. */
function keptAs(name, isShort = SHORT.has(argv[2])) {
  return `${name.replace('/', '-')}${isShort && name === 'cli.cjs' ? '.short' : ''}`;
}

/** A file of this folder, compiled as Node.js would compile a CommonJS module. */
function compile(name) {
  const filename = path.join(__dirname, name);
  const source = `(function (${PARAMETERS}) {${readFileSync(filename, 'latin1')}\n})`;
  return new Script(source, { filename, cachedData: read(path.join(cache, keptAs(name))) });
}

const modules = new Map();

function load(name) {
  let loaded = modules.get(name);
  if (loaded === undefined) {
    const script = compile(name);
    loaded = { script, exports: {} };
    modules.set(name, loaded);
    const filename = path.join(__dirname, name);
    const inside = (id) => (id.startsWith('./lib/') ? load(id.slice(2)) : require(id));
    script.runInThisContext().call(loaded.exports, loaded.exports, inside, loaded, filename, path.dirname(filename));
  }
  return loaded.exports;
}

function start() {
  // oclif's debug log prints what options were given, secrets included.
  delete env.DEBUG;
  const words = argv.slice(2);
  const trace = words.includes('-t') || words.includes('--trace');
  if (trace) process.setSourceMapsEnabled(true);
  // Only of a module that Node.js itself has loaded does it say where it came from.
  (trace ? require('./cli.cjs') : load('cli.cjs')).main(words);
}

if (require.main === module) start();
else module.exports = { cache, keptAs, load, modules };
