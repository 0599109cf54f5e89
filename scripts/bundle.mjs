// Puts the command into a few files, so that it starts fast: dist/bin/cli.cjs has all of src and commands, each heavy library is a file of
// its own that is loaded when it is first used, and eyaml.cjs starts it.
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { LIBRARIES, PLUGINS } from './bundle-plugins.mjs';
import { commitOfSource } from './commit.mjs';
import { launcher } from './launcher/text.mjs';
import { notices, packagesOf } from './notices.mjs';

const OUT = 'dist/bin';
const require = createRequire(import.meta.url);

// esbuild copies the names of a CommonJS module at each import, some thousands in all; a module that inherits them does as well.
const INHERIT = 'const inherit = (module) => Object.assign(Object.create(module), { default: module });';

const COMMON = {
  ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs' },
  ...{ minifyWhitespace: true, minifySyntax: true, legalComments: 'none', metafile: true, logLevel: 'warning' },
};

async function bundleProgram() {
  const { name, version, oclif } = JSON.parse(await readFile('package.json', 'utf8'));
  const { shared, commands: described } = withoutRepeats(JSON.parse(await readFile('oclif.manifest.json', 'utf8')));
  const files = (await readdir('commands', { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const imports = files.map((file) => `'${commandIn(file)}': () => import('./commands/${file}')`);
  const contents = `
    import * as run from './src/cli/run.ts';
    import * as cli from './src/cli/main.ts';
    const { name, version, oclif } = ${JSON.stringify({ name, version, oclif })};
    const [shared, described] = JSON.parse(${JSON.stringify(JSON.stringify([shared, described]))});
    for (const command of described) command.flags = { ...(command.takesShared ? shared : {}), ...command.flags };
    const manifest = { commands: Object.fromEntries(described.map((command) => [command.id, command])) };
    const commit = ${JSON.stringify(commitOfSource()?.name)};
    const program = { name, version, oclif, manifest, commit, commands: { ${imports.join(', ')} } };
    export const main = (argv, started) => cli.main(argv, { ...program, ...started });
    export const runHere = (argv) => run.run(argv, program);
  `;
  const result = await build({
    ...COMMON,
    stdin: { contents, resolveDir: '.', sourcefile: 'eyaml.js' },
    outfile: `${OUT}/cli.cjs`,
    sourcemap: true,
    sourcesContent: false,
    plugins: PLUGINS,
    external: ['typescript'],
    // An import of a file of this bundle is no work for Node's loader.
    supported: { 'dynamic-import': false },
    banner: { js: INHERIT },
    write: false,
  });
  for (const { path: file, text } of result.outputFiles)
    await writeFile(file, file.endsWith('.map') ? text : inAscii(text.replaceAll('__toESM(', 'inherit(')));
  return result;
}

/** The manifest with the options that most commands take apart: it is read at every start. */
function withoutRepeats({ commands }) {
  const all = Object.values(commands);
  const has = ({ flags }, name, flag) => JSON.stringify(flags[name]) === JSON.stringify(flag);
  const inMost = ([name, flag]) => all.filter((command) => has(command, name, flag)).length > all.length / 2;
  const shared = Object.fromEntries(Object.entries(commands.encrypt.flags).filter(inMost));
  const isShared = ([name, flag]) => JSON.stringify(flag) === JSON.stringify(shared[name]);
  return {
    shared,
    commands: all.map((command) => {
      const entries = Object.entries(command.flags);
      const own = entries.filter((entry) => !isShared(entry));
      const takesShared = entries.length - own.length === Object.keys(shared).length;
      return { ...command, takesShared, flags: takesShared ? Object.fromEntries(own) : command.flags };
    }),
  };
}

// As oclif does: recipients/add.ts is `recipients:add`, recipients/index.ts is `recipients`.
function commandIn(file) {
  return file
    .replace(/\.ts$/, '')
    .split(path.sep)
    .join(':')
    .replace(/:index$/, '');
}

// esbuild does so itself, but for regular expressions.
function inAscii(code) {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function bundleLibrary([name, packages]) {
  const outfile = `${OUT}/lib/${name}.cjs`;
  const modules = packages.map((library) => `${JSON.stringify(library)}: require(${JSON.stringify(library)})`);
  const contents =
    packages.length === 1 ? `module.exports = require('${packages[0]}')` : `module.exports = { ${modules.join(', ')} }`;
  const result = await build({ ...COMMON, stdin: { contents, resolveDir: '.' }, outfile });
  // As its makers publish it, so that it can be replaced by another version (LGPL-3.0, section 4).
  if (name === 'openpgp') await copyFile(require.resolve('openpgp'), outfile);
  return result;
}

/** Writes the file that starts the command; it knows which files belong together. */
async function writeLauncher() {
  const hash = createHash('sha256');
  for (const file of ['cli.cjs', ...Object.keys(LIBRARIES).map((name) => `lib/${name}.cjs`)]) {
    const code = await readFile(`${OUT}/${file}`);
    // The launcher reads them as such.
    if (code.some((octet) => octet > 0x7f)) throw new Error(`${file} is not in ASCII`);
    hash.update(code);
  }
  const build = hash.digest('hex').slice(0, 16);
  await writeFile(`${OUT}/eyaml.cjs`, (await launcher('installed')).replace('@BUILD@', build));
  await chmod(`${OUT}/eyaml.cjs`, 0o755);
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const results = [await bundleProgram(), ...(await Promise.all(Object.entries(LIBRARIES).map(bundleLibrary)))];
await copyFile('scripts/keep-code.cjs', `${OUT}/keep-code.cjs`);
await writeFile(`${OUT}/import-module.cjs`, 'exports.importModule = (url) => import(url);\n');
const bundled = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile(`${OUT}/NOTICE`, await notices(bundled));
await writeFile('dist/packages.json', JSON.stringify(await packagesOf(bundled)));
await writeLauncher();
