import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND, eyaml, MAIN } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { recipientLine } from '../helpers/key-homes.js';
import { killAtEveryOperation } from '../helpers/faults.js';
import { createRepository, type Repository } from '../helpers/repository.js';

let gnupg: GnupgHome;
/** A value for alice, and one for alice and bob. */
let values: { readonly alice: string; readonly both: string };

beforeAll(async () => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
  const encrypt = async (recipients: string) => {
    const args = ['encrypt', '-o', 'string', '--stdin', '--gpg-always-trust', '--gpg-recipients', recipients];
    return (await eyaml(args, { env: { GNUPGHOME: gnupg.path }, input: 'secret' })).stdout.trim();
  };
  values = {
    alice: await encrypt('alice@example.com'),
    both: await encrypt('alice@example.com,bob@example.com'),
  };
});
afterAll(() => gnupg.remove());

const world = (env: Readonly<Record<string, string>> = {}) =>
  createRepository({ env: { GNUPGHOME: gnupg.path, ...env } });
const run = (repo: Repository, args: readonly string[], cwd = repo.top) => eyaml(args, { cwd, env: repo.env });
const install = (repo: Repository, ...args: readonly string[]) => run(repo, ['git', 'install', ...args]);
const uninstall = (repo: Repository, ...args: readonly string[]) => run(repo, ['git', 'uninstall', ...args]);

async function status(repo: Repository, cwd?: string) {
  const { code, stdout } = await run(repo, ['git', 'status', '--json'], cwd);
  return { code, ...(JSON.parse(stdout) as Record<string, unknown>) } as {
    readonly code: number;
    readonly version: string;
    readonly drivers: readonly { readonly name: string; readonly state: string; readonly scope?: string }[];
    readonly cachesPlaintext: boolean;
    readonly attributes: readonly string[];
    readonly hooks: readonly { readonly hook: string; readonly file: string; readonly state: string }[];
    readonly uncovered: readonly string[];
  };
}

const stateOf = ({ drivers, hooks }: Awaited<ReturnType<typeof status>>) => [
  ...new Set([...drivers, ...hooks].map(({ state }) => state)),
];

/** All that a repository and a home have: every file outside git's own objects, with its content and mode. */
function snapshotOf(...folders: readonly string[]): string {
  return spawnSync(
    'find',
    [...folders, '-type', 'f', '!', '-path', '*/objects/*', '-printf', '%p %m ', '-exec', 'sha256sum', '{}', ';'],
    { encoding: 'utf8' },
  )
    .stdout.split('\n')
    .sort()
    .join('\n');
}

