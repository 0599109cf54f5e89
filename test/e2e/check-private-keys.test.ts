import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURES } from '../helpers/gnupg.js';
import { copyKey, keyFile } from '../helpers/key-homes.js';
import { createScene, type Scene } from '../helpers/scene.js';

const PEM = path.join(FIXTURES, 'keys/pkcs7/private_key.pkcs7.pem');

interface Repository extends Scene {
  readonly git: (...args: readonly string[]) => string;
  /** Puts a file somewhere, from the fixtures. */
  readonly put: (from: string, to: string) => void;
  /** The files that a run of check finds a private key in, and its exit code. */
  readonly found: (...args: readonly string[]) => Promise<readonly [number | null, ...string[]]>;
}

function repository(): Repository {
  const scene = createScene();
  const env = { PATH: process.env.PATH, HOME: scene.homeFolder };
  const git: Repository['git'] = (...args) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: scene.cwd,
      env,
      stdio: 'pipe',
    }).toString();
  git('init', '-q', '.');
  return {
    ...scene,
    git,
    put: (from, to) => {
      mkdirSync(path.dirname(path.join(scene.cwd, to)), { recursive: true });
      copyFileSync(from, path.join(scene.cwd, to));
    },
    found: async (...args) => {
      const { code, stdout } = await scene.run(['check', '--format', 'json', ...args]);
      const { findings } = JSON.parse(stdout || '{"findings":[]}') as {
        findings: readonly { rule: string; file: string }[];
      };
      return [code, ...findings.flatMap(({ rule, file }) => (rule === 'private-key' ? [file] : []))];
    },
  };
}

describe('check --staged', () => {
  test('finds a private key of either kind that is about to be committed; public keys are none', async () => {
    const { run, git, found } = repository();
    await run(['createkeys', '-n', 'gpg', '--here', '--gpg-user-id', 'Ann <ann@example.com>', '--no-passphrase']);
    await run(['createkeys', '-n', 'pkcs7']);
    git('add', 'keys/public_key.gpg.asc', 'keys/public_key.pkcs7.pem');
    expect(await found('--staged')).toEqual([0]);
    for (const file of ['keys/private_key.gpg.asc', 'keys/private_key.pkcs7.pem']) {
      git('rm', '-rq', '--cached', '.');
      git('add', file);
      expect(await found('--staged')).toEqual([1, file]);
    }
    const { stdout } = await run(['check', '--staged']);
    expect(stdout).toBe(
      [
        'error: a PEM private key that is staged: everyone who has the repository will have it [private-key]',
        '  keys/private_key.pkcs7.pem:1',
        '      git rm --cached keys/private_key.pkcs7.pem, and if others could read it, create a new key and re-encrypt with it',
        '',
        '1 finding in 1 file (0 values in 0 files)',
        '',
      ].join('\n'),
    );
  });

  test('reads what git would commit: not the disk, not what is committed, not a link', async () => {
    const { cwd, git, found, put, write } = repository();
    put(PEM, 'old.pem');
    git('add', '-A');
    git('commit', '-qm', 'old');
    put(PEM, 'a b.txt');
    git('add', 'a b.txt');
    write('a b.txt', 'nothing');
    symlinkSync(PEM, path.join(cwd, 'link.pem'));
    git('add', 'link.pem');
    expect(await found('--staged')).toEqual([1, 'a b.txt']);
    git('add', 'a b.txt');
    expect(await found('--staged')).toEqual([0]);
  });

  test('runs in a folder below, and takes binary keys and many files', async () => {
    const { git, found, put, write } = repository();
    for (let i = 0; i < 300; i += 1) write(`many/${i}.txt`, `${i}`);
    put(keyFile('alice', 'sec'), 'many/key.txt');
    git('add', '-A');
    expect(await found('--staged')).toEqual([1, 'many/key.txt']);
  });
});

describe('check PATH', () => {
  test('finds what git tracks below a folder, or at a file, and nothing else', async () => {
    const { found, put, git, write } = repository();
    write('data/a.yaml', 'a: 1\n');
    write('other/a.yaml', 'a: 1\n');
    put(keyFile('bob', 'sec'), 'data/bob.gpg');
    put(PEM, 'data-2/key.pem');
    git('add', '-A');
    put(PEM, 'data/untracked.pem');
    expect(await found('data')).toEqual([1, 'data/bob.gpg']);
    expect(await found('.')).toEqual([1, 'data-2/key.pem', 'data/bob.gpg']);
    expect(await found('other')).toEqual([0]);
    expect(await found('data/a.yaml')).toEqual([0]);
    expect(await found('data/bob.gpg')).toEqual([1, 'data/bob.gpg']);
    expect(await found('data-2')).toEqual([1, 'data-2/key.pem']);
    expect(await found('.', '--exclude', 'data/**')).toEqual([1, 'data-2/key.pem']);
    expect(await found('.', '--disable-rule', 'private-key')).toEqual([0]);
  });

  test('finds one in a folder of public keys, in git or not, below or above', async () => {
    const { cwd, found, put, write, git } = repository();
    write('a/b/c.yaml', 'a: 1\n');
    put(keyFile('alice', 'pub'), 'a/.eyaml/public-keys/alice.asc');
    expect(await found('.')).toEqual([0]);
    copyKey('alice', path.join(cwd, 'a/.eyaml/public-keys/mine.asc'));
    const one = 'a/.eyaml/public-keys/mine.asc';
    expect(await found('.')).toEqual([1, one]);
    expect(await found('a/b')).toEqual([1, one]);
    expect(await found('a/b/c.yaml')).toEqual([1, one]);
    git('add', '-f', '-A');
    expect(await found('.')).toEqual([1, one]);
    rmSync(path.join(cwd, '.git'), { recursive: true });
    expect(await found('.')).toEqual([1, one]);
  });

  test('goes on where git cannot, and says so', async () => {
    const { cwd, run, write } = repository();
    write('a.yaml', 'a: 1\n');
    write('.git/HEAD', 'nothing\n');
    const { code, stdout, stderr } = await run(['check', '.']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0 values in 1 file: no problems found\n' });
    expect(stderr).toMatch(/^warning: private keys that git tracks are not looked for: git rev-parse failed\n$/);
    rmSync(path.join(cwd, '.git'), { recursive: true });
    expect((await run(['check', '.'])).stderr).toBe('');
  });
});
