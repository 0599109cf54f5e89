import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openGit } from '../../src/git/git.js';
import { gitTop, leadsIntoRepository, outerGitTop } from '../../src/git/top.js';
import { eyaml } from '../helpers/cli.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';
import { hasPeer } from '../helpers/peers.js';

const ENVIRONMENT = { PATH: process.env.PATH, HOME: '/nonexistent' };
const ME = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@x', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@x' };
const MARKER = 'a: DEC::GPG[x]!\n';

let top: string;
const at = (name: string) => path.join(top, name);
const write = (name: string, text: string) => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
};
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: top, env: { ...ENVIRONMENT, ...ME }, stdio: 'pipe' }).toString();

/** Makes a program that tells, by a file it writes, that it was run. */
function canary() {
  const file = at('.git/canary-ran');
  const program = path.join(scratchFolder(), 'canary');
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${file}'\ncat >/dev/null\n`, { mode: 0o755 });
  return { program, trace: () => (existsSync(file) ? readFileSync(file, 'utf8') : '') };
}

const check = (cwd = top, env: Record<string, string> = {}) =>
  eyaml(['check', '--staged', '--format', 'json'], { cwd, env });
const filesFound = (stdout: string) =>
  [...new Set((JSON.parse(stdout) as { findings: { file: string }[] }).findings.map(({ file }) => file))].sort();

describe.skipIf(!hasPeer('git'))('git', () => {
  beforeEach(() => {
    top = scratchFolder();
    git('init', '-q');
    write('a.yaml', 'a: 1\n');
    git('add', '-A');
    git('commit', '-qm', 'x');
    write('a.yaml', MARKER);
    git('add', '-A');
  });

  describe('check --staged runs no program that the repository names:', () => {
    const SETTINGS = [
      ...['core.fsmonitor', 'core.pager', 'core.sshCommand', 'core.askPass', 'core.editor', 'core.gitProxy'],
      ...[
        'diff.external',
        'diff.x.command',
        'diff.x.textconv',
        'filter.x.clean',
        'filter.x.smudge',
        'filter.x.process',
      ],
      ...['gpg.program', 'credential.helper', 'interactive.diffFilter', 'pager.diff-index', 'pager.cat-file'],
    ];
    const ALIASES = ['alias.diff-index', 'alias.rev-parse', 'alias.cat-file', 'alias.hash-object'];

    test('a setting, an attribute or an alias', async () => {
      const { program, trace } = canary();
      for (const name of SETTINGS) git('config', name, `${program} ${name}`);
      for (const name of ALIASES) git('config', name, `!${program} ${name}`);
      write('.git/info/attributes', '* diff=x filter=x\n');
      const { code, stdout } = await check();
      expect(filesFound(stdout)).toEqual(['a.yaml']);
      expect({ code, trace: trace() }).toEqual({ code: 1, trace: '' });
    });

    test('a file that the configuration includes', async () => {
      const { program, trace } = canary();
      write('.git/more', `[core]\n\tfsmonitor = ${program}\n\tpager = ${program}\n[diff]\n\texternal = ${program}\n`);
      git('config', 'include.path', 'more');
      expect((await check()).code).toBe(1);
      expect(trace()).toBe('');
    });

    test('a hook, where hooks are or where core.hooksPath says', async () => {
      const { program, trace } = canary();
      const hooks = scratchFolder();
      mkdirSync(at('.git/hooks'), { recursive: true });
      for (const hook of ['post-index-change', 'fsmonitor-watchman', 'reference-transaction', 'post-checkout']) {
        for (const folder of [hooks, at('.git/hooks')])
          writeFileSync(path.join(folder, hook), readFileSync(program), { mode: 0o755 });
      }
      expect((await check()).code).toBe(1);
      git('config', 'core.hooksPath', hooks);
      expect((await check()).code).toBe(1);
      expect(trace()).toBe('');
    });

    test('the canary does run when git is asked plainly', () => {
      const { program, trace } = canary();
      git('config', 'core.fsmonitor', program);
      git('status');
      expect(trace()).toContain('canary');
    });
  });

  test('a repository planted in the tree as plain files is not taken for the repository', async () => {
    const { program, trace } = canary();
    execFileSync('git', ['init', '-q', '--bare', at('odd')]);
    write('odd/config', `[core]\n\tbare = false\n\tworktree = ${top}\n\tfsmonitor = ${program}\n`);
    write('odd/b.yaml', MARKER);
    git('add', '-A');
    expect(filesFound((await check(at('odd'))).stdout)).toEqual(['../a.yaml', 'b.yaml']);
    expect(trace()).toBe('');
    const alone = scratchFolder();
    execFileSync('git', ['init', '-q', '--bare', alone]);
    expect(await check(alone)).toMatchObject({
      code: 1,
      stderr: 'error: the current folder is not in a git repository [FILE_UNREADABLE]\n',
    });
    expect((await eyamlErrorOf(() => openGit(alone, process.env))).message).toBe(`${alone} is not in a git repository`);
  });

  test('nothing is fetched when an object is missing from a partial clone', async () => {
    const { program, trace } = canary();
    git('commit', '-qm', 'y');
    const object = git('rev-parse', 'HEAD:a.yaml').trim();
    git('reset', '-q', '--soft', 'HEAD^');
    execFileSync('rm', ['-f', at(`.git/objects/${object.slice(0, 2)}/${object.slice(2)}`)]);
    git('config', 'core.repositoryFormatVersion', '1');
    git('config', 'extensions.partialClone', 'origin');
    git('config', 'remote.origin.promisor', 'true');
    git('config', 'remote.origin.url', 'ssh://localhost/nowhere');
    git('config', 'remote.origin.uploadpack', program);
    for (const url of ['ssh://localhost/nowhere', at('elsewhere'), `ext::${program}`]) {
      git('config', 'remote.origin.url', url);
      git('config', 'protocol.allow', 'always');
      const { stdout } = await check(top, { GIT_SSH_COMMAND: program });
      expect(stdout).toContain('git cat-file failed');
    }
    expect(trace()).toBe('');
  });

  test('git on a relative entry of PATH is not run', async () => {
    const { program, trace } = canary();
    write('git', readFileSync(program, 'utf8'));
    execFileSync('chmod', ['755', at('git')]);
    for (const PATH of ['.', '']) {
      const { code } = await check(top, { PATH: `${PATH}:${process.env.PATH ?? ''}` });
      expect({ code, trace: trace() }).toEqual({ code: 1, trace: '' });
    }
    expect((await eyamlErrorOf(() => openGit(top, { PATH: '.' }))).message).toBe('there is no git on PATH');
  });

  test('the index that a hook names is the one that is checked', async () => {
    git('commit', '-qm', 'y');
    write('b.yaml', MARKER);
    execFileSync('git', ['add', 'b.yaml'], { cwd: top, env: { ...ENVIRONMENT, GIT_INDEX_FILE: at('.git/other') } });
    expect(filesFound((await check(top, { GIT_INDEX_FILE: '.git/other', GIT_DIR: '.git' })).stdout)).toEqual([
      'b.yaml',
    ]);
    expect((await check()).code).toBe(0);
  });

  test('no file is passed over for a setting, for its strange name, or for a link before it', async () => {
    for (const setting of ['diff.relative', 'diff.noPrefix', 'core.quotePath']) git('config', setting, 'true');
    mkdirSync(at('sub'));
    write('ä "x"\n.yaml', MARKER);
    execFileSync('ln', ['-s', 'a.yaml', at(':1 100644 0 0 M')]);
    git('add', '-A');
    expect(filesFound((await check(at('sub'))).stdout)).toEqual(['../a.yaml', '../ä "x"\n.yaml']);
  });

  test('before the first commit, and when a link became a file, the file is checked', async () => {
    top = scratchFolder();
    git('init', '-q');
    execFileSync('ln', ['-s', '/nonexistent', at('a.yaml')]);
    git('add', '-A');
    expect((await check()).code).toBe(0);
    git('commit', '-qm', 'x');
    execFileSync('rm', [at('a.yaml')]);
    write('a.yaml', MARKER);
    git('add', '-A');
    expect(filesFound((await check()).stdout)).toEqual(['a.yaml']);
  });
});