describe('git install', () => {
  test('says what it writes, writes it once, and uninstall leaves everything as it was', async () => {
    const repo = world();
    repo.write('x.eyaml', `a: ${values.alice}\n`);
    repo.write('data/nodes/n.yaml', `a: ${values.alice}\n`);
    repo.git('config', 'user.name', 'Ann');
    const before = snapshotOf(repo.top, repo.home);
    const dry = await install(repo, '--dry-run');
    expect(dry.stderr).toMatch(/nothing was written \(--dry-run\)\n$/);
    expect(snapshotOf(repo.top, repo.home)).toBe(before);
    const first = await install(repo);
    expect(first.code).toBe(0);
    expect(first.stderr.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      'git config --local diff.eyaml.textconv',
      'git config --local diff.eyaml.cachetextconv',
      'git config --local merge.eyaml.name',
      'git config --local merge.eyaml.driver',
      '.gitattributes',
      ...['pre-commit', 'pre-merge-commit', 'post-merge', 'post-rewrite', 'post-commit'].map(
        (hook) => `.git/hooks/${hook}`,
      ),
      'installed; to remove it: eyaml git uninstall',
      '',
    ]);
    expect(repo.read('.gitattributes')).toBe(
      '# >>> eyaml git install\n*.eyaml diff=eyaml merge=eyaml\n/data/nodes/*.yaml diff=eyaml merge=eyaml\n# <<< eyaml git install\n',
    );
    const installed = snapshotOf(repo.top, repo.home);
    const second = await install(repo);
    expect(second.stderr).toBe('nothing to do: everything is installed\n');
    expect(snapshotOf(repo.top, repo.home)).toBe(installed);
    const now = await status(repo);
    expect({ code: now.code, states: stateOf(now), uncovered: now.uncovered }).toEqual({
      code: 0,
      states: ['ours'],
      uncovered: [],
    });
    expect((await uninstall(repo)).code).toBe(0);
    expect(snapshotOf(repo.top, repo.home)).toBe(before);
    expect((await uninstall(repo)).stderr).toBe('nothing to do: nothing is installed\n');
    const after = await status(repo);
    expect({ code: after.code, states: stateOf(after) }).toEqual({ code: 1, states: ['none'] });
  });

  test('keeps the attributes, hooks and drivers of others, and uninstall too', async () => {
    const repo = world();
    repo.write('.gitattributes', '* text=auto\r\n*.png binary');
    repo.write('.git/hooks/pre-commit', '#!/bin/bash\nset -e\necho theirs >>ran\n');
    chmodSync(path.join(repo.top, '.git/hooks/pre-commit'), 0o750);
    repo.git('config', 'diff.eyaml.xfuncname', '^x');
    repo.git('config', 'merge.other.driver', 'true');
    const before = snapshotOf(repo.top, repo.home);
    expect((await install(repo)).code).toBe(0);
    expect(repo.read('.gitattributes')).toMatch(/^\* text=auto\r\n\*\.png binary\r\n# >>> eyaml/);
    expect(repo.git('check-attr', 'merge', 'x.eyaml')).toBe('x.eyaml: merge: eyaml\n');
    expect(statSync(path.join(repo.top, '.git/hooks/pre-commit')).mode & 0o777).toBe(0o750);
    repo.commit('both run');
    expect(repo.read('ran')).toBe('theirs\n');
    rmSync(path.join(repo.top, 'ran'));
    repo.git('reset', '-q', '--soft', 'HEAD');
    const { stderr } = await uninstall(repo);
    expect(stderr).toContain(
      "note: diff.eyaml.xfuncname in git's local configuration was not made by eyaml, and stays\n",
    );
    const untouched = (snapshot: string) =>
      snapshot.split('\n').filter((line) => /hooks|gitattributes|config/.test(line));
    expect(untouched(snapshotOf(repo.top, repo.home))).toEqual(untouched(before));
  });

  test.each([
    ['not a shell script', '#!/usr/bin/env python3\nprint(1)\n', 'it is not a shell script'],
    ['binary', '\x7fELF\x00\xff', 'it is not a shell script'],
    ['with CRLF', '#!/bin/sh\r\ntrue\r\n', 'it is not a shell script'],
    ['of pre-commit', '#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n', 'another program made it'],
    ['of husky', '#!/bin/sh\n# husky\n', 'another program made it'],
  ])('does not touch a hook that is %s, and says what to add', async (_, content, why) => {
    const repo = world();
    repo.write('.git/hooks/pre-commit', Buffer.from(content, 'latin1'));
    const { stderr } = await install(repo);
    expect(stderr).toContain(
      `note: .git/hooks/pre-commit is not changed (${why}): add this line to it, or to what makes it: eyaml git hook pre-commit "$@"\n`,
    );
    expect(readFileSync(path.join(repo.top, '.git/hooks/pre-commit'), 'latin1')).toBe(content);
    expect((await status(repo)).hooks[0]).toMatchObject({ hook: 'pre-commit', state: 'none' });
  });

  test.each(['../../scripts/hook', '../../scripts/none'])(
    'does not write through a hook that is a link to %s',
    async (to) => {
      const repo = world();
      repo.write('scripts/hook', '#!/bin/sh\n');
      symlinkSync(to, path.join(repo.top, '.git/hooks/post-merge'));
      const { code, stderr } = await install(repo);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringContaining('.git/hooks/post-merge is not changed (it is a symbolic link): add') as string,
      });
      await uninstall(repo);
      expect(readlinkSync(path.join(repo.top, '.git/hooks/post-merge'))).toBe(to);
      expect(repo.read('scripts/hook')).toBe('#!/bin/sh\n');
      expect(existsSync(path.join(repo.top, 'scripts/none'))).toBe(false);
    },
  );

  test('with core.hooksPath writes no hooks, and sees a line that somebody added there', async () => {
    const repo = world();
    repo.git('config', 'core.hooksPath', '.githooks');
    repo.write('.githooks/pre-commit', '#!/bin/sh\neyaml git hook pre-commit "$@"\n');
    const { stderr } = await install(repo);
    expect(stderr).toContain('note: .githooks/post-merge is not changed (core.hooksPath is set)');
    expect(stderr).not.toContain('.githooks/pre-commit');
    expect(existsSync(path.join(repo.top, '.githooks/post-merge'))).toBe(false);
    expect((await status(repo)).hooks.map(({ state }) => state)).toEqual(['by hand', 'none', 'none', 'none', 'none']);
    expect((await uninstall(repo)).stderr).toContain('.githooks/pre-commit calls eyaml: remove the line');
  });

  test('for a linked work tree and a submodule goes where git looks', async () => {
    const repo = world();
    repo.commit('one');
    const linked = path.join(scratchFolder(), 'linked');
    repo.git('worktree', 'add', '-q', linked);
    expect((await run(repo, ['git', 'install'], linked)).code).toBe(0);
    expect(stateOf(await status(repo))).toEqual(['ours']);
    expect(existsSync(path.join(linked, '.gitattributes'))).toBe(true);
    expect(existsSync(path.join(repo.top, '.gitattributes'))).toBe(false);
    const outer = world();
    outer.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', repo.top, 'sub');
    expect((await run(outer, ['git', 'install'], path.join(outer.top, 'sub'))).code).toBe(0);
    expect(existsSync(path.join(outer.top, '.git/modules/sub/hooks/pre-commit'))).toBe(true);
    expect(stateOf(await status(outer))).toEqual(['none']);
  });

  test('--global writes to the configuration and attributes of the user, and works outside a repository', async () => {
    const repo = world();
    const before = snapshotOf(repo.top, repo.home);
    const elsewhere = scratchFolder();
    expect((await run(repo, ['git', 'install', '--global'], elsewhere)).code).toBe(0);
    expect(readFileSync(path.join(repo.home, '.config/git/attributes'), 'utf8')).toContain(
      '*.eyaml diff=eyaml merge=eyaml\n',
    );
    repo.write('x.eyaml', `a: ${values.alice}\n`);
    const now = await status(repo);
    expect(now.drivers.map(({ state, scope }) => [state, scope])).toEqual([
      ['ours', 'global'],
      ['ours', 'global'],
    ]);
    expect(now.uncovered).toEqual([]);
    rmSync(path.join(repo.top, 'x.eyaml'));
    expect((await run(repo, ['git', 'install', '--global'], elsewhere)).stderr).toBe(
      'nothing to do: everything is installed\n',
    );
    expect((await run(repo, ['git', 'uninstall', '--global'], elsewhere)).code).toBe(0);
    rmSync(path.join(repo.home, '.gitconfig'));
    expect(snapshotOf(repo.top, repo.home)).toBe(before);
    const mine = path.join(repo.home, 'my attributes');
    writeFileSync(mine, '*.x text\n');
    repo.git('config', '--global', 'core.attributesFile', '~/my attributes');
    await install(repo, '--global');
    expect(readFileSync(mine, 'utf8')).toMatch(/^\*\.x text\n# >>> eyaml/);
  });

  test('does not write through a link that a repository has in place of .gitattributes', async () => {
    const repo = world();
    const target = path.join(repo.home, 'target');
    writeFileSync(target, 'x\n');
    symlinkSync(target, path.join(repo.top, '.gitattributes'));
    for (const verb of ['install', 'uninstall', 'status']) {
      const { code, stderr } = await run(repo, ['git', verb]);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining('error: .gitattributes is a symbolic link, which git does not read') as string,
      });
    }
    expect(readFileSync(target, 'utf8')).toBe('x\n');
    expect(repo.git('config', '--local', '-l')).not.toContain('eyaml');
  });

  test('outside a repository, and without git, is an error', async () => {
    const cwd = scratchFolder();
    expect(await eyaml(['git', 'install'], { cwd })).toMatchObject({
      code: 1,
      stderr: 'error: the current folder is not in a git repository [FILE_UNREADABLE]\n',
    });
    expect((await eyaml(['git', 'install', '--global'], { cwd, env: { PATH: '/nonexistent' } })).stderr).toBe(
      'error: there is no git on PATH [FILE_UNREADABLE]\n',
    );
  });
});

