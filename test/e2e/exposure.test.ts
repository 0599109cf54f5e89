import { unlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exposed, exposure, told, valueMaker } from '../helpers/exposure.js';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys } from '../helpers/key-homes.js';
import { createRepository, type Repository } from '../helpers/repository.js';

const BOB = 'bob@example.com';

let gnupg: GnupgHome;
let home: { readonly GNUPGHOME: string };
/** Values of two plaintexts, each with its own ciphertext: those with `bob` are for bob too. */
const v = {
  a1: '',
  a1bob: '',
  a1bobAgain: '',
  a2: '',
  a2bob: '',
  a3bob: '',
  onlyBob: '',
  carol: '',
  hidden: '',
  pkcs7: '',
};

beforeAll(async () => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol'] });
  home = { GNUPGHOME: gnupg.path };
  const make = valueMaker(gnupg);
  v.a1 = await make('canary-one', 'alice');
  v.a1bob = await make('canary-one', 'alice', 'bob');
  v.a1bobAgain = await make('canary-one', 'alice', 'bob');
  v.a2 = await make('canary-two', 'alice');
  v.a2bob = await make('canary-two', 'alice', 'bob');
  v.a3bob = await make('canary-three', 'alice', 'bob');
  v.onlyBob = await make('canary-one', 'bob');
  v.carol = await make('canary-one', 'alice', 'carol');
  v.pkcs7 = await make('canary-one');
  const hidden = ['--encrypt', '--trust-model', 'always', '-r', FINGERPRINTS.alice ?? '', '-R', FINGERPRINTS.bob ?? ''];
  v.hidden = `ENC[GPG,${gnupg.gpg(hidden, 'canary-one').toString('base64')}]`;
});
afterAll(() => gnupg.remove());

const world = () => createRepository({ env: home });

/** Commits versions of a file, each with its subject. */
function commits(repo: Repository, file: string, ...texts: readonly (string | undefined)[]): readonly string[] {
  return texts.map((text, i) => {
    if (text === undefined) unlinkSync(path.join(repo.top, file));
    else repo.write(file, text);
    return repo.commit(`version ${i + 1}`);
  });
}

