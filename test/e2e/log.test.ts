import { spawnSync } from 'node:child_process';
import { unlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { fakePinentry } from '../helpers/pinentry.js';
import { PKCS7_FLAGS } from '../helpers/pkcs7.js';
import { createRepository, type Repository } from '../helpers/repository.js';

const ONE = 'canary-one';
const TWO = 'canary-two';
const BOB = `Bob <bob@example.com> (${FINGERPRINTS.bob ?? ''})`;

let gnupg: GnupgHome;
/** Values of ONE for alice (twice, with different ciphertexts) and for alice and bob, and of TWO for alice. */
let values: {
  readonly one: string;
  readonly again: string;
  readonly both: string;
  readonly two: string;
  readonly pkcs7: string;
};

beforeAll(async () => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
  const encrypt = async (input: string, ...args: readonly string[]) => {
    const env = { GNUPGHOME: gnupg.path };
    return (await eyaml(['encrypt', '-o', 'string', '--stdin', ...args], { env, input })).stdout.trim();
  };
  const gpg = (recipients: string) => ['-n', 'gpg', '--gpg-always-trust', '--gpg-recipients', recipients];
  values = {
    one: await encrypt(ONE, ...gpg('alice@example.com')),
    again: await encrypt(ONE, ...gpg('alice@example.com')),
    both: await encrypt(ONE, ...gpg('alice@example.com,bob@example.com')),
    two: await encrypt(TWO, ...gpg('alice@example.com')),
    pkcs7: await encrypt(ONE, '-n', 'pkcs7', ...PKCS7_FLAGS),
  };
});
afterAll(() => gnupg.remove());

interface LogJson {
  readonly commit: string;
  readonly author: string;
  readonly date: string;
  readonly subject: string;
  readonly changes: readonly {
    readonly file: string;
    readonly key: string | null;
    readonly kind: string;
    readonly readers?: { readonly added: readonly { readonly userId: string }[]; readonly removed: readonly unknown[] };
    readonly old?: string;
    readonly new?: string;
  }[];
}

const world = () => createRepository({ env: { GNUPGHOME: gnupg.path } });
const log = (repo: Repository, ...args: readonly string[]) => eyaml(['log', ...args], { cwd: repo.top, env: repo.env });

