import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml, type RunOptions } from '../helpers/cli.js';
import { BOBS_PASSPHRASE, createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { PKCS7_FLAGS } from '../helpers/pkcs7.js';
import { copyKey, find, keyFile, recipientLine, toolsWithoutGpg } from '../helpers/key-homes.js';

// Libraries that take long to load, so that only commands that need them may load them.
const HEAVY = ['openpgp', 'yaml', 'fast-glob', 'prompts', 'asn1'];
const HOOKS = pathToFileURL(path.resolve(import.meta.dirname, '../helpers/loads.mjs')).href;

let gnupg: GnupgHome;
let scratch: string;
let tools: string;
let value = '';

beforeAll(async () => {
  gnupg = createGnupgHome({ secret: ['alice', 'puppetmaster'], pub: ['bob'] });
  // Where no configuration is above it.
  scratch = mkdtempSync('/tmp/eyaml-loads-');
  tools = toolsWithoutGpg(scratch);
  mkdirSync(path.join(scratch, 'data'));
  writeFileSync(path.join(scratch, 'data/hiera-eyaml-gpg.recipients'), ['alice', 'bob'].map(recipientLine).join(''));
  for (const name of ['alice', 'bob']) copyKey(name, path.join(scratch, `${name}.asc`));
  writeFileSync(path.join(scratch, 'passphrase'), BOBS_PASSPHRASE, { mode: 0o600 });
  const { text } = await run([
    'encrypt',
    '-s',
    'secret',
    '--gpg-recipients',
    'alice@example.com,bob@example.com',
    ...STRING,
  ]);
  value = text.trim();
  writeFileSync(path.join(scratch, 'data/x.eyaml'), `a: ${value}\n`);
});
afterAll(() => {
  gnupg.remove();
  rmSync(scratch, { recursive: true });
});

const STRING = ['-o', 'string', '--gpg-always-trust'];

/** Runs a command; gives its output and the heavy libraries that it loaded. */
async function run(args: readonly string[], env: RunOptions['env'] = {}) {
  const file = path.join(scratch, 'loads');
  writeFileSync(file, '');
  const hooks = { EYAML_LOADS: file, NODE_OPTIONS: `--import=${HOOKS}` };
  const cwd = path.join(scratch, 'data');
  const { code, stdout, stderr } = await eyaml(args, {
    cwd,
    env: { GNUPGHOME: gnupg.path, ...hooks, ...env },
  });
  expect(code, stderr).toBe(0);
  const lines = readFileSync(file, 'utf8').split('\n');
  const loaded = HEAVY.filter((name) => lines.some((line) => line.endsWith(`/dist/bin/lib/${name}.cjs`)));
  return { text: stdout, loaded };
}

const publicKeys = ['alice', 'bob'].flatMap((name) => ['--gpg-public-keys', keyFile(name, 'pub')]);
// In the folder that is made for the run.
const asAlice = ['--gpg-private-key', '../alice.asc'];
const asBob = ['--gpg-private-key', '../bob.asc', '--gpg-passphrase-file', '../passphrase'];

describe('a command loads no more than it needs', () => {
  test.each<[string, string[], string[], (RunOptions['env'] | 'without gpg')?]>([
    ['version', ['version'], []],
    ['encrypt with GnuPG', ['encrypt', '-s', 'x', ...STRING], []],
    ['encrypt with key files', ['encrypt', '-s', 'x', ...STRING, ...publicKeys], [], 'without gpg'],
    ['decrypt with the agent', ['decrypt', '-s', 'VALUE'], []],
    ['decrypt with a key file', ['decrypt', '-s', 'VALUE', ...asAlice], [], 'without gpg'],
    ['decrypt with a locked key file', ['decrypt', '-s', 'VALUE', ...asBob], [], 'without gpg'],
    ['decrypt a file', ['decrypt', '-e', 'x.eyaml'], []],
    ['edit', ['edit', 'x.eyaml'], [], { EDITOR: 'touch' }],
    ['recrypt', ['recrypt', 'x.eyaml', '--gpg-always-trust'], []],
    ['check', ['check', 'x.eyaml', '--gpg-always-trust'], ['yaml']],
    ['git textconv', ['git', 'textconv', 'x.eyaml'], []],
    ['encrypt with PKCS7', ['encrypt', '-s', 'x', '-n', 'pkcs7', ...STRING, ...PKCS7_FLAGS], []],
  ])('%s', async (_, args, expected, env) => {
    const filled = args.map((word) => (word === 'VALUE' ? value : word));
    const { text, loaded } = await run(filled, env === 'without gpg' ? { PATH: tools, GNUPGHOME: undefined } : env);
    expect(loaded).toEqual(expected);
    if (args.includes('VALUE')) expect(text).toBe('secret');
  });
});

describe('what needs a library loads it', () => {
  test('a rare cipher', async () => {
    const rare = readFileSync(path.join(FIXTURES, 'vectors/3des.gpg'));
    expect((await run(['decrypt', '-s', `ENC[GPG,${rare.toString('base64')}]`])).loaded).toEqual(['openpgp']);
  });

  test('a folder', async () => {
    expect((await run(['check', '.', '--gpg-always-trust'])).loaded).toEqual(['yaml', 'fast-glob']);
  });

  // Outside git, so the files on disk are all there is; a page needs no more than a text.
  test.each(['text', 'html'])('a report of exposure as %s', async (format) => {
    const { text, loaded } = await run(['exposure', '--no-states', '--format', format, 'bob@example.com']);
    expect(loaded).toEqual(['yaml', 'fast-glob']);
    expect(text).toContain('x.eyaml: a');
  });
});

describe('for one value gpg is run once', () => {
  test.each([
    ['encrypt', () => ['encrypt', '-s', 'x', '-o', 'string', '--gpg-always-trust']],
    ['decrypt', () => ['decrypt', '-s', value]],
  ])('%s', async (_, args) => {
    const folder = mkdtempSync('/tmp/eyaml-runs-');
    const runs = path.join(folder, 'runs');
    for (const name of ['gpg', 'gpgconf']) {
      const script = `#!/bin/sh\necho ${name} >> ${runs}\nexec ${find(name)} "$@"\n`;
      writeFileSync(path.join(folder, name), script, { mode: 0o755 });
    }
    await run(args(), { PATH: `${folder}:${process.env.PATH ?? ''}` });
    const seen = readFileSync(runs, 'utf8').trim().split('\n');
    rmSync(folder, { recursive: true });
    expect(seen.filter((name) => name === 'gpg')).toHaveLength(1);
  });
});