describe('where a repository begins', () => {
  beforeEach(() => {
    top = scratchFolder();
    mkdirSync(at('.git'));
    mkdirSync(at('modules/one/deep'), { recursive: true });
    write('modules/one/.git', 'gitdir: ../../.git/modules/one\n');
  });

  test('is the nearest folder with a .git, and for a submodule there is one around it', async () => {
    expect(await gitTop(at('modules'))).toBe(top);
    expect(await gitTop(at('modules/one/deep'))).toBe(at('modules/one'));
    expect(await outerGitTop(at('modules/one/deep'))).toBe(top);
    expect(await outerGitTop(at('modules'))).toBe(top);
  });

  test('a linked work tree with nothing around it is a repository too', async () => {
    const alone = scratchFolder();
    writeFileSync(path.join(alone, '.git'), 'gitdir: /elsewhere\n');
    expect(await outerGitTop(alone)).toBe(alone);
  });

  test('a path leads into it by links, and when it is not there yet', async () => {
    const outside = scratchFolder();
    execFileSync('ln', ['-s', at('modules/new'), path.join(outside, 'link')]);
    execFileSync('ln', ['-s', outside, at('out')]);
    execFileSync('ln', ['-s', 'loop', path.join(outside, 'loop')]);
    const leads = (file: string) => leadsIntoRepository(file, at('modules/one/deep'));
    for (const file of [top, at('x'), at('x/y/z'), path.join(outside, 'link'), path.join(outside, 'link/x/y')])
      expect(await leads(file)).toBe(true);
    for (const file of [outside, path.join(outside, 'x'), at('out'), at('out/x'), path.dirname(top)])
      expect(await leads(file)).toBe(false);
    expect(await leads(path.join(outside, 'loop'))).toBe(true);
  });
});
