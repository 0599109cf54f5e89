import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cleanEnvironment, MAIN } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { FIXTURES } from '../helpers/gnupg.js';
import { PKCS7_FLAGS } from '../helpers/pkcs7.js';

const BUILT = path.dirname(MAIN);
const PKCS7_FILE = path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml');
const require = createRequire(import.meta.url);

let copy: string;

beforeEach(() => {
  copy = path.join(scratchFolder(), 'dist/bin');
  cpSync(BUILT, copy, { recursive: true });
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: scratchFolder(), env: cleanEnvironment(env) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(copy, 'eyaml.cjs'), ...args], options);
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

const READ = { status: 0, stdout: '---\nuntagged: pkcs7 string\n', stderr: '' };
const read = () => run(['decrypt', '-f', PKCS7_FILE, ...PKCS7_FLAGS]);

/** The files with kept code, for the Node.js that runs this test. */
function kept(): readonly string[] {
  const cache = path.join(copy, 'cache');
  if (!existsSync(cache)) return [];
  return readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('code is kept for the command and the libraries that it needs most', () => {
  rmSync(path.join(copy, 'cache'), { recursive: true, force: true });
  expect(read()).toEqual(READ);
  expect(kept()).toEqual([]);
  const home = scratchFolder();
  spawnSync(process.execPath, [path.join(copy, 'keep-code.cjs')], { cwd: '/', env: cleanEnvironment({ HOME: home }) });
  expect(readdirSync(home)).toEqual([]);
  expect(kept().map((file) => path.basename(file))).toEqual(expect.arrayContaining(['cli.cjs', 'lib-openpgp.cjs']));
  expect(read()).toEqual(READ);
});

test.each(['000', '022', '077'])(
  'code that is kept under the umask %s is for all to read and for one to write',
  (umask) => {
    rmSync(path.join(copy, 'cache'), { recursive: true, force: true });
    const keep = `umask ${umask}; exec "${process.execPath}" "${path.join(copy, 'keep-code.cjs')}"`;
    spawnSync('sh', ['-c', keep], { cwd: '/', env: cleanEnvironment() });
    const modeOf = (file: string) => statSync(file).mode & 0o777;
    expect(kept().length).toBeGreaterThan(0);
    expect(new Set(kept().map(modeOf))).toEqual(new Set([0o644]));
    expect(new Set(kept().map((file) => modeOf(path.dirname(file))))).toEqual(new Set([0o755]));
    expect(modeOf(path.join(copy, 'cache'))).toBe(0o755);
    expect(readdirSync(copy).filter((name) => name.startsWith('.cache'))).toEqual([]);
  },
);

test.each([
  ['damaged', () => Buffer.from('not code')],
  ['of another Node.js', (octets: Buffer) => Buffer.concat([Buffer.alloc(16, 1), octets.subarray(16)])],
  ['empty', () => Buffer.alloc(0)],
])('kept code that is %s is not used', (_, change) => {
  spawnSync(process.execPath, [path.join(copy, 'keep-code.cjs')], { cwd: '/', env: cleanEnvironment() });
  expect(kept().length).toBeGreaterThan(0);
  for (const file of kept()) writeFileSync(file, change(readFileSync(file)));
  expect(read()).toEqual(READ);
});

test('the trace of an unexpected error names files of the source', () => {
  const file = path.join(scratchFolder(), 'plugin.mjs');
  // A stream that cannot be written to is nobody's mistake but the program's.
  writeFileSync(file, 'process.stdout.write = () => { throw new TypeError("secret"); };\nexport const tag = "T";\n');
  const { status, stderr } = run(['version', '--trace'], { NODE_OPTIONS: `--import ${file}` });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/UNEXPECTED/) as unknown });
  expect(stderr).toMatch(/src\/cli\/ui\.ts:\d+/);
  expect(stderr).not.toContain('secret');
});

test('openpgp.js is a file of its own, as its makers publish it', () => {
  const published = readFileSync(require.resolve('openpgp'));
  expect(readFileSync(path.join(BUILT, 'lib/openpgp.cjs')).equals(published)).toBe(true);
});

test('NOTICE has the licence of every package in the bundle', () => {
  const notice = readFileSync(path.join(BUILT, 'NOTICE'), 'utf8');
  for (const name of ['openpgp', 'yaml', 'fast-glob', '@inquirer/prompts', '@oclif/core', 'shell-quote']) {
    expect(notice).toMatch(new RegExp(`^${name} \\d`, 'm'));
  }
  expect(notice).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
});
