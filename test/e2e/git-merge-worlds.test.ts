import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isExecutable } from '../helpers/cli.js';
import { hasPeer } from '../helpers/peers.js';
import { BOBS_PASSPHRASE, createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { fakePinentry } from '../helpers/pinentry.js';
import { copyKey, keyFile, toolsWithoutGpg } from '../helpers/key-homes.js';
import { scratchFolder } from '../helpers/files.js';
import { CERTIFICATE_FILE, PRIVATE_KEY_FILE } from '../helpers/pkcs7.js';
import {
  createRepository,
  createSecrets,
  placesOf,
  type Repository,
  type Secrets,
} from '../helpers/merge-repository.js';

const CONFIG = [`pkcs7_private_key: ${PRIVATE_KEY_FILE}`, `pkcs7_public_key: ${CERTIFICATE_FILE}`];
const OPTIONS = { 'pkcs7-private-key': PRIVATE_KEY_FILE, 'pkcs7-public-key': CERTIFICATE_FILE };
const CANARY = 'canary-3Hs8Nb';
const FILLING = Array.from({ length: 30 }, (_, i) => `text${i}: this is not encrypted\n`).join('');

function pkcs7() {
  const repository = createRepository({ config: CONFIG });
  return { ...repository, repository, secrets: createSecrets('PKCS7', OPTIONS, repository.env) };
}

/** A file of one value at each end, encrypted anew. */
async function fileOf({ seal }: Secrets, first: string, last: string) {
  return `first: ${await seal(`${CANARY}-${first}`)}\n${FILLING}last: ${await seal(`${CANARY}-${last}`)}\n`;
}
const plain = (first: string, last: string) => `first: ${CANARY}-${first}\n${FILLING}last: ${CANARY}-${last}\n`;
const merge = ['merge', '-q', '-m', 'x'];

describe.skipIf(!hasPeer('git'))('eyaml git merge', () => {
  test('a criss-cross merge', async () => {
    const { git, commit, tryGit, read, secrets, repository } = pkcs7();
    commit({ 'a.eyaml': await fileOf(secrets, '1', '1') });
    git('checkout', '-qb', 'theirs');
    commit({ 'a.eyaml': await fileOf(secrets, '1', '2') });
    git('tag', 'theirs-1');
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
    git('tag', 'ours-1');
    expect(tryGit([...merge, 'theirs-1']).code).toBe(0);
    git('checkout', '-q', 'theirs');
    expect(tryGit([...merge, 'ours-1']).code).toBe(0);
    commit({ 'a.eyaml': await fileOf(secrets, '2', '3') });
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '3', '2') });
    expect(git('merge-base', '--all', 'main', 'theirs').trim().split('\n')).toHaveLength(2);
    expect(tryGit([...merge, 'theirs']).code).toBe(0);
    expect(await secrets.open(read('a.eyaml'))).toBe(plain('3', '3'));
    expect(placesOf(CANARY, repository)).toEqual([]);
  });

  test('a file that one side renamed', async () => {
    const { git, commit, tryGit, read, secrets } = pkcs7();
    const base = await fileOf(secrets, '1', '1');
    commit({ 'a.eyaml': base });
    git('checkout', '-qb', 'theirs');
    git('mv', 'a.eyaml', 'b $(x) .eyaml');
    commit({ 'b $(x) .eyaml': base.replace(/^last: .*/m, `last: ${await secrets.seal(`${CANARY}-2`)}`) });
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
    expect(tryGit([...merge, 'theirs']).code).toBe(0);
    expect(await secrets.open(read('b $(x) .eyaml'))).toBe(plain('2', '2'));
  });

  test('a file that both sides made, and one that one side deleted', async () => {
    const { git, commit, tryGit, read, secrets } = pkcs7();
    commit({ 'gone.eyaml': await fileOf(secrets, '1', '1') });
    git('checkout', '-qb', 'theirs');
    const [ours, theirs] = [await secrets.seal('1'), await secrets.seal('2')];
    commit({ '-new.eyaml': `---\ntheirs: ${theirs}\n`, 'gone.eyaml': await fileOf(secrets, '1', '2') });
    git('checkout', '-q', 'main');
    git('rm', '-q', 'gone.eyaml');
    commit({ '-new.eyaml': `---\nours: ${ours}\n` });
    const run = tryGit([...merge, 'theirs']);
    expect(run.output).toContain('CONFLICT (modify/delete): gone.eyaml deleted in HEAD and modified in theirs');
    expect(read('-new.eyaml')).toBe(`---\nours: ${ours}\ntheirs: ${theirs}\n`);
  });

  test('in a submodule', async () => {
    const { git, commit, tryGit, secrets, top, repository } = pkcs7();
    commit({ 'a.eyaml': await fileOf(secrets, '1', '1') });
    git('checkout', '-qb', 'theirs');
    commit({ 'a.eyaml': await fileOf(secrets, '1', '2') });
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
    const outer = path.join(top, '../outer');
    mkdirSync(outer);
    expect(tryGit(['init', '-q'], { cwd: outer }).code).toBe(0);
    expect(tryGit(['submodule', 'add', '-q', top, 'inner'], { cwd: outer })).toMatchObject({ code: 0 });
    const cwd = path.join(outer, 'inner');
    expect(tryGit([...merge, 'origin/theirs'], { cwd })).toMatchObject({ code: 0 });
    expect(await secrets.open(readFileSync(path.join(cwd, 'a.eyaml'), 'utf8'))).toBe(plain('2', '2'));
    expect(placesOf(CANARY, repository)).toEqual([]);
  });

  test('no index.lock is needed, and nothing is left in the work tree', async () => {
    const { git, commit, tryGit, secrets, top, runtime } = pkcs7();
    commit({ 'a.eyaml': await fileOf(secrets, '1', '1') });
    git('checkout', '-qb', 'theirs');
    commit({ 'a.eyaml': await fileOf(secrets, '1', '2') });
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
    expect(tryGit([...merge, 'theirs']).code).toBe(0);
    expect(readdirSync(top).sort()).toEqual(['.git', 'a.eyaml']);
    expect(readdirSync(runtime)).toEqual([]);
    expect(git('status', '--porcelain')).toBe('');
  });

  describe('when it is killed, or cannot write, both sides are in the file', () => {
    async function killable() {
      const all = pkcs7();
      const { git, commit, secrets } = all;
      commit({ 'a.eyaml': await fileOf(secrets, '1', '1') });
      git('checkout', '-qb', 'theirs');
      commit({ 'a.eyaml': await fileOf(secrets, '1', '2') });
      git('checkout', '-q', 'main');
      commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
      return all;
    }
    const holdsBoth = async (text: string, secrets: Secrets) => {
      const opened = await secrets.open(text);
      return opened.includes(`first: ${CANARY}-2`) && opened.includes(`last: ${CANARY}-2`);
    };
    const SEAM = pathToFileURL(path.join(import.meta.dirname, '../helpers/faults.mjs')).href;

    // An executable takes no options of Node.js from outside.
    test.skipIf(isExecutable)(
      'killed at each of its operations on files',
      async () => {
        const all = await killable();
        const { git, tryGit, read, secrets, home, runtime, top, repository } = all;
        const log = path.join(home, 'log');
        const run = (at?: number, how = 'before') => {
          rmSync(log, { force: true });
          git('reset', '-q', '--hard', 'main');
          const faults = JSON.stringify({ log, under: [top, runtime], at, how });
          return tryGit(['merge', '--no-commit', 'theirs'], {
            env: { EYAML_FAULTS: faults, NODE_OPTIONS: `--import=${SEAM}` },
          });
        };
        expect(run().code).toBe(0);
        const operations = readFileSync(log, 'utf8').split('\n').filter(Boolean);
        expect(operations).toEqual(expect.arrayContaining(['mkdir', 'write', 'rename']));
        for (const [i, kind] of operations.entries()) {
          for (const how of kind === 'write' ? ['before', 'torn'] : ['before']) {
            const { code, output } = run(i + 1, how);
            expect({
              at: `${i + 1} ${kind} ${how}`,
              isThere: await holdsBoth(read('a.eyaml'), secrets),
              output,
            }).toMatchObject({ isThere: true });
            // What it wrote whole may count, whatever became of it afterwards.
            if (code !== 0) expect(read('a.eyaml')).toContain('<<<<<<<');
            git('merge', '--abort');
          }
        }
        expect(placesOf(CANARY, repository)).toEqual([]);
      },
      300_000,
    );

    test('a full disk in place of the temporary files', async () => {
      const { tryGit, read, secrets, runtime } = await killable();
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', runtime], { stdio: 'pipe' });
      } catch {
        // Only root may, and not in every container.
        return;
      }
      onTestFinished(() => void execFileSync('umount', [runtime]));
      const run = tryGit(['merge', 'theirs']);
      expect(run.output).toContain('error: ');
      expect(run.code).toBe(1);
      expect(read('a.eyaml')).toContain('<<<<<<<');
      expect(await holdsBoth(read('a.eyaml'), secrets)).toBe(true);
    });

    test.each([
      ['a configuration that is not valid', 'config.yaml', 'quiet: [\n'],
      ['a plugin that does not exist', 'config.yaml', 'plugins: [/no/such.mjs]\n'],
    ])('%s', async (_, file, text) => {
      const { tryGit, read, secrets, home } = await killable();
      writeFileSync(path.join(home, '.eyaml', file), text);
      expect(tryGit(['merge', 'theirs']).code).toBe(1);
      expect(read('a.eyaml')).toContain('<<<<<<<');
      expect(await holdsBoth(read('a.eyaml'), secrets)).toBe(true);
    });
  });
});

