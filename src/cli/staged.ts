import path from 'node:path';
import { openGit, type CheckedFile, type Git } from '../index.js';

/** The files that are staged in git, with the content that git would commit; links and submodules are passed over. */
export async function stagedFiles(pattern: RegExp): Promise<readonly CheckedFile[]> {
  const git = await openGit(process.cwd(), process.env);
  const raw = await git.run(
    ...['diff-index', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', '--diff-filter=AMT'],
    ...['--no-ext-diff', '--no-textconv', '--no-relative', await lastCommit(git), '--'],
  );
  return entriesOf(raw.toString())
    .filter(({ name, isRegular }) => isRegular && pattern.test(name))
    .map(({ name, object }) => ({
      file: path.relative(process.cwd(), path.join(git.top, name)),
      // Not git show, which would convert it as the repository says.
      read: () => git.run('cat-file', 'blob', object),
    }));
}

// Before the first commit everything is new.
async function lastCommit(git: Git): Promise<string> {
  const isThere = await git.run('rev-parse', '--quiet', '--verify', 'HEAD^{commit}').then(
    () => true,
    () => false,
  );
  return isThere ? 'HEAD' : (await git.run('hash-object', '-t', 'tree', '--stdin')).toString().trim();
}

// git diff-index, raw output format: `:OLDMODE MODE OLDOBJECT OBJECT STATUS`, a NUL, the name, a NUL.
function entriesOf(raw: string) {
  const fields = raw.split('\0');
  return fields.flatMap((header, i) => {
    if (i % 2 === 1 || header === '') return [];
    const [, mode = '', , object = ''] = header.split(' ');
    return [{ name: fields[i + 1] ?? '', object, isRegular: mode.startsWith('100') }];
  });
}
