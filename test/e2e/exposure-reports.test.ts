import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { exposed, exposure, told, valueMaker } from '../helpers/exposure.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { fakePinentry } from '../helpers/pinentry.js';
import { createRepository, type Repository } from '../helpers/repository.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const BOB = 'bob@example.com';
const FORMATS = ['text', 'csv', 'json', 'markdown', 'html'];

let gnupg: GnupgHome;
const v = { one: '', oneAgain: '', two: '', three: '', onlyBob: '' };

beforeAll(async () => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol'] });
  const make = valueMaker(gnupg);
  v.one = await make('canary-one', 'alice', 'bob');
  v.oneAgain = await make('canary-one', 'alice');
  v.two = await make('canary-two', 'alice');
  v.three = await make('canary-three', 'alice', 'bob', 'carol');
  v.onlyBob = await make('canary-four', 'bob');
});
afterAll(() => gnupg.remove());

/** A repository with a secret of each state. */
function history(): Repository {
  const repo = createRepository({ env: { GNUPGHOME: gnupg.path } });
  repo.write('a.eyaml', `"=k": ${v.one}\nrotated: ${v.three}\ngone: ${v.three}\nclosed: ${v.onlyBob}\n`);
  repo.commit('add');
  repo.write('a.eyaml', `"=k": ${v.oneAgain}\nrotated: ${v.two}\nclosed: ${v.two}\n`);
  repo.commit('change');
  return repo;
}