describe.skipIf(!hasPeer('git'))('eyaml git merge with GPG values', () => {
  let home: GnupgHome;
  beforeAll(() => {
    home = createGnupgHome({ secret: ['alice'] });
  });
  afterAll(() => home.remove());

  async function expectMerged({ git, commit, tryGit, read, ...repository }: Repository, secrets: Secrets) {
    commit({ 'a.eyaml': await fileOf(secrets, '1', '1') });
    git('checkout', '-qb', 'theirs');
    commit({ 'a.eyaml': await fileOf(secrets, '1', '2') });
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
    expect(tryGit([...merge, 'theirs'])).toMatchObject({ code: 0 });
    expect(await secrets.open(read('a.eyaml'))).toBe(plain('2', '2'));
    expect(placesOf(CANARY, { git, commit, tryGit, read, ...repository })).toEqual([]);
  }

  test('the agent has the key', async () => {
    const repository = createRepository({ config: [], env: { GNUPGHOME: home.path } });
    const options = { 'gpg-gnupghome': home.path, 'gpg-recipients': ['alice@example.com'] };
    await expectMerged(repository, createSecrets('GPG', options, repository.env));
  });

  test.each([
    { what: 'answered once', answer: BOBS_PASSPHRASE, code: 0 },
    { what: 'cancelled, and not asked again', answer: undefined, code: 1 },
  ])('a locked key: the pinentry is $what', async ({ answer, code }) => {
    const pinentry = fakePinentry(answer);
    const locked = createGnupgHome({ secret: ['bob'], agentConf: [pinentry.agentConf] });
    onTestFinished(() => {
      locked.remove();
      pinentry.remove();
    });
    const repository = createRepository({ config: [], env: { GNUPGHOME: locked.path } });
    const { git, commit, tryGit, read } = repository;
    const options = { 'gpg-gnupghome': locked.path, 'gpg-recipients': ['bob@example.com'] };
    const secrets = createSecrets('GPG', options, repository.env);
    commit({ 'a.eyaml': await fileOf(secrets, '1', '1') });
    git('checkout', '-qb', 'theirs');
    commit({ 'a.eyaml': await fileOf(secrets, '1', '2') });
    git('checkout', '-q', 'main');
    commit({ 'a.eyaml': await fileOf(secrets, '2', '1') });
    expect(tryGit([...merge, 'theirs']).code).toBe(code);
    expect(pinentry.starts()).toBe(1);
    expect(read('a.eyaml').includes('<<<<<<< ours')).toBe(code === 1);
  });

  test('a key file, no gpg, and a passphrase in a file', async () => {
    const folder = scratchFolder();
    const [secret, passphrase] = [path.join(folder, 'bob.asc'), path.join(folder, 'passphrase')];
    copyKey('bob', secret);
    writeFileSync(passphrase, `${BOBS_PASSPHRASE}\n`, { mode: 0o600 });
    const PATH = toolsWithoutGpg(folder, ['sh', 'cat', 'git', 'sed', 'grep']);
    const config = [`gpg_private_key: ${secret}`, `gpg_passphrase_file: ${passphrase}`];
    const repository = createRepository({ config, env: { PATH } });
    const options = {
      'gpg-private-key': [secret],
      'gpg-passphrase-file': passphrase,
      'gpg-public-keys': [keyFile('bob', 'pub')],
      'gpg-recipients': ['bob@example.com'],
      'gpg-trust': 'always' as const,
    };
    await expectMerged(repository, createSecrets('GPG', options, repository.env));
  });
});