async function logged(repo: Repository, ...args: readonly string[]) {
  const { code, stdout, stderr } = await log(repo, '--json', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as readonly LogJson[];
}

/** `SUBJECT: KEY KIND, …` for each commit. */
const told = (entries: readonly LogJson[]) =>
  entries.map(
    ({ subject, changes }) => `${subject}: ${changes.map(({ key, kind }) => `${key ?? '-'} ${kind}`).join(', ')}`,
  );

/** A file with a value that is added, encrypted again, given to bob, changed, and removed. */
function history(repo: Repository): void {
  const steps: readonly (readonly [string, string])[] = [
    ['add', `db:\n  password: ${values.one}\n  user: x\n`],
    ['again', `db:\n  password: ${values.again}\n  user: y\n`],
    ['for bob', `db:\n  password: ${values.both}\n  user: y\nother: ${values.one}\n`],
    ['change', `db:\n  password: ${values.two}\n  user: y\nother: ${values.one}\n`],
    ['remove', `db:\n  user: y\nother: ${values.one}\n`],
    ['nothing', `db:\n  user: z\n# a comment\nother: >\n  ${values.one}\n`],
  ];
  for (const [subject, text] of steps) {
    repo.write('data/a.eyaml', text);
    repo.commit(subject);
  }
}

describe('eyaml log', () => {
  test('tells changes from re-encryptions, and says who reads since', async () => {
    const repo = world();
    history(repo);
    const { code, stdout, stderr } = await log(repo, 'data/a.eyaml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/^[0-9a-f]{12} /gm, 'COMMIT ')).toBe(`COMMIT 2026-01-01 Ann <ann@example.com>: remove
  db.password: removed

COMMIT 2026-01-01 Ann <ann@example.com>: change
  db.password: changed
    - ${BOB} can no longer read it

COMMIT 2026-01-01 Ann <ann@example.com>: for bob
  db.password: re-encrypted
    + ${BOB} can read it
  other: added

COMMIT 2026-01-01 Ann <ann@example.com>: again
  db.password: re-encrypted

COMMIT 2026-01-01 Ann <ann@example.com>: add
  db.password: added
`);
    expect(stdout).not.toContain('canary');
  });

  test('as JSON is an array of commits', async () => {
    const repo = world();
    history(repo);
    const entries = await logged(repo, 'data/a.eyaml', 'db');
    expect(told(entries)).toEqual([
      'remove: db.password removed',
      'change: db.password changed',
      'for bob: db.password reencrypted',
      'again: db.password reencrypted',
      'add: db.password added',
    ]);
    expect(entries[2]).toEqual({
      commit: repo.git('rev-parse', 'HEAD~3').trim(),
      author: 'Ann <ann@example.com>',
      date: '2026-01-01T00:03:00+00:00',
      subject: 'for bob',
      changes: [
        {
          file: 'data/a.eyaml',
          key: 'db.password',
          kind: 'reencrypted',
          readers: {
            added: [
              { id: expect.any(String) as string, fingerprint: FINGERPRINTS.bob, userId: 'Bob <bob@example.com>' },
            ],
            removed: [],
          },
        },
      ],
    });
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  test('--show prints the plaintexts, safe for a terminal', async () => {
    const repo = world();
    const env = { ...repo.env, GNUPGHOME: gnupg.path };
    repo.write('hiera-eyaml-gpg.recipients', `${FINGERPRINTS.alice ?? ''}\n`);
    for (const input of ['first', 'line 1\n\x1b[31mline 2\n']) {
      await eyaml(['set', '--stdin', 'a.eyaml', 'k'], { cwd: repo.top, env, input });
      repo.commit('set');
    }
    const { stdout } = await log(repo, '--show', 'a.eyaml');
    expect(stdout).toContain('  k: changed\n    old: first\n    new: line 1\n         \\u{1b}[31mline 2\n');
    expect(stdout).toContain('  k: added\n    new: first\n');
    const [changed] = await logged(repo, '--show', 'a.eyaml', 'k');
    expect(changed?.changes[0]).toMatchObject({ old: 'first', new: 'line 1\n\x1b[31mline 2\n' });
  });

  test('follows a file to the names it had, and finds one that is gone', async () => {
    const repo = world();
    const rest = '# a line of text that stays\n'.repeat(40);
    repo.write('old.eyaml', `${rest}a: ${values.one}\n`);
    repo.commit('add');
    repo.git('mv', 'old.eyaml', 'new.eyaml');
    repo.commit('rename');
    repo.write('new.eyaml', `${rest}a: ${values.two}\n`);
    repo.commit('change');
    unlinkSync(path.join(repo.top, 'new.eyaml'));
    repo.commit('delete');
    const entries = await logged(repo, 'new.eyaml');
    expect(told(entries)).toEqual(['delete: a removed', 'change: a changed', 'add: a added']);
    expect(entries.map(({ changes }) => changes[0]?.file)).toEqual(['new.eyaml', 'new.eyaml', 'old.eyaml']);
    repo.write('sub/x', '');
    const below = await eyaml(['log', '--json', '../new.eyaml'], { cwd: path.join(repo.top, 'sub'), env: repo.env });
    expect(JSON.parse(below.stdout)).toEqual(entries);
  });

  test('of a merge shows only what is in none of its parents', async () => {
    const repo = world();
    const text = (a: string, b: string, c: string) => `a: ${a}\n${'#\n'.repeat(9)}b: ${b}\n${'#\n'.repeat(9)}c: ${c}\n`;
    repo.write('a.eyaml', text(values.one, values.one, values.one));
    repo.commit('base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.eyaml', text(values.one, values.two, values.one));
    repo.commit('side');
    repo.git('checkout', '-q', 'main');
    repo.write('a.eyaml', text(values.two, values.one, values.one));
    repo.commit('main');
    repo.git('merge', '-q', '--no-commit', 'side');
    repo.write('a.eyaml', text(values.two, values.two, values.both));
    repo.commit('merge');
    expect(told(await logged(repo, 'a.eyaml'))).toEqual([
      'merge: c reencrypted',
      'main: a changed',
      'side: b changed',
      'base: a added, b added, c added',
    ]);
  });

  test('where a version is not YAML says that something is unknown, and goes on', async () => {
    const repo = world();
    for (const [subject, text] of [
      ['good', `a: ${values.one}\n`],
      ['bad', `{ a: [ ${values.two}\n`],
      ['worse', `{ a: [ [ ${values.two}\n`],
      ['mended', `a: ${values.two}\nb: 1\n`],
      ['latin1', ''],
    ] as const) {
      repo.write('a.eyaml', subject === 'latin1' ? Buffer.from(`# \xe9\na: ${values.one}\n`, 'latin1') : text);
      repo.commit(subject);
    }
    expect(told(await logged(repo, 'a.eyaml'))).toEqual(['latin1: - unknown', 'bad: - unknown', 'good: a added']);
  });

  test('knows text around a value, keys in quotes, values in lists, in comments and of a key that is there twice', async () => {
    const repo = world();
    const version = (one: string, words: string) =>
      `"a.b": {"c d": "x ${one} ${words}"}\nl:\n- k: ${one}\nt: ${one}\nt: 2\n# old: ${one}\n`;
    for (const [subject, text] of [
      ['add', version(values.one, 'y')],
      ['again', version(values.again, 'y')],
      ['words', version(values.again, 'z')],
      ['change', version(values.two, 'z')],
    ] as const) {
      repo.write('a.eyaml', text);
      repo.commit(subject);
    }
    expect(told(await logged(repo, 'a.eyaml'))).toEqual([
      'change: "a.b"."c d" changed, l[0].k changed, t changed, - unknown',
      'words: "a.b"."c d" changed',
      'again: "a.b"."c d" reencrypted, l[0].k reencrypted, t reencrypted, - unknown',
      'add: "a.b"."c d" added, l[0].k added, t added, - added',
    ]);
    expect(told(await logged(repo, 'a.eyaml', '"a.b"'))).toHaveLength(4);
    const shown = await logged(repo, '--show', 'a.eyaml', '"a.b"."c d"');
    expect(shown[1]?.changes[0]).toMatchObject({ old: `x ${ONE} y`, new: `x ${ONE} z` });
  });

  test('reads PKCS7 values, and a change of the method', async () => {
    const repo = world();
    repo.write('a.eyaml', `a: ${values.one}\n`);
    repo.commit('gpg');
    repo.write('a.eyaml', `a: ${values.pkcs7}\n`);
    repo.commit('pkcs7');
    expect(told(await logged(repo, 'a.eyaml', ...PKCS7_FLAGS))).toEqual(['pkcs7: a reencrypted', 'gpg: a added']);
    expect(told(await logged(repo, 'a.eyaml'))).toEqual(['pkcs7: a unknown', 'gpg: a added']);
  });
});

describe('without a key', () => {
  test('says that it cannot tell', async () => {
    const repo = world();
    history(repo);
    const empty = createGnupgHome();
    try {
      const env = { ...repo.env, GNUPGHOME: empty.path };
      const { code, stdout } = await eyaml(['log', '--json', 'data/a.eyaml', 'db'], { cwd: repo.top, env });
      const [, change, bob] = JSON.parse(stdout) as readonly LogJson[];
      expect(code).toBe(0);
      expect([change?.changes[0]?.kind, bob?.changes[0]?.kind]).toEqual(['unknown', 'unknown']);
      // Whose keys they are is not known either.
      expect(bob?.changes[0]?.readers).toEqual({ added: [{ id: expect.any(String) as string }], removed: [] });
    } finally {
      empty.remove();
    }
  });

  test('--no-decrypt asks nobody', async () => {
    const repo = world();
    history(repo);
    const pinentry = fakePinentry();
    const locked = createGnupgHome({ secret: ['bob'], pub: ['alice'], agentConf: [pinentry.agentConf] });
    try {
      const env = { ...repo.env, GNUPGHOME: locked.path };
      const { stdout, stderr } = await eyaml(['log', '--no-decrypt', 'data/a.eyaml'], { cwd: repo.top, env });
      expect(stderr).toBe('');
      expect(stdout).toContain('db.password: re-encrypted or changed\n');
      expect(pinentry.starts()).toBe(0);
    } finally {
      locked.remove();
      pinentry.remove();
    }
  });

  test('a passphrase that is refused is asked for once', async () => {
    const pinentry = fakePinentry();
    const locked = createGnupgHome({ secret: ['bob'], agentConf: [pinentry.agentConf] });
    try {
      const repo = world();
      const env = { ...repo.env, GNUPGHOME: locked.path };
      repo.write('hiera-eyaml-gpg.recipients', `${FINGERPRINTS.bob ?? ''}\n`);
      for (const input of ['1', '2', '3', '4']) {
        await eyaml(['set', '--stdin', 'a.eyaml', 'a'], { cwd: repo.top, env, input });
        repo.commit(input);
      }
      const { code, stdout, stderr } = await eyaml(['log', '--show', 'a.eyaml'], { cwd: repo.top, env });
      expect(code).toBe(0);
      expect(stdout.match(/re-encrypted or changed/g)).toHaveLength(3);
      expect(stderr).toMatch(/^warning: values are not decrypted: .*\n$/);
      expect(pinentry.starts()).toBe(1);
    } finally {
      locked.remove();
      pinentry.remove();
    }
  });
});

describe('mistakes and limits', () => {
  test('a key or a file that was never there, and a folder outside git', async () => {
    const repo = world();
    history(repo);
    expect(await log(repo, 'data/a.eyaml', 'nobody')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'error: no commit has a value at nobody in data/a.eyaml [KEY_NOT_FOUND]\n',
    });
    expect(await log(repo, 'b.eyaml')).toMatchObject({
      code: 1,
      stderr: 'error: no commit of this branch has the file b.eyaml [FILE_NOT_FOUND]\n',
    });
    // Git names a merge for every file that it follows.
    repo.git('checkout', '-q', '-b', 'side', 'HEAD~1');
    repo.git('commit', '-q', '--allow-empty', '-m', 'side');
    repo.git('merge', '-q', '-m', 'merge', 'main');
    expect(await log(repo, 'b.eyaml')).toMatchObject({
      code: 1,
      stderr: 'error: no commit of this branch has the file b.eyaml [FILE_NOT_FOUND]\n',
    });
    expect((await eyaml(['log', 'a.eyaml'], { cwd: scratchFolder() })).stderr).toContain('not in a git repository');
    expect((await log(repo, 'data/a.eyaml', '..')).code).toBe(2);
  });

  test('a file that was never there is an error also where there are merges', async () => {
    const repo = world();
    repo.write('a.eyaml', `a: ${values.one}\n`);
    repo.commit('base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('b.eyaml', `b: ${values.one}\n`);
    repo.commit('side');
    repo.git('checkout', '-q', 'main');
    repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
    const { code, stderr } = await log(repo, 'c.eyaml');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: no commit of this branch has the file c.eyaml [FILE_NOT_FOUND]\n',
    });
  });

  test('the top folder is all files, and a file without values says so', async () => {
    const repo = world();
    repo.write('a.eyaml', `a: ${values.one}\n`);
    repo.write('plain.yaml', 'a: 1\n');
    repo.commit('one');
    expect((await log(repo, '.')).stdout).toContain('  a: added\n');
    expect(await log(repo, 'plain.yaml')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no commit changed an encrypted value in plain.yaml\n',
    });
  });

  test('--since leaves out what is older', async () => {
    const repo = world();
    history(repo);
    const since = ['--since', '2026-01-01T00:03:30Z'];
    expect(told(await logged(repo, ...since, 'data/a.eyaml', 'db'))).toEqual([
      'remove: db.password removed',
      'change: db.password changed',
    ]);
    expect(await logged(repo, '--since', '2027-01-01', 'data/a.eyaml', 'db')).toEqual([]);
    for (const date of ['nonsense', '--output=stolen', ''])
      expect(await log(repo, `--since=${date}`, 'data/a.eyaml')).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('error: git cannot read the date') as string,
      });
  });

  test('a shallow clone is told', async () => {
    const repo = world();
    history(repo);
    const clone = path.join(scratchFolder(), 'clone');
    repo.git('clone', '-q', '--depth', '2', `file://${repo.top}`, clone);
    const { code, stderr } = await eyaml(['log', 'data/a.eyaml'], { cwd: clone, env: repo.env });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'warning: this is a shallow clone: older commits are missing\n',
    });
  });

  test('a configuration file cannot make it show plaintexts', async () => {
    const repo = world();
    history(repo);
    repo.write('.eyaml/config.yaml', 'show: true\n');
    const { stdout } = await log(repo, 'data/a.eyaml');
    expect(stdout).toContain('db.password: changed');
    expect(stdout).not.toContain('canary');
  });

  test('git is started a fixed number of times, however long the history is', async () => {
    const repo = world();
    history(repo);
    const bin = path.join(repo.home, 'bin');
    const real = spawnSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).stdout.trim();
    const count = path.join(repo.home, 'count');
    const starts = async () => {
      repo.write(path.relative(repo.top, count), '');
      const env = { ...repo.env, PATH: `${bin}:${repo.env.PATH ?? ''}` };
      expect((await eyaml(['log', 'data/a.eyaml'], { cwd: repo.top, env })).code).toBe(0);
      return spawnSync('wc', ['-l', count], { encoding: 'utf8' }).stdout.split(' ')[0];
    };
    repo.write(path.relative(repo.top, path.join(bin, 'git')), `#!/bin/sh\necho x >>'${count}'\nexec ${real} "$@"\n`);
    spawnSync('chmod', ['+x', path.join(bin, 'git')]);
    const few = await starts();
    history(repo);
    history(repo);
    expect(await starts()).toBe(few);
    expect(few).toBe('6');
  });
});
