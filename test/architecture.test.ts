import { readFileSync } from 'node:fs';
import path from 'node:path';
import glob from 'fast-glob';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

interface Module {
  /** The path from the project's folder, `src/files.ts`. */
  readonly file: string;
  readonly text: string;
  /** Modules of this project. */
  readonly imports: readonly string[];
  /** Packages and modules of Node. */
  readonly packages: readonly string[];
}

function readModule(file: string): Module {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const local = names.filter((name) => name.startsWith('.'));
  return {
    file,
    text,
    imports: local.map((name) => path.join(path.dirname(file), name).replace(/\.js$/, '.ts')),
    packages: names.filter((name) => !name.startsWith('.')),
  };
}

const modules = glob.sync('{src,commands}/**/*.ts', { cwd: ROOT }).sort().map(readModule);

// From the ground up. A module may import from the layers below its own, and from its own folder; single files of a layer may use
// each other. What stands in src/ and is not named here is a verb.
const LAYERS: readonly (readonly RegExp[])[] = [
  [/^src\/(?:abridged|errors|group-by|identifiers|key-text|leftovers|plaintext-limit|printable|program|utf8)\.ts$/],
  [/^src\/files\//],
  [/^src\/(?:files|private-folder)\.ts$/, /^src\/eyaml\//, /^src\/openpgp\//, /^src\/pkcs7\//],
  [/^src\/git\//],
  [/^src\/keys\//],
  [/^src\/recipients\//],
  [/^src\/encryptors\//],
  // Where settings are read and everything is put together.
  [/^src\/config(?:uration)?\.ts$/, /^src\/(?:toolbox|keystores)\.ts$/],
  [/^src\/(?!index\.ts$)[^/]+\.ts$/],
  [/^src\/index\.ts$/],
  [/^src\/cli\//],
  [/^commands\//],
];
const layerOf = (file: string) => LAYERS.findIndex((patterns) => patterns.some((pattern) => pattern.test(file)));

function mayImport(from: string, to: string): boolean {
  const [above, below] = [layerOf(from), layerOf(to)];
  if (below === -1 || below > above) return false;
  return below < above || sameFolder(from, to);
}

const folderOf = (file: string) => file.split('/').slice(0, 2).join('/');
const sameFolder = (a: string, b: string) =>
  a.split('/').length > 2 || b.split('/').length > 2 ? folderOf(a) === folderOf(b) : true;

test('every module has a layer', () => {
  expect(modules.length).toBeGreaterThan(40);
  expect(modules.filter(({ file }) => layerOf(file) === -1)).toEqual([]);
});

test('imports go one way: commands, cli, index, verbs, encryptors, recipients, the parts, errors', () => {
  const wrong = modules.flatMap(({ file, imports }) =>
    imports.filter((to) => !mayImport(file, to)).map((to) => `${file} → ${to}`),
  );
  expect(wrong).toEqual([]);
});

test('commands and cli see the library only as others do, through src/index.ts', () => {
  const wrong = modules
    .filter(({ file }) => /^(?:commands|src\/cli)\//.test(file))
    .flatMap(({ file, imports }) => imports.map((to) => ({ file, to })))
    .filter(({ to }) => !/^(?:commands|src\/cli)\/|^src\/index\.ts$/.test(to));
  expect(wrong).toEqual([]);
});

test('no imports go round in circles', () => {
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (way.includes(file) || done.has(file)) return;
    for (const to of byFile.get(file)?.imports ?? []) visit(to, [...way, file]);
    done.add(file);
  };
  for (const { file } of modules) visit(file, []);
  expect(circles).toEqual([]);
});

describe('dangerous things have one importer each', () => {
  test.each([
    [
      'openpgp',
      ['contents', 'generate', 'keys', 'leniency', 'message', 'raw-packets', 'secret'].map(
        (name) => `src/openpgp/${name}.ts`,
      ),
    ],
    ['@peculiar/asn1-cms', ['src/pkcs7/envelope.ts']],
    ['@peculiar/asn1-x509', ['src/pkcs7/certificate.ts', 'src/pkcs7/names.ts']],
    ['yaml', ['src/eyaml/document.ts']],
    ['node:worker_threads', ['src/keys/keyfiles/rsa-engine.ts']],
    ['node:net', ['src/keys/gnupg/assuan.ts']],
    [
      'node:child_process',
      ['cli/editor', 'files/attributes', 'git/git', 'keys/gnupg/gpg', 'keys/gnupg/pinentry', 'keys/gnupg/run'].map(
        (name) => `src/${name}.ts`,
      ),
    ],
    ['fast-glob', ['src/trees.ts']],
    ['shell-quote', ['src/cli/editor.ts']],
  ])('%s', (name, importers) => {
    const found = modules.filter(({ packages }) =>
      packages.some((used) => used === name || used.startsWith(`${name}/`)),
    );
    expect(found.map(({ file }) => file)).toEqual(importers);
  });

  // What is read is a regular file, or a pipe that was asked for, and has a limit; the others read what they wrote themselves, or /proc.
  test('files are read by few modules', () => {
    const reading = /\breadFile(?:Sync)?\b|\breadSync\b|\bcreateReadStream\b|\bopenAsBlob\b|\.readv?\(Buffer/;
    expect(modules.filter(({ text }) => reading.test(text)).map(({ file }) => file)).toEqual([
      ...['durable', 'in-place', 'key-pair', 'lock', 'process-stamp', 'read'].map((name) => `src/files/${name}.ts`),
      'src/keys/gnupg/pinentry.ts',
    ]);
  });

  test.each(['net', 'child_process', 'node:vm', 'node:http', 'node:https', 'node:dgram'])(
    'nothing imports %s',
    (name) => {
      expect(modules.filter(({ packages }) => packages.includes(name))).toEqual([]);
    },
  );
});

describe('the library', () => {
  const library = modules.filter(({ file }) => file.startsWith('src/') && !file.startsWith('src/cli/'));

  test.each<[string, readonly string[]]>([
    ['process.stdout', []],
    ['process.stderr', []],
    ['process.stdin', []],
    ['process.exit', []],
    ['process.chdir', []],
    ['console.', []],
    // Only for where plaintexts may lie: XDG_RUNTIME_DIR.
    ['process.env', []],
  ])('never uses %s, but for %j', (word, exceptions) => {
    expect(library.filter(({ text }) => text.includes(word)).map(({ file }) => file)).toEqual(exceptions);
  });

  test('imports nothing of the command line', () => {
    const users = library.filter(({ packages }) => packages.some((name) => /^@?(?:oclif|inquirer)\b/.test(name)));
    expect(users.map(({ file }) => file)).toEqual([]);
  });
});
