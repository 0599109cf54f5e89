import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openGit } from '../../src/git/git.js';
import { isShallow, pathspecOf, readHistory, type Commit, type HistoryOptions } from '../../src/git/history.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';
import { createRepository, type Repository } from '../helpers/repository.js';

async function historyOf({ top, env }: Pick<Repository, 'top' | 'env'>, options: HistoryOptions = {}) {
  const commits: Commit[] = [];
  for await (const commit of readHistory(await openGit(top, env), options)) commits.push(commit);
  return commits;
}

const subjects = (commits: readonly Commit[]) => commits.map(({ subject }) => subject);

describe('the history of a repository', () => {
  test('has each commit, the newest first, with what it changed', async () => {
    const repo = createRepository();
    repo.write('a.eyaml', 'one\n');
    const first = repo.commit('first');
    repo.write('a.eyaml', 'two\n');
    repo.write('odd "name"\n\tü.yaml', 'x\n');
    const second = repo.commit('second: ü');
    const blob = (at: string, file: string) => repo.git('rev-parse', `${at}:${file}`).trim();
    expect(await historyOf(repo)).toEqual([
      {
        id: second,
        parents: [first],
        author: { name: 'Ann', email: 'ann@example.com' },
        date: '2026-01-01T00:02:00+00:00',
        subject: 'second: ü',
        changes: [
          { path: 'a.eyaml', before: blob(first, 'a.eyaml'), after: blob(second, 'a.eyaml') },
          { path: 'odd "name"\n\tü.yaml', before: undefined, after: blob(second, 'odd "name"\n\tü.yaml') },
        ],
      },
      expect.objectContaining({
        id: first,
        parents: [],
        changes: [{ path: 'a.eyaml', before: undefined, after: blob(first, 'a.eyaml') }],
      }),
    ]);
  });

  test('has deleted files, and commits without a subject or a change', async () => {
    const repo = createRepository();
    repo.write('a.eyaml', 'one\n');
    repo.commit('add');
    unlinkSync(path.join(repo.top, 'a.eyaml'));
    repo.commit('delete');
    repo.git('commit', '-q', '--allow-empty', '--allow-empty-message', '-m', '');
    const [empty, deleted] = await historyOf(repo);
    expect(empty).toMatchObject({ subject: '', changes: [] });
    expect(deleted?.changes).toEqual([{ path: 'a.eyaml', before: expect.any(String) as string, after: undefined }]);
  });

  test('has commits whose dates git cannot read', async () => {
    const repo = createRepository();
    repo.commit('add');
    const commit = (date: string) =>
      `tree ${repo.git('rev-parse', 'HEAD^{tree}')}author Ann <ann@example.com> ${date}\ncommitter Ann <ann@example.com> ${date}\n\nold\n`;
    for (const [date, read] of [
      ['-86400 +0000', 'unknown'],
      ['nonsense', 'unknown'],
      ['86400 +0100', '1970-01-02T01:00:00+01:00'],
    ] as const) {
      repo.write('commit', commit(date));
      const id = repo.git('hash-object', '-t', 'commit', '-w', '--literally', 'commit').trim();
      const [found] = await historyOf(repo, { revisions: [id] });
      expect(found).toMatchObject({ id, date: read, subject: 'old' });
    }
  });

  test('a link is no file, also where it takes the place of one', async () => {
    const repo = createRepository();
    symlinkSync('/etc/passwd', path.join(repo.top, 'link.eyaml'));
    repo.write('a.eyaml', 'one\n');
    repo.commit('add');
    unlinkSync(path.join(repo.top, 'a.eyaml'));
    symlinkSync('link.eyaml', path.join(repo.top, 'a.eyaml'));
    repo.commit('replace');
    const [replaced, added] = await historyOf(repo);
    expect(added?.changes.map(({ path }) => path)).toEqual(['a.eyaml']);
    expect(replaced?.changes).toEqual([{ path: 'a.eyaml', before: added?.changes[0]?.after, after: undefined }]);
  });

  test('of some files only has commits that changed them, and of one file also its old names', async () => {
    const repo = createRepository();
    repo.write('old.eyaml', 'a line\n'.repeat(20));
    repo.commit('add');
    repo.write('b.yaml', 'x\n');
    repo.commit('other');
    repo.git('mv', 'old.eyaml', 'new*.eyaml');
    repo.commit('rename');
    const paths = [pathspecOf('new*.eyaml')];
    expect(subjects(await historyOf(repo, { paths }))).toEqual(['rename']);
    const [renamed, added, ...none] = await historyOf(repo, { paths, follow: true });
    expect(renamed?.changes).toMatchObject([{ path: 'new*.eyaml', oldPath: 'old.eyaml' }]);
    expect(added?.changes).toMatchObject([{ path: 'old.eyaml', before: undefined }]);
    expect(none).toEqual([]);
    expect(subjects(await historyOf(repo, { paths: ['*.yaml'] }))).toEqual(['other']);
    expect(await historyOf(repo, { paths: [pathspecOf('new1.eyaml')] })).toEqual([]);
  });

  test('of merges alone has the changes from every parent, also where the merge took the file of another', async () => {
    const repo = createRepository();
    repo.write('a.eyaml', 'base\n');
    const base = repo.commit('base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.eyaml', 'side\n');
    const side = repo.commit('side');
    repo.git('checkout', '-q', 'main');
    repo.write('b.eyaml', 'main\n');
    const main = repo.commit('main');
    repo.git('merge', '-q', '--no-ff', '-s', 'ours', '-m', 'ours', 'side');
    const blob = (at: string) => repo.git('rev-parse', `${at}:a.eyaml`).trim();
    const merges = await historyOf(repo, { merges: true, paths: [pathspecOf('a.eyaml')] });
    expect(merges).toMatchObject([
      { parents: [main, side], changes: [{ path: 'a.eyaml', before: blob(side), after: blob(base) }] },
    ]);
    const all = await historyOf(repo, { merges: true });
    expect(all.map(({ subject, changes }) => [subject, ...changes.map(({ path }) => path)])).toEqual([
      ['ours', 'a.eyaml', 'b.eyaml'],
    ]);
  });

  test('of a merge has only what is in none of the parents', async () => {
    const repo = createRepository();
    const lines = ['1', '2', '3', '4', '5', '6', '7', '8'];
    const text = (first: string, last: string) => [first, ...lines, last, ''].join('\n');
    repo.write('a.eyaml', text('a', 'z'));
    repo.commit('base');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.eyaml', text('a', 'SIDE'));
    repo.write('side.eyaml', 'side\n');
    const side = repo.commit('side');
    repo.git('checkout', '-q', 'main');
    repo.write('a.eyaml', text('MAIN', 'z'));
    const main = repo.commit('main');
    repo.git('merge', '-q', '-m', 'merge', 'side');
    const [merge, ...others] = await historyOf(repo);
    const blob = (at: string) => repo.git('rev-parse', `${at}:a.eyaml`).trim();
    expect(merge?.parents).toEqual([main, side]);
    expect(merge?.changes).toEqual([
      { path: 'a.eyaml', before: blob(main), otherBefore: [blob(side)], after: blob('HEAD') },
    ]);
    expect(subjects(others).sort()).toEqual(['base', 'main', 'side']);
  });

  test('ends where it is told to, and may be that of all branches', async () => {
    const repo = createRepository();
    repo.write('a.eyaml', '1\n');
    repo.commit('one');
    repo.git('checkout', '-q', '-b', 'side');
    repo.write('a.eyaml', '2\n');
    repo.commit('two');
    repo.git('checkout', '-q', 'main');
    expect(subjects(await historyOf(repo))).toEqual(['one']);
    expect(subjects(await historyOf(repo, { revisions: 'all' }))).toEqual(['two', 'one']);
    expect(subjects(await historyOf(repo, { revisions: ['main..side'] }))).toEqual(['two']);
    expect(subjects(await historyOf(repo, { revisions: 'all', since: '2026-01-01T00:01:30Z' }))).toEqual(['two']);
  });

  test('is empty before the first commit; a revision that does not exist is an error, and no option', async () => {
    const repo = createRepository();
    expect(await historyOf(repo)).toEqual([]);
    repo.commit('one');
    for (const revision of ['nothing', '--output=stolen'])
      expect(await eyamlErrorOf(() => historyOf(repo, { revisions: [revision] }))).toMatchObject({
        code: 'FILE_UNREADABLE',
      });
    expect(existsSync(path.join(repo.top, 'stolen'))).toBe(false);
  });

  test('of a shallow clone is known to be incomplete', async () => {
    const repo = createRepository();
    repo.commit('one');
    repo.commit('two');
    const clone = path.join(scratchFolder(), 'clone');
    repo.git('clone', '-q', '--depth', '1', `file://${repo.top}`, clone);
    expect(await isShallow(await openGit(repo.top, repo.env))).toBe(false);
    expect(await isShallow(await openGit(clone, repo.env))).toBe(true);
    expect(subjects(await historyOf({ top: clone, env: repo.env }))).toEqual(['two']);
  });

  test('runs nothing that the repository names, and believes no .mailmap, replacement or setting', async () => {
    const repo = createRepository();
    const trace = path.join(repo.home, 'ran');
    const program = path.join(repo.home, 'program');
    writeFileSync(program, `#!/bin/sh\necho "$0 $*" >>'${trace}'\ncat >/dev/null\n`, { mode: 0o755 });
    repo.write('.gitattributes', '* diff=x filter=x\n');
    repo.write('.mailmap', 'Mallory <mallory@example.com> <ann@example.com>\n');
    repo.write('a.eyaml', '1\n');
    repo.commit('one');
    repo.write('a.eyaml', '2\n');
    repo.commit('two');
    for (const name of ['diff.x.textconv', 'diff.x.command', 'diff.external', 'gpg.program', 'core.pager', 'pager.log'])
      repo.git('config', name, program);
    for (const [name, value] of [
      ['log.showSignature', 'true'],
      ['log.showRoot', 'false'],
      ['log.mailmap', 'true'],
      ['format.pretty', 'oneline'],
      ['diff.renames', 'copies'],
      ['diff.orderFile', 'a.eyaml'],
      ['log.date', 'relative'],
    ] as const)
      repo.git('config', name, value);
    expect(await historyOf(repo)).toMatchObject([
      { subject: 'two', author: { email: 'ann@example.com' }, changes: [{ path: 'a.eyaml' }] },
      { subject: 'one', changes: [{}, {}, {}] },
    ]);
    expect(existsSync(trace)).toBe(false);
    // The programs do run when git is asked plainly.
    execFileSync('git', ['log', '-p'], { cwd: repo.top, env: { ...repo.env, GIT_PAGER: 'cat' }, stdio: 'pipe' });
    expect(existsSync(trace)).toBe(true);
  });

  test('that nobody wants to read to its end is not', async () => {
    const repo = createRepository();
    for (let i = 0; i < 5; i += 1) repo.commit(`${i}`);
    for await (const { subject } of readHistory(await openGit(repo.top, repo.env))) {
      expect(subject).toBe('4');
      break;
    }
  });
});