describe('what somebody could read', () => {
  test('is listed with the first and last commit, and who changed it last, without opening anything', async () => {
    const repo = world();
    const [, second, third, fourth] = commits(
      repo,
      'data/a.eyaml',
      `k: ${v.a1}\n`,
      `k: ${v.a1bob}\nmine: ${v.a1}\n`,
      `k: ${v.a1bobAgain}\nmine: ${v.a1}\n`,
      `k: ${v.a2}\nmine: ${v.a1}\n`,
    );
    const empty = createGnupgHome({ pub: ['bob'] });
    try {
      const env = { ...repo.env, GNUPGHOME: empty.path };
      const { code, stdout, stderr } = await eyaml(['exposure', '--no-states', BOB], { cwd: repo.top, env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const short = (commit = '') => commit.slice(0, 12);
      expect(stdout).toBe(`Bob <bob@example.com> (${FINGERPRINTS.bob ?? ''})

could be read
  data/a.eyaml: k
    could be read 2026-01-01 (${short(second)}) to 2026-01-01 (${short(third)}), last changed by Ann <ann@example.com>

not covered: forks, reflogs, deleted branches, and commits that others have not pushed
Bob <bob@example.com> could read 1 secret
`);
    } finally {
      empty.remove();
    }
    expect(fourth).toBeDefined();
    const { secrets } = await exposed(repo, '--no-states', BOB);
    expect(secrets).toEqual([
      {
        file: 'data/a.eyaml',
        key: 'k',
        people: [BOB],
        places: [{ file: 'data/a.eyaml', key: 'k', digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
        first: { commit: second, date: '2026-01-01T00:02:00+00:00' },
        last: { commit: third, date: '2026-01-01T00:03:00+00:00' },
        changedBy: 'Ann <ann@example.com>',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        uncompared: 0,
      },
    ]);
  });

  test('is found by a fingerprint, a key ID of any subkey, a name, and for a person in no keyring', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`);
    const { person } = await exposed(repo, '--no-states', 'Bob');
    const keyIds = person[0]?.keyIds ?? [];
    expect(keyIds.length).toBeGreaterThan(1);
    for (const name of [FINGERPRINTS.bob ?? '', BOB, ...keyIds])
      expect(told(await exposed(repo, '--no-states', name))).toEqual(['k listed']);
    const empty = createGnupgHome();
    try {
      const env = { ...repo.env, GNUPGHOME: empty.path };
      const listed = await eyaml(['exposure', '--list-readers', '--format', 'json'], { cwd: repo.top, env });
      const ids = (JSON.parse(listed.stdout) as { id: string; values: number }[]).map(({ id }) => id);
      expect(ids).toHaveLength(2);
      const codes = await Promise.all(
        ids.map(async (id) => (await eyaml(['exposure', '--no-states', id], { cwd: repo.top, env })).code),
      );
      expect(codes).toEqual([0, 0]);
      const { code, stderr } = await eyaml(['exposure', BOB], { cwd: repo.top, env });
      expect(code).toBe(1);
      expect(stderr).toContain('no key in the keyring has this name');
      expect(stderr).toContain('eyaml exposure --list-readers');
    } finally {
      empty.remove();
    }
  });

  test('is found with public keys in folders of the repository', async () => {
    const repo = world();
    commits(repo, 'data/a.eyaml', `k: ${v.a1bob}\n`);
    addPublicKeys(path.join(repo.top, 'data'), ['bob']);
    const empty = createGnupgHome();
    try {
      const env = { ...repo.env, GNUPGHOME: empty.path };
      const { code, stdout } = await eyaml(['exposure', '--no-states', BOB], { cwd: repo.top, env });
      expect(code).toBe(0);
      expect(stdout).toContain('  data/a.eyaml: k\n');
      const listed = await eyaml(['exposure', '--list-readers'], { cwd: repo.top, env });
      expect(listed.stdout).toContain(`1 value  Bob <bob@example.com> (${FINGERPRINTS.bob ?? ''})`);
      expect(listed.stdout).toMatch(/^[0-9A-F]{16} {7}1 value {2}unknown$/m);
    } finally {
      empty.remove();
    }
  });

  test('is nothing for somebody for whom nothing was ever encrypted; names of several people are refused', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`);
    expect(await exposure(repo, 'carol@example.com')).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'error: no value was ever encrypted for carol@example.com [RECIPIENTS_INVALID]\nhint: to see every key that values were encrypted for: eyaml exposure --list-readers\n',
    });
    const { code, stderr } = await exposure(repo, 'example.com');
    expect(code).toBe(1);
    expect(stderr).toContain('example.com: this is part of the names of 3 people');
    expect((await exposure(repo)).code).toBe(2);
    expect((await exposure(repo, 'a.eyaml')).code).toBe(2);
  });

  test('counts on every branch, also one that was never merged, in an octopus merge, and where a merge itself wrote it', async () => {
    const repo = world();
    const [base] = commits(repo, 'a.eyaml', `k: ${v.a1}\nl: ${v.a1}\nm: ${v.a1}\n`);
    for (const name of ['one', 'two']) {
      repo.git('checkout', '-q', '-b', name, base ?? '');
      commits(repo, `${name}.eyaml`, `${name}: ${v.a1bob}\n`, `${name}: ${v.a1}\n`);
    }
    repo.git('checkout', '-q', 'main');
    repo.git('merge', '-q', '--no-commit', 'one', 'two');
    repo.write('a.eyaml', `k: ${v.a2bob}\nl: ${v.a1}\nm: ${v.a1}\n`);
    repo.commit('octopus');
    commits(repo, 'a.eyaml', `k: ${v.a2}\nl: ${v.a1}\nm: ${v.a1}\n`);
    repo.git('checkout', '-q', '-b', 'unmerged', base ?? '');
    commits(repo, 'lost.eyaml', `lost: ${v.a3bob}\n`, undefined);
    repo.git('checkout', '-q', 'main');
    repo.git('tag', 'kept', 'unmerged');
    repo.git('branch', '-q', '-D', 'unmerged');
    // What a merge threw away was there all the same.
    repo.git('checkout', '-q', '-b', 'dropped');
    commits(repo, 'dropped.eyaml', `dropped: ${v.a3bob}\n`);
    repo.git('checkout', '-q', 'main');
    repo.git('merge', '-q', '--no-ff', '-s', 'ours', '-m', 'drop', 'dropped');
    repo.git('branch', '-q', '-D', 'dropped');
    expect(told(await exposed(repo, '--no-states', BOB))).toEqual([
      'a.eyaml k listed',
      'dropped.eyaml dropped listed',
      'lost.eyaml lost listed',
      'one.eyaml one listed',
      'two.eyaml two listed',
    ]);
    expect(told(await exposed(repo, '--no-states', '--rev', 'two', BOB))).toEqual(['two listed']);
  });

  test('is limited by paths, which may be gone, and by names that a file had', async () => {
    const repo = world();
    const rest = '# a line of text that stays\n'.repeat(40);
    commits(repo, 'x/old.eyaml', `${rest}k: ${v.a1bob}\n`);
    commits(repo, 'y/b.eyaml', `k: ${v.a1bob}\n`, undefined);
    repo.write('z/keep', '');
    repo.git('mv', 'x/old.eyaml', 'z/new.eyaml');
    repo.commit('rename');
    commits(repo, 'z/new.eyaml', `${rest}k: ${v.a2}\n`);
    expect(told(await exposed(repo, '--no-states', BOB))).toEqual(['y/b.eyaml k listed', 'z/new.eyaml k listed']);
    for (const name of ['z', 'x', 'z/new.eyaml', 'x/old.eyaml'])
      expect((await exposed(repo, '--no-states', BOB, name)).secrets.map(({ file }) => file)).toEqual(['z/new.eyaml']);
    const below = await eyaml(['exposure', '--no-states', '--format', 'json', BOB, '.'], {
      cwd: path.join(repo.top, 'z'),
      env: repo.env,
    });
    expect(below.stdout).toContain('z/new.eyaml');
    expect(below.stdout).not.toContain('y/b.eyaml');
    expect((await exposure(repo, BOB, 'nowhere/')).stderr).toContain(
      'there never was an encrypted value in nowhere [FILE_NOT_FOUND]',
    );
  });

  test('counts in a file of any name that is named', async () => {
    const repo = world();
    commits(repo, 'secrets.txt', `k: ${v.a1bob}\n`, `k: ${v.a1}\n`);
    expect(told(await exposed(repo, BOB, 'secrets.txt'))).toEqual(['k exposed']);
    expect((await exposure(repo, BOB)).stderr).toContain('no value was ever encrypted for bob@example.com');
  });

  test('counts for all keys of one person, and for subkeys that are expired or revoked', async () => {
    const home = createGnupgHome({ secret: ['alice'], pub: ['bob', 'expired', 'revoked'] });
    try {
      home.gpg(['--passphrase', '', '--quick-gen-key', 'Robert <bob@example.com>', 'rsa2048', 'encr', 'never']);
      const robert = /^fpr:+(\w+):/m.exec(home.gpg(['--with-colons', '--list-keys', 'Robert']).toString())?.[1] ?? '';
      const message = home.gpg(
        ['--encrypt', '--trust-model', 'always', '-r', robert, '-r', FINGERPRINTS.alice ?? ''],
        'x',
      );
      const repo = createRepository({ env: { GNUPGHOME: home.path } });
      const relabelled = (name: string) => {
        const colons = home.gpg(['--with-colons', '--list-keys', FINGERPRINTS[name] ?? '']).toString();
        const octets = Buffer.from(message);
        const from = Buffer.from(robert.slice(-16), 'hex');
        // The key ID follows the version of the packet.
        Buffer.from(/^sub:[^:]*:\d+:\d+:(\w{16}):/m.exec(colons)?.[1] ?? '', 'hex').copy(octets, octets.indexOf(from));
        return `ENC[GPG,${octets.toString('base64')}]`;
      };
      commits(repo, 'a.eyaml', `bob: ${v.a1bob}\nrobert: ENC[GPG,${message.toString('base64')}]\n`);
      commits(repo, 'b.eyaml', `expired: ${relabelled('expired')}\nrevoked: ${relabelled('revoked')}\n`);
      const report = await exposed(repo, '--no-states', BOB);
      expect(report.person[0]?.keys.map(({ userId }) => userId).toSorted()).toEqual([
        'Bob <bob@example.com>',
        'Robert <bob@example.com>',
      ]);
      expect(told(report)).toEqual(['bob listed', 'robert listed']);
      for (const name of ['expired', 'revoked'])
        expect(told(await exposed(repo, '--no-states', FINGERPRINTS[name] ?? ''))).toEqual([`${name} listed`]);
    } finally {
      home.remove();
    }
  });

  test('--since leaves out commits, but not what was there then', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a3bob}\nl: ${v.a1bob}\nm: ${v.a1bob}\n`);
    commits(repo, 'a.eyaml', `l: ${v.a1bob}\nm: ${v.a1bob}\n`, `l: ${v.a1}\nm: ${v.a1bob}\n`);
    const { secrets } = await exposed(repo, '--no-states', '--since', '2026-01-01T00:02:30Z', BOB);
    expect(secrets.map(({ key, first, last }) => [key, first, last])).toEqual([
      ['l', null, null],
      ['m', null, null],
    ]);
  });
});

describe('the history', () => {
  test('of a shallow clone is refused, of a partial clone is not complete until all is fetched', async () => {
    const repo = world();
    commits(repo, 'old.eyaml', `k: ${v.a1bob}\n`, undefined);
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`, `k: ${v.a1}\n`);
    // Git would have to compare their content.
    repo.git('mv', 'a.eyaml', 'b.eyaml');
    repo.write('b.eyaml', `k: ${v.a1}\nl: ${v.a1}\n`);
    repo.commit('rename');
    repo.git('config', 'uploadpack.allowFilter', 'true');
    const clone = path.join(scratchFolder(), 'clone');
    repo.git('clone', '-q', '--depth', '1', `file://${repo.top}`, clone);
    expect(await eyaml(['exposure', BOB], { cwd: clone, env: repo.env })).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'error: this is a shallow clone: older commits are missing [FILE_UNREADABLE]\nhint: git fetch --unshallow\n',
    });
    const partial = path.join(scratchFolder(), 'partial');
    repo.git('clone', '-q', '--filter=blob:none', '-b', 'main', `file://${repo.top}`, partial);
    const run = (...args: readonly string[]) => eyaml(['exposure', ...args], { cwd: partial, env: repo.env });
    const gap = 'this is a partial clone without 2 versions of files: git fetch --no-filter --refetch gets them';
    // What is missing may hold what is looked for, so a pipeline must not take these for good news.
    for (const args of [['alice@example.com', '--no-states'], ['--list-readers'], ['--age']])
      expect(await run('--quiet', ...args)).toMatchObject({
        code: 1,
        stderr: `warning: the report is not complete: ${gap}\n`,
      });
    repo.git('-C', partial, 'fetch', '-q', '--no-filter', '--refetch');
    expect(await run('--list-readers')).toMatchObject({ code: 0, stderr: '' });
  });

  test('is not there outside git: then the files on disk count, and that is told', async () => {
    const repo = world();
    const folder = scratchFolder();
    repo.write(path.relative(repo.top, path.join(folder, 'a.eyaml')), `k: ${v.a1bob}\n`);
    const { code, stdout, stderr } = await eyaml(['exposure', BOB], { cwd: folder, env: repo.env });
    expect(stderr).toBe('warning: this is not a git repository: only the files of today are read\n');
    expect(stdout).toContain('a.eyaml: k\n');
    expect(code).toBe(1);
  });
});