test('a killed install is finished by the next one, and leaves no file half written', async () => {
  const OTHERS = '*.png binary\n';
  const HOOK = '#!/bin/sh\ntrue\n';
  const operations = await killAtEveryOperation(
    { args: ['git', 'install'] },
    ({ cwd }) => {
      spawnSync('git', ['init', '-q', cwd]);
      writeFileSync(path.join(cwd, '.gitattributes'), OTHERS);
      mkdirSync(path.join(cwd, '.git/hooks'), { recursive: true });
      writeFileSync(path.join(cwd, '.git/hooks/pre-commit'), HOOK, { mode: 0o755 });
    },
    async (place) => {
      const read = (file: string) => readFileSync(path.join(place.cwd, file), 'utf8');
      expect(read('.gitattributes').slice(0, OTHERS.length)).toBe(OTHERS);
      expect(read('.git/hooks/pre-commit')).toMatch(/^#!\/bin\/sh\n.*true\n$/s);
      const env = { HOME: place.home };
      expect((await eyaml(['git', 'install'], { cwd: place.cwd, env })).code).toBe(0);
      expect((await eyaml(['git', 'status'], { cwd: place.cwd, env })).code).toBe(0);
      expect((await eyaml(['git', 'uninstall'], { cwd: place.cwd, env })).code).toBe(0);
      expect([read('.gitattributes'), read('.git/hooks/pre-commit')]).toEqual([OTHERS, HOOK]);
    },
  );
  expect(operations.length).toBeGreaterThan(10);
});

describe('git status', () => {
  test('tells drivers of another eyaml, other programs, the cache of plaintexts, and files that no attribute covers', async () => {
    const repo = world();
    await install(repo);
    repo.write('new/b.yaml', `a: ${values.alice}\n`);
    const textconv = repo.git('config', 'diff.eyaml.textconv').trimEnd();
    repo.git('config', 'diff.eyaml.textconv', textconv.replaceAll(COMMAND.at(-1) ?? '', '/old'));
    repo.git('config', 'merge.eyaml.driver', 'true');
    repo.git('config', 'diff.eyaml.cachetextconv', 'true');
    rmSync(path.join(repo.top, '.git/hooks/post-merge'));
    const { code, stdout } = await run(repo, ['git', 'status']);
    expect(code).toBe(1);
    expect(stdout).toContain('warning: another eyaml is started by: diff driver (local)\n    eyaml git install\n');
    expect(stdout).toContain('problem: not made by eyaml: merge driver (local)\n');
    expect(stdout).toContain(
      'problem: diff.eyaml.cachetextconv is on: git writes plaintexts into refs/notes/textconv\n',
    );
    expect(stdout).toContain('problem: no attribute covers new/b.yaml\n');
    expect(stdout).toContain('problem: not installed: hook post-merge\n');
    const doctor = await run(repo, ['doctor']);
    expect(doctor.stdout).toContain('problem: git: diff.eyaml.cachetextconv is on');
    expect(doctor.stdout).toContain(
      'warning: git: another eyaml is started by: diff driver (local)\n    eyaml git install\n',
    );
    await install(repo);
    expect((await status(repo)).code).toBe(0);
  });

  test('of nothing is no fault for doctor', async () => {
    const repo = world();
    expect((await run(repo, ['doctor', '-v'])).stdout).toContain('ok: git: git shows values as they are stored');
    expect((await eyaml(['doctor', '-v'], { cwd: scratchFolder(), env: repo.env })).stdout).toContain(
      'ok: git: not in a git repository',
    );
  });
});

describe('the merge driver', () => {
  /** Two branches that both encrypted one value again, and each added a key at the same place. */
  async function branches(repo: Repository) {
    const again = await eyaml(
      ['encrypt', '-o', 'string', '--stdin', '--gpg-always-trust', '--gpg-recipients', 'alice@example.com'],
      { env: { GNUPGHOME: gnupg.path }, input: 'secret' },
    );
    repo.git('config', 'core.hooksPath', '/dev/null');
    repo.write('a.eyaml', `a: ${values.alice}\n`);
    repo.commit('base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.eyaml', `a: ${again.stdout.trim()}\nside: ${values.alice}\n`);
    repo.commit('side');
    repo.git('checkout', '-q', 'main');
    repo.write('a.eyaml', `a: ${values.both}\nmain: ${values.alice}\n`);
    repo.commit('main');
  }
  const merge = (repo: Repository) =>
    spawnSync('git', ['merge', '-m', 'm', 'side'], { cwd: repo.top, env: repo.env, encoding: 'utf8' });

  test('is the one that is installed', async () => {
    const repo = world();
    await install(repo);
    await branches(repo);
    expect(merge(repo)).toMatchObject({ status: 0 });
    expect(repo.read('a.eyaml')).toBe(`a: ${values.both}\nmain: ${values.alice}\nside: ${values.alice}\n`);
  });

  test.each([
    ['where this eyaml is gone and Ruby eyaml, or none, is on PATH', false, 1],
    ['where this eyaml is on PATH only', true, 0],
  ])('%s', async (_, withEyaml, expected) => {
    const repo = createRepository({ env: { GNUPGHOME: gnupg.path }, withEyaml });
    await install(repo);
    const driver = repo.git('config', 'merge.eyaml.driver').trimEnd();
    repo.git('config', 'merge.eyaml.driver', driver.replaceAll(`'${COMMAND.at(-1)}'`, "'/nonexistent'"));
    await branches(repo);
    expect(merge(repo).status).toBe(expected);
    // The other side is never lost.
    expect(repo.read('a.eyaml')).toContain(`side: ${values.alice}\n`);
    expect(repo.read('a.eyaml').includes('<<<<<<<')).toBe(expected === 1);
  });

  test('starts an eyaml whose path has blanks, quotes and percent signs', async () => {
    const repo = world();
    const odd = path.join(scratchFolder(), `it's 100%P "odd" $(x)`);
    const program = COMMAND.at(-1) ?? '';
    const copy = path.join(odd, path.basename(program));
    if (program === MAIN) cpSync(path.dirname(MAIN), odd, { recursive: true });
    else cpSync(program, copy);
    const [first, ...rest] = [...COMMAND.slice(0, -1), copy, 'git', 'install'];
    const installing = spawnSync(first, rest, { cwd: repo.top, env: repo.env });
    expect(installing.status).toBe(0);
    await branches(repo);
    repo.git('config', '--unset', 'core.hooksPath');
    rmSync(path.join(repo.top, '.git/hooks/pre-commit'));
    expect(merge(repo)).toMatchObject({ status: 0 });
    expect(repo.git('diff', 'HEAD~1')).toContain('side: DEC::GPG[secret]!');
  });
});

describe('the hooks', () => {
  /** A repository with the hooks, and a value for today's recipient. */
  async function hooked(): Promise<Repository> {
    const repo = world();
    repo.write('hiera-eyaml-gpg.recipients', recipientLine('alice'));
    repo.write('a.eyaml', `a: ${values.alice}\n`);
    expect((await install(repo)).code).toBe(0);
    repo.commit('one');
    return repo;
  }
  const git = (repo: Repository, ...args: readonly string[]) =>
    spawnSync('git', args, { cwd: repo.top, env: repo.env, encoding: 'utf8' });
  const WARNING =
    /warning: 1 value in 1 file is not encrypted for the current recipients; to re-encrypt:\n {4}eyaml recrypt a\.eyaml\n/;

  test('pre-commit stops a commit for an error', async () => {
    const repo = await hooked();
    repo.write('a.eyaml', `a: ${values.both}\n`);
    const { status, stderr } = git(repo, 'commit', '-qam', 'two');
    expect(status).toBe(1);
    expect(stderr).toContain('Bob <bob@example.com>');
    expect(git(repo, 'commit', '-qam', 'two', '--no-verify').status).toBe(0);
  });

  test('pre-commit lets a commit with warnings pass, and one without eyaml', async () => {
    const repo = await hooked();
    repo.write('a.eyaml', `a: ${values.alice}\nb: 1\nb: 2\n`);
    const warned = git(repo, 'commit', '-qam', 'two');
    expect({ status: warned.status, stderr: warned.stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('duplicate-key') as string,
    });
    const hook = '.git/hooks/pre-commit';
    repo.write(hook, repo.read(hook).replaceAll(`'${COMMAND.at(-1)}'`, "'/nonexistent'"));
    repo.write('a.eyaml', `a: ${values.both}\n`);
    expect(git(repo, 'commit', '-qam', 'three').status).toBe(0);
  });

  /** A branch with a value for alice, and one where bob is a recipient too. */
  async function branched(): Promise<Repository> {
    const repo = await hooked();
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.eyaml', `# more\na: ${values.alice}\n`);
    repo.commit('side');
    repo.git('checkout', '-q', 'main');
    repo.write('hiera-eyaml-gpg.recipients', recipientLine('alice') + recipientLine('bob'));
    repo.write('a.eyaml', `a: ${values.both}\n`);
    repo.write('b.eyaml', `b: ${values.both}\n`);
    repo.commit('bob');
    repo.git('checkout', '-q', '-b', 'other', 'HEAD~1');
    repo.write('c.eyaml', `c: ${values.alice}\n`);
    repo.commit('other');
    return repo;
  }

  test.each([
    ['a merge', ['merge', '-q', '-m', 'm', 'main']],
    ['a rebase', ['rebase', '-q', 'main']],
  ])('%s names the values whose readers are not those of today, and is not stopped', async (_, args) => {
    const repo = await branched();
    const { status, stdout, stderr } = git(repo, ...args);
    expect(status).toBe(0);
    expect(stdout + stderr).toMatch(new RegExp(WARNING.source.replaceAll('a\\.eyaml', 'c\\.eyaml')));
    expect((stdout + stderr).match(/warning:/g)).toHaveLength(1);
  });

  test('a fast-forward and a cherry-pick do so too', async () => {
    const repo = await branched();
    repo.git('checkout', '-q', '-b', 'stale', 'main');
    repo.write('a.eyaml', `a: ${values.alice}\n`);
    repo.git('commit', '-qam', 'stale', '--no-verify');
    repo.git('checkout', '-q', 'main');
    const forward = git(repo, 'merge', '-q', 'stale');
    expect(forward.stdout + forward.stderr).toMatch(WARNING);
    const picked = git(repo, 'cherry-pick', 'other');
    expect(picked.status).toBe(0);
    expect(picked.stdout + picked.stderr).toContain('eyaml recrypt c.eyaml');
  });

  test('where values cannot be checked, a merge goes on', async () => {
    const repo = await branched();
    mkdirSync(path.join(repo.home, '.eyaml'));
    writeFileSync(path.join(repo.home, '.eyaml/config.yaml'), 'gpg_trust: nonsense\n');
    const { status, stderr } = git(repo, 'merge', '-q', '-m', 'm', 'main');
    expect(status).toBe(0);
    expect(stderr).toContain('warning: the readers of merged values were not checked: ');
  });
});
