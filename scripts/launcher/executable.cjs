// Starts the command where it is one executable: Node.js with the files of the command in it.
'use strict';
const { getRawAsset } = require('node:sea');
const { createLoader, start } = require('./start.cjs');

// Only stack traces show it.
const FOLDER = '/eyaml/dist/bin';

const textOf = (name) => Buffer.from(getRawAsset(name)).latin1Slice();

// Where the executable was made on a machine of another kind, there is none. There is no short one.
function keptOf(name) {
  try {
    return Buffer.from(getRawAsset(`kept/${name.replace(/\.short$/, '')}`));
  } catch {
    return undefined;
  }
}

// Plugins of users are ES modules outside.
const importModule = (url) => import(url);

const { load, inside, hasKeptCode } = createLoader({
  folder: FOLDER,
  sourceOf: textOf,
  keptOf,
  outside: (id) => (id === './import-module.cjs' ? { importModule } : require(id)),
});

/** The source map is put into the program: there is no file for Node.js to look for. */
function traced() {
  const Module = require('node:module');
  const map = Buffer.from(getRawAsset('cli.cjs.map')).toString('base64');
  const program = new Module(`${FOLDER}/cli.cjs`);
  program.require = inside;
  program._compile(
    textOf('cli.cjs').replace(/(?<=\n\/\/# sourceMappingURL=).*/, `data:application/json;base64,${map}`),
    `${FOLDER}/cli.cjs`,
  );
  return program.exports;
}

// The program, as a path; Node.js has the word that the user typed.
process.argv[1] = process.execPath;
start({ load, hasKeptCode, traced });