describe('what became of a secret', () => {
  test('exposed: encrypted again without a change', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`, `k: ${v.a1}\n`);
    const report = await exposed(repo, BOB);
    expect(report.code).toBe(1);
    expect(told(report)).toEqual(['k exposed']);
    expect(report.secrets[0]?.places).toMatchObject([{ file: 'a.eyaml', key: 'k' }]);
  });

  test('rotated: the commit is that of the change, not the last recrypt', async () => {
    const repo = world();
    const make = valueMaker(gnupg);
    const again = await make('canary-two', 'alice', 'carol');
    const [, , third] = commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`, `k: ${v.a1}\n`, `k: ${v.a2}\n`, `k: ${again}\n`);
    const report = await exposed(repo, BOB);
    expect(report.code).toBe(0);
    expect(report.secrets).toMatchObject([{ state: 'rotated', ended: { commit: third } }]);
    const { stdout } = await exposure(repo, BOB);
    expect(stdout).toContain(`    rotated 2026-01-01 (${third?.slice(0, 12) ?? ''}) by Ann <ann@example.com>\n`);
    expect(stdout).toMatch(/could read 1 secret: 1 rotated\n$/);
  });

  test.each([
    ['rotated', 'side', () => [`k: ${v.a1bob}`, `k: ${v.a2}`, `k: ${v.a1}`]],
    ['rotated', 'main', () => [`k: ${v.a2}`, `k: ${v.a1bob}`, `k: ${v.a2}\nx: 1`]],
    ['removed', 'side', () => [`k: ${v.a1bob}`, 'x: 1', `k: ${v.a1}`]],
    ['removed', 'main', () => ['x: 1', `k: ${v.a1bob}`, 'x: 2']],
  ] as const)('%s by a merge that took the file of the branch %s', async (state, taken, texts) => {
    const repo = world();
    const [was, side, main] = texts().map((text) => `${text}\n`);
    commits(repo, 'a.eyaml', was);
    repo.git('checkout', '-q', '-b', 'side');
    commits(repo, 'a.eyaml', side);
    repo.git('tag', 'kept');
    repo.git('checkout', '-q', 'main');
    commits(repo, 'a.eyaml', main);
    repo.git('merge', '-q', '--no-commit', '-s', 'ours', 'side');
    repo.git('checkout', '-q', taken, '--', 'a.eyaml');
    const merge = repo.commit('merge');
    repo.git('branch', '-q', '-D', 'side');
    const { secrets } = await exposed(repo, BOB);
    expect(secrets).toMatchObject([{ key: 'k', state, ended: { commit: merge } }]);
    // Without the merge no commit did it.
    repo.git('reset', '-q', '--hard', 'HEAD^');
    const unmerged = await exposed(repo, BOB);
    if (taken === 'main') expect(unmerged.secrets).toMatchObject([{ state }]);
    if (taken === 'main') expect(unmerged.secrets[0]?.ended).toBeUndefined();
    else expect(told(unmerged)).toEqual(['k exposed']);
  });

  test('exposed again: an old value came back', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`, `k: ${v.a2}\n`, `k: ${v.a1}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['k exposed']);
  });

  test('removed: the key or the file is gone', async () => {
    const repo = world();
    const [, second] = commits(repo, 'a.eyaml', `k: ${v.a1bob}\nl: ${v.a3bob}\n`, `l: ${v.a3bob}\n`);
    const [third] = commits(repo, 'a.eyaml', undefined);
    const report = await exposed(repo, BOB);
    expect(report.code).toBe(0);
    expect(report.secrets).toMatchObject([
      { key: 'k', state: 'removed', places: [], ended: { commit: second } },
      { key: 'l', state: 'removed', places: [], ended: { commit: third } },
    ]);
  });

  test('a renamed file and a moved key stay exposed, at their new places', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`, undefined);
    commits(repo, 'b.eyaml', `x: ${v.a1}\n`);
    const report = await exposed(repo, BOB);
    expect(report.secrets).toMatchObject([
      { file: 'a.eyaml', key: 'k', state: 'exposed', places: [{ file: 'b.eyaml', key: 'x' }] },
    ]);
    expect((await exposure(repo, BOB)).stdout).toContain('  a.eyaml: k\n    now b.eyaml: x\n');
  });

  test('a renamed file that is rotated later is one secret', async () => {
    const repo = world();
    const rest = '# a line of text that stays\n'.repeat(40);
    commits(repo, 'a.eyaml', `${rest}k: ${v.a1bob}\n`);
    repo.git('mv', 'a.eyaml', 'b.eyaml');
    repo.commit('rename');
    commits(repo, 'b.eyaml', `${rest}k: ${v.a2}\n`);
    // A new file in the old place has secrets of its own.
    commits(repo, 'a.eyaml', `k: ${v.a3bob}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['a.eyaml k exposed', 'b.eyaml k rotated']);
  });

  test('a branch that has it encrypted otherwise is no place of its own', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`);
    repo.git('branch', 'other');
    commits(repo, 'a.eyaml', `k: ${v.a1}\n`);
    const { secrets } = await exposed(repo, BOB);
    expect(secrets.map(({ places }) => places.map(({ key, onlyOn }) => [key, onlyOn]))).toEqual([[['k', undefined]]]);
  });

  test('a version that was not YAML has no secrets of its own', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`, `{ k: [ ${v.a1bob}\n`, `k: ${v.a2}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['k rotated']);
    commits(repo, 'b.eyaml', `# ${v.a3bob}\n`, `{ [ ${v.a3bob}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['b.eyaml - exposed', 'a.eyaml k rotated']);
  });

  test('one secret in several places is one finding', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\nl: ${v.a3bob}\n`);
    commits(repo, 'b.eyaml', `x: ${v.a1bobAgain}\ny: ${v.a1}\n`);
    const report = await exposed(repo, BOB);
    expect(
      report.secrets.map(({ key, places }) => [key, places.map((place) => `${place.file} ${place.key ?? ''}`)]),
    ).toEqual([
      ['k', ['a.eyaml k', 'b.eyaml x', 'b.eyaml y']],
      ['l', ['a.eyaml l']],
    ]);
    // Rotated in one place only, it is still in use.
    commits(repo, 'a.eyaml', `k: ${v.a2}\nl: ${v.a3bob}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['a.eyaml l exposed', 'b.eyaml x exposed']);
  });

  test('unknown: what stands there today, or what they could read, cannot be opened here', async () => {
    const repo = world();
    const make = valueMaker(gnupg);
    const forCarol = await make('canary-two', 'carol');
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\nl: ${v.onlyBob}\n`, `k: ${forCarol}\nl: ${v.a2}\n`);
    const report = await exposed(repo, BOB);
    expect(report.code).toBe(1);
    expect(told(report)).toEqual(['k unknown', 'l unknown']);
    for (const { why } of report.secrets) expect(why).toBeTruthy();
    // The same ciphertext needs no comparison.
    commits(repo, 'a.eyaml', `l: ${v.onlyBob}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['l exposed', 'k removed']);
  });

  test('an older value that cannot be opened is told, and does not hide that the newest was rotated', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.onlyBob}\n`, `k: ${v.a3bob}\n`, `k: ${v.a2}\n`);
    const report = await exposed(repo, BOB);
    expect(report.secrets).toMatchObject([{ state: 'rotated', uncompared: 1 }]);
    expect((await exposure(repo, BOB)).stdout).toContain('1 old value could not be decrypted');
  });

  test('a value of today that cannot be opened is told, since a secret may have moved there', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a3bob}\n`, `k: ${v.a2}\n`);
    expect((await exposed(repo, BOB)).closedToday).toBe(0);
    commits(repo, 'b.eyaml', `x: ${await valueMaker(gnupg)('canary-three', 'carol')}\n`);
    const report = await exposed(repo, BOB);
    expect(told(report)).toEqual(['k rotated']);
    expect(report.closedToday).toBe(1);
    expect((await exposure(repo, BOB)).stdout).toContain('1 value of today could not be decrypted');
  });

  test('today is the last commit and the files on disk', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`);
    repo.write('a.eyaml', `k: ${v.a2}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['k exposed']);
    expect((await exposure(repo, BOB)).stdout).toContain('  a.eyaml: k (changed on disk, not committed)\n');
    repo.commit('rotate');
    expect(told(await exposed(repo, BOB))).toEqual(['k rotated']);
    repo.write('b.eyaml', `x: ${v.a1}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['k exposed']);
  });

  test('what only another branch holds is exposed while the branch is there, and that is told', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\n`);
    repo.git('branch', 'production');
    repo.git('tag', 'v1');
    commits(repo, 'a.eyaml', `k: ${v.a2}\n`);
    const report = await exposed(repo, BOB);
    expect(report.secrets).toMatchObject([{ state: 'exposed', places: [{ file: 'a.eyaml', onlyOn: ['production'] }] }]);
    expect((await exposure(repo, BOB)).stdout).toContain('  a.eyaml: k (only on branch production)\n');
    repo.git('branch', '-q', '-D', 'production');
    expect(told(await exposed(repo, BOB))).toEqual(['k rotated']);
  });

  test('line ends and blocks make no difference', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\r\nl: >\r\n  ${v.a3bob}\r\n`, `k: >\n  ${v.a1}\nl: ${v.a2}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['k exposed', 'l rotated']);
  });

  test('with hidden recipients nobody can tell, unless it was rotated', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.hidden}\nm: ${v.a3bob}\n`, `k: ${v.a1}\nm: ${v.a2}\n`);
    const report = await exposed(repo, BOB);
    expect(told(report)).toEqual(['k unknown', 'm rotated']);
    expect(report.secrets[0]?.why).toBe('its recipients are hidden: nobody can tell who could read it');
    expect(report.secrets.map(({ people }) => people.length)).toEqual([0, 1]);
    commits(repo, 'a.eyaml', `k: ${v.a2}\nm: ${v.a2}\n`);
    expect(told(await exposed(repo, BOB))).toEqual(['k rotated', 'm rotated']);
  });

  test('values of PKCS7 are counted, and compared where a value was converted', async () => {
    const repo = world();
    const flags = (await import('../helpers/pkcs7.js')).PKCS7_FLAGS;
    commits(repo, 'a.eyaml', `k: ${v.a1bob}\nl: ${v.pkcs7}\n`, `k: ${v.pkcs7}\nl: ${v.a2bob}\n`);
    const report = await exposed(repo, ...flags, BOB);
    expect(told(report)).toEqual(['k exposed', 'l exposed']);
    expect(report.otherMethods).toBe(2);
    const { stdout } = await exposure(repo, ...flags, BOB);
    expect(stdout).toContain('2 secrets had values of other methods, such as PKCS7');
  });

  test('several people leave at once; each finding names whom it concerns', async () => {
    const repo = world();
    commits(repo, 'a.eyaml', `k: ${v.a3bob}\nl: ${v.carol}\n`);
    const { secrets } = await exposed(repo, BOB, 'carol@example.com');
    expect(secrets.map(({ key, people }) => [key, people])).toEqual([
      ['k', [BOB]],
      ['l', ['carol@example.com']],
    ]);
  });
});
