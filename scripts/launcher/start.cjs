// What the launchers of the installed command and of the executable share. It is copied into both: a file less to read at each start.
'use strict';
const path = require('node:path');
const { Script } = require('node:vm');

const PARAMETERS = 'exports, require, module, __filename, __dirname';

// Reading what others need takes these longer than compiling what they need.
const SHORT = new Set(['version', '--version', 'help', '--help', '-h']);

/** The name under which the compiled code of a file is kept. */
const keptAs = (name, isShort = SHORT.has(process.argv[2])) =>
  `${name.replace('/', '-')}${isShort && name === 'cli.cjs' ? '.short' : ''}`;

exports.keptAs = keptAs;

/**
 * Loads files of the command, each compiled as Node.js would compile a CommonJS module.
 *
 * @param folder - where they are said to be.
 * @param sourceOf - the text of a file.
 * @param keptOf - compiled code that was kept under a name; undefined without any.
 * @param outside - loads what is not in `lib`.
 */
exports.createLoader = ({ folder, sourceOf, keptOf, outside }) => {
  const modules = new Map();

  function load(name) {
    let loaded = modules.get(name);
    if (loaded === undefined) {
      const filename = path.join(folder, name);
      const source = `(function (${PARAMETERS}) {${sourceOf(name)}\n})`;
      const script = new Script(source, { filename, cachedData: keptOf(keptAs(name)) });
      loaded = { script, exports: {} };
      modules.set(name, loaded);
      script.runInThisContext().call(loaded.exports, loaded.exports, inside, loaded, filename, path.dirname(filename));
    }
    return loaded.exports;
  }

  const inside = (id) => (id.startsWith('./lib/') ? load(id.slice(2)) : outside(id));
  /** Whether compiled code was kept that fits this Node.js. */
  const hasKeptCode = () => modules.get('cli.cjs').script.cachedDataRejected === false;

  return { load, modules, inside, hasKeptCode };
};

/** Runs the command. `traced` loads it as a module of Node.js, which alone says where in the source an error came from. */
exports.start = ({ load, hasKeptCode, traced }) => {
  const { argv, env } = process;
  // oclif's debug log prints what options were given, secrets included.
  delete env.DEBUG;
  const words = argv.slice(2);
  const trace = words.includes('-t') || words.includes('--trace');
  if (trace) process.setSourceMapsEnabled(true);
  const program = trace ? traced() : load('cli.cjs');
  program.main(words, { hasKeptCode: !trace && hasKeptCode() });
};
