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

// Each room and those it may import from; everything may use errors and text.
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  text: [],
  errors: [],
  files: [],
  eyaml: ['files'],
  openpgp: [],
  pkcs7: ['files'],
  git: ['files'],
  keys: ['files', 'openpgp'],
  recipients: ['files', 'git', 'openpgp', 'keys'],
  encryptors: ['files', 'openpgp', 'pkcs7', 'keys', 'recipients'],
  config: ['files', 'git', 'eyaml', 'openpgp', 'pkcs7', 'recipients'],
  context: ['files', 'eyaml', 'openpgp', 'keys', 'recipients', 'encryptors', 'config'],
  verbs: ['files', 'git', 'eyaml', 'openpgp', 'pkcs7', 'keys', 'recipients', 'encryptors', 'config', 'context'],
  cli: ['files', 'git', 'keys', 'recipients', 'encryptors', 'config', 'context', 'verbs'],
  commands: ['files', 'recipients', 'config', 'verbs', 'cli'],
  index: ['files', 'eyaml', 'context', 'verbs'],
};

/** `src/files/lock.ts` is in the room `files`, `src/errors.ts` in `errors`, what is in `commands/` in `commands`. */
const roomOf = (file: string) => /^(?:src\/)?([^/.]+)/.exec(file)?.[1] ?? file;
const arrowsFrom = (room: string) =>
  modules
    .filter(({ file }) => roomOf(file) === room)
    .flatMap(({ file, imports }) => imports.map((to) => ({ file, to })));

test('every module is in a room, and few are at the top of src', () => {
  expect(modules.length).toBeGreaterThan(100);
  expect([...new Set(modules.map(({ file }) => roomOf(file)))].sort()).toEqual(Object.keys(ROOMS).sort());
  const atTheTop = modules.filter(({ file }) => /^src\/[^/]+$/.test(file));
  expect(atTheTop.map(({ file }) => file)).toEqual(['src/errors.ts', 'src/index.ts']);
});

test.each(Object.entries(ROOMS))('%s imports from %j', (room, allowed) => {
  const mayUse = new Set([room, 'errors', 'text', ...allowed]);
  const wrong = arrowsFrom(room).filter(({ to }) => !mayUse.has(roomOf(to)));
  expect(wrong).toEqual([]);
  const used = new Set(arrowsFrom(room).map(({ to }) => roomOf(to)));
  expect(allowed.filter((name) => !used.has(name))).toEqual([]);
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
      ['config', 'contents', 'generate', 'library-message', 'library-secret', 'library', 'raw-packets', 'sign'].map(
        (name) => `src/openpgp/${name}.ts`,
      ),
    ],
    ['@peculiar/asn1-cms', ['src/pkcs7/envelope.ts']],
    ['@peculiar/asn1-x509', ['src/pkcs7/certificate.ts', 'src/pkcs7/names.ts']],
    ['yaml', ['src/eyaml/document.ts', 'src/eyaml/outline.ts']],
    ['node:worker_threads', ['src/keys/keyfiles/rsa-thread.ts', 'src/keys/keyfiles/rsa-worker.ts']],
    ['node:net', ['src/keys/gnupg/assuan.ts']],
    [
      'node:child_process',
      ['cli/editor', 'files/attributes', 'git/git', 'keys/gnupg/gpg', 'keys/gnupg/pinentry', 'keys/gnupg/run'].map(
        (name) => `src/${name}.ts`,
      ),
    ],
    ['fast-glob', ['src/files/find.ts']],
    ['shell-quote', ['src/cli/editor.ts']],
  ])('%s', (name, importers) => {
    const found = modules.filter(({ packages }) =>
      packages.some((used) => used === name || used.startsWith(`${name}/`)),
    );
    expect(found.map(({ file }) => file)).toEqual(importers);
  });

  // It takes long to load, and most commands do not need it.
  test('openpgp.js is loaded by one module, and late', () => {
    const loading = /from 'openpgp'|import\('openpgp'\)/;
    const typesOnly = modules.map(({ file, text }) => ({ file, text: text.replace(/^import type [^;]*;/gm, '') }));
    expect(typesOnly.filter(({ text }) => loading.test(text)).map(({ file }) => file)).toEqual([
      'src/openpgp/library.ts',
    ]);
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