describe('a report', () => {
  test.each(FORMATS)('as %s has every state, and nothing of a plaintext or a ciphertext', async (format) => {
    const repo = history();
    const { code, stdout, stderr } = await exposure(repo, '--trace', '--verbose', '--format', format, BOB);
    expect(code).toBe(1);
    for (const state of ['exposed', 'unknown', 'rotated', 'removed']) expect(stdout).toContain(state);
    for (const text of [stdout, stderr]) {
      expect(text).not.toMatch(/canary/);
      expect(text).not.toContain(Buffer.from('canary').toString('base64').slice(0, 7));
      expect(text).not.toContain('ENC[');
      for (const value of Object.values(v)) expect(text).not.toContain(value.slice(-60));
    }
  });

  test('as HTML says what it was made of, and has no digest', async () => {
    const repo = history();
    const { stdout } = await exposure(repo, '--format', 'html', '--rev', 'main', BOB, '.');
    expect(stdout).toContain('<h1>Bob &lt;bob@example.com&gt; could read 4 secrets: 1 exposed, 1 unknown,');
    expect(stdout).toContain('<p>read: main, and the files on disk</p>');
    expect(stdout).toContain(`<p>commit: ${repo.git('rev-parse', 'HEAD').trim()}</p>`);
    expect(stdout).toMatch(/<p>made by eyaml exposure on \d{4}-\d\d-\d\d \d\d:\d\d UTC<\/p>/);
    expect(stdout).toContain(
      '<p>not covered: forks, reflogs, deleted branches, and commits that others have not pushed</p>',
    );
    const { secrets } = await exposed(repo, BOB);
    for (const { digest } of secrets.flatMap((secret) => [secret, ...secret.places]))
      expect(stdout).not.toContain(digest);
  });

  test('as CSV has a row for each secret, and no formula', async () => {
    const lines = (await exposure(history(), '--format', 'csv', BOB)).stdout.split('\r\n');
    expect(lines[0]).toMatch(/^state,file,key,places,first commit,/);
    expect(lines.map((line) => line.split(',').slice(0, 3).join(','))).toEqual([
      'state,file,key',
      "exposed,a.eyaml,'=k",
      'unknown,a.eyaml,closed',
      'rotated,a.eyaml,rotated',
      'removed,a.eyaml,gone',
      '',
    ]);
  });

  test('as Markdown is a checklist in which names are only text', async () => {
    const repo = createRepository({ env: { GNUPGHOME: gnupg.path } });
    repo.write('a_`b`.eyaml', `k: ${v.one}\nr: ${v.three}\n`);
    repo.git('config', 'user.name', 'x');
    repo.commit('add');
    repo.write('a_`b`.eyaml', `k: ${v.one}\nr: ${v.two}\n`);
    repo.commit('rotate');
    const { stdout } = await exposure(repo, '--format', 'markdown', BOB);
    expect(stdout).toContain('- [ ] `` a_`b`.eyaml: k ``\n');
    expect(stdout).toContain('- [x] `` a_`b`.eyaml: r ``\n');
    expect(stdout).toContain('by Ann \\<ann&#64;example.com\\>');
    expect(stdout.split('\n')[0]).toBe('# Bob \\<bob&#64;example.com\\> could read 2 secrets: 1 exposed, 1 rotated');
  });

  test('goes to a file that only its owner can read', async () => {
    const repo = history();
    const file = path.join(repo.home, 'report.md');
    writeFileSync(file, 'old');
    chmodSync(file, 0o644);
    const { code, stdout } = await exposure(repo, '--format', 'markdown', '--output', file, BOB);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(readFileSync(file, 'utf8')).toContain('## exposed\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is not written over anything but a file', async () => {
    const repo = history();
    const [link, folder] = ['link', 'folder'].map((name) => path.join(repo.home, name)) as [string, string];
    symlinkSync('/nonexistent/target', link);
    mkdirSync(folder);
    for (const file of [link, folder]) {
      const { code, stdout, stderr } = await exposure(repo, '--output', file, BOB);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('it is not a regular file [FILE_UNWRITABLE]');
    }
    expect((await exposure(repo, '--output', path.join(repo.home, 'no/folder'), BOB)).stderr).toContain(
      'FILE_UNWRITABLE',
    );
  });

  test('has its form and place from the command line alone', async () => {
    const repo = history();
    repo.write('.eyaml/config.yaml', 'format: github\noutput: string\nno_states: true\n');
    const { stdout } = await exposure(repo, BOB);
    expect(stdout).toContain('\nexposed: still in use\n');
    expect(existsSync(path.join(repo.top, 'string'))).toBe(false);
  });

  test('without the passphrase says that everything is unknown, and asks once', async () => {
    const repo = history();
    const pinentry = fakePinentry();
    const locked = createGnupgHome({ secret: ['bob'], pub: ['alice', 'carol'], agentConf: [pinentry.agentConf] });
    try {
      const env = { ...repo.env, GNUPGHOME: locked.path };
      const { code, stdout, stderr } = await eyaml(['exposure', '--format', 'json', BOB], { cwd: repo.top, env });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^warning: values are not decrypted: .*\n$/);
      expect(told(JSON.parse(stdout) as Awaited<ReturnType<typeof exposed>>)).toEqual([
        '=k unknown',
        'closed unknown',
        'gone unknown',
        'rotated unknown',
      ]);
      expect(pinentry.starts()).toBe(1);
    } finally {
      locked.remove();
      pinentry.remove();
    }
  });

  test('on a terminal shows how far it is, and removes that before the report', async () => {
    const repo = history();
    const on = (...args: readonly string[]) =>
      eyamlOnTerminal(['exposure', ...args, BOB], { cwd: repo.top, env: repo.env });
    const terminal = on();
    await terminal.waitFor(/\r\[#{30}\] 2\/2 versions of files, 0 s left /);
    await terminal.waitFor(/\r\[#{30}\] 5\/5 values, 0 s left /);
    await terminal.waitFor(/\r\u001b\[KBob <bob@example\.com> \(/);
    expect((await terminal.ended).exitCode).toBe(1);
    const quiet = on('--quiet');
    expect((await quiet.ended).exitCode).toBe(1);
    expect(quiet.shown()).toMatch(/^Bob <bob@example\.com> /);
  });

  test('lists every reader, with the number of values', async () => {
    const { stdout } = await exposure(history(), '--list-readers', '--format', 'json');
    const readers = JSON.parse(stdout) as { userId: string; values: number; fingerprint: string }[];
    expect(readers.map(({ userId, values }) => [userId.split(' ')[0], values])).toEqual([
      ['Alice', 4],
      ['Bob', 3],
      ['Carol', 1],
    ]);
    expect(readers[1]?.fingerprint).toBe(FINGERPRINTS.bob);
    for (const format of FORMATS)
      expect((await exposure(history(), '--list-readers', '--format', format)).stdout).toContain(
        FINGERPRINTS.carol ?? '-',
      );
  });
});

describe('an exception', () => {
  const exceptions = (repo: Repository, entries: readonly Readonly<Record<string, string>>[]) =>
    repo.write('.eyaml/rotation.yaml', JSON.stringify({ accepted: entries }));
  const why = { reason: 'the server is gone', by: 'alice@example.com', date: '2026-02-01' };

  async function accepted() {
    const repo = createRepository({ env: { GNUPGHOME: gnupg.path } });
    repo.write('a.eyaml', `k: ${v.one}\n`);
    repo.commit('add');
    const { secrets } = await exposed(repo, BOB);
    const digest = secrets[0]?.places[0]?.digest ?? '';
    const entry = { file: 'a.eyaml', key: 'k', person: BOB, digest, ...why };
    return { repo, entry };
  }

  test('is listed with its reason, and then nothing is to be done', async () => {
    const { repo, entry } = await accepted();
    for (const person of [BOB, FINGERPRINTS.bob ?? '']) {
      exceptions(repo, [{ ...entry, person }]);
      const report = await exposed(repo, BOB);
      expect(report.code).toBe(0);
      expect(report.secrets).toMatchObject([
        { key: 'k', state: 'accepted', why: 'the server is gone, alice@example.com, 2026-02-01' },
      ]);
    }
    expect((await exposure(repo, BOB)).stdout).toContain(
      '(the server is gone, alice@example.com, 2026-02-01)\n  a.eyaml: k\n',
    );
  });

  test('lapses when the ciphertext changes, and that is told', async () => {
    const { repo, entry } = await accepted();
    exceptions(repo, [entry]);
    repo.write('a.eyaml', `k: ${v.oneAgain}\n`);
    repo.commit('again');
    const { code, stdout, stderr } = await exposure(repo, '--quiet', BOB);
    expect(code).toBe(1);
    expect(stdout).toContain('1 exposed');
    expect(stderr).toBe('warning: an exception no longer holds, since the value changed: a.eyaml: k\n');
  });

  test('is about one person, and about every place of a secret', async () => {
    const { repo, entry } = await accepted();
    exceptions(repo, [{ ...entry, person: 'carol@example.com' }]);
    expect(told(await exposed(repo, BOB))).toEqual(['k exposed']);
    exceptions(repo, [entry]);
    repo.write('b.eyaml', `x: ${v.oneAgain}\n`);
    repo.commit('copy');
    expect(told(await exposed(repo, BOB))).toEqual(['k exposed']);
  });

  test.each([
    ['no list', '{}', 'it needs a list named accepted'],
    ['a missing text', '{"accepted": [{"file": "a.eyaml", "key": "k"}]}', 'exception 1 needs the text person'],
    ['not YAML', '{', 'it needs a list named accepted'],
  ])('must be whole: %s', async (_, text, message) => {
    const { repo } = await accepted();
    repo.write('.eyaml/rotation.yaml', text);
    const { code, stdout, stderr } = await exposure(repo, BOB);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`error: .eyaml/rotation.yaml: ${message} [CONFIG_INVALID]`);
  });

  test('with a name that means nothing is refused', async () => {
    const { repo, entry } = await accepted();
    exceptions(repo, [{ ...entry, note: 'x' }]);
    expect((await exposure(repo, BOB)).stderr).toContain('exception 1 has an unknown key');
  });
});

describe('the age of secrets', () => {
  interface AgeJson {
    readonly key: string;
    readonly days: number | null;
    readonly since: { readonly commit: string } | null;
    readonly why?: string;
  }

  test('is that of the plaintext, however often it was encrypted again', async () => {
    const repo = createRepository({ env: { GNUPGHOME: gnupg.path } });
    repo.write('a.eyaml', `k: ${v.one}\nl: ${v.two}\nm: ${v.onlyBob}\n`);
    const first = repo.commit('add');
    repo.write('a.eyaml', `k: ${v.oneAgain}\nl: ${v.oneAgain}\nm: ${v.two}\n`);
    const second = repo.commit('change');
    repo.write('b.eyaml', `n: ${v.two}\n`);
    const { code, stdout } = await exposure(repo, '--age', '--format', 'json');
    expect(code).toBe(0);
    const ages = new Map((JSON.parse(stdout) as readonly AgeJson[]).map((age) => [age.key, age]));
    const sinceOf = (key: string) => ages.get(key)?.since?.commit;
    expect([sinceOf('k'), sinceOf('l'), sinceOf('m'), sinceOf('n')]).toEqual([first, second, second, undefined]);
    expect(ages.get('k')?.days).toBeGreaterThan(0);
    expect([ages.get('n')?.days, ages.get('l')?.why]).toEqual([null, undefined]);
    // What was there before cannot be compared.
    expect(ages.get('m')?.why).toBeTruthy();
    for (const format of FORMATS) {
      const shown = await exposure(repo, '--age', '--format', format, 'a.eyaml');
      expect(shown.stdout).not.toMatch(/canary|ENC\[/);
      expect(shown.stdout).not.toContain('b.eyaml');
      expect(shown.stdout).toContain('a.eyaml');
    }
  });

  test('is not known where the commit has no date, and above every limit then', async () => {
    const repo = createRepository({ env: { GNUPGHOME: gnupg.path } });
    repo.write('a.eyaml', `k: ${v.one}\n`);
    repo.git('add', '-A');
    const person = 'Ann <ann@example.com> nonsense';
    repo.write('commit', `tree ${repo.git('write-tree')}author ${person}\ncommitter ${person}\n\nadd\n`);
    const id = repo.git('hash-object', '-t', 'commit', '-w', '--literally', 'commit').trim();
    repo.git('update-ref', 'refs/heads/main', id);
    const { code, stdout } = await exposure(repo, '--age', '--older-than', '1d', '--format', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([{ key: 'k', days: null, since: { commit: id } }]);
  });

  test('may have a limit, which decides about the exit code', async () => {
    const repo = createRepository({ env: { GNUPGHOME: gnupg.path } });
    repo.write('a.eyaml', `k: ${v.one}\n`);
    repo.commit('add');
    expect(await exposure(repo, '--age', '--older-than', '50y')).toMatchObject({ code: 0, stdout: '0 secrets\n' });
    const { code, stdout } = await exposure(repo, '--age', '--older-than', '1d');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^ +\d+ days {2}a\.eyaml: k, since 2026-01-01 \([0-9a-f]{12}\) by Ann <ann@example\.com>\n1 secret\n$/,
    );
    expect((await exposure(repo, '--age', '--older-than', 'soon')).code).toBe(2);
    expect((await exposure(repo, '--age', BOB)).code).toBe(2);
    unlinkSync(path.join(repo.top, 'a.eyaml'));
  });
});
