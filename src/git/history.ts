import { EyamlError } from '../errors.js';
import type { Git } from './git.js';
import { partsOf } from './output.js';
import { readSettings } from './settings.js';

/** A file that a commit changed. What is not a regular file there, such as a link, counts as no file. */
export interface Change {
  /** From the top folder, with slashes. */
  readonly path: string;
  /** The path it had before, if it was renamed. */
  readonly oldPath?: string;
  /** The object that held its content before; none for a new file. In a merge, that of the first parent. */
  readonly before?: string | undefined;
  /** Of a merge: the objects of the other parents. */
  readonly otherBefore?: readonly (string | undefined)[];
  /** The object that holds its content; none for a deleted file. */
  readonly after?: string | undefined;
}

/** A commit, and what it changed. */
export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string };
  /** When it was written, as the author's clock says: ISO 8601 with the zone; `unknown` where git cannot read it, such as before 1970. */
  readonly date: string;
  /** The first line of its message. */
  readonly subject: string;
  /** Of a merge: the files whose content is that of none of its parents. */
  readonly changes: readonly Change[];
}

/** Which part of the history is read. */
export interface HistoryOptions {
  /** Where it ends: names of commits, or every branch and tag. By default HEAD. */
  readonly revisions?: readonly string[] | 'all';
  /** Patterns of files, as git reads them; {@link pathspecOf} makes one of a path. By default all files. */
  readonly paths?: readonly string[];
  /** Whether the one path is also followed to the names that it had before. */
  readonly follow?: boolean;
  /**
   * Whether branches are read whose changes did not last; else those count that explain the content of today. Every commit then comes before its
   * parents, whatever the clocks said, and a renamed file has its old path.
   */
  readonly full?: boolean;
  /** Only merges, each once for every parent in which one of the files differs, with the changes from that parent. */
  readonly merges?: boolean;
  /** Only commits after a date, which git reads. */
  readonly since?: string | undefined;
}

// Nothing that the configuration names may change what is read, or run. Names and addresses are what the commits say: a .mailmap could
// give a commit to somebody else.
const RAW = [
  ...['--raw', '--no-abbrev', '-z', '--root', '-O/dev/null', '--no-relative', '--no-ext-diff', '--no-textconv'],
  ...['--no-color', '--no-mailmap', '--no-notes', '--no-show-signature', '--encoding=UTF-8'],
  '--format=%H%x00%P%x00%an%x00%ae%x00%aI%x00%s',
];

/**
 * Reads the history of a repository, the newest commit first, with one run of git. Of commits that changed none of the files nothing is
 * said. A repository without commits has none.
 *
 * @throws `EyamlError` `FILE_UNREADABLE` when git fails, such as for a revision that does not exist; `USAGE` for a date that is none.
 */
export async function* readHistory(
  git: Git,
  { revisions, paths = [], follow = false, full = false, merges = false, since }: HistoryOptions = {},
): AsyncGenerator<Commit, void, undefined> {
  if (revisions === undefined && !(await hasCommits(git))) return;
  if (since !== undefined) await checkDate(git, since);
  // In a partial clone git may not have what it would compare.
  const similar = full && (await isPartial(git)) ? '--find-renames=100%' : '--find-renames';
  const chosen = [
    ...(merges ? ['-m', '--merges'] : ['-c']),
    ...(follow ? ['--follow'] : full ? [similar, '-l1000'] : ['--no-renames']),
    ...(full || merges ? ['--full-history', '--date-order'] : []),
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(revisions === 'all' ? ['--all'] : ['--end-of-options', ...(revisions ?? ['HEAD'])]),
  ];
  const output = git.stream('', 'log', ...RAW, ...chosen, '--', ...paths);
  const reader = createCommitReader();
  // While it follows a file, git also names merges that did not change it.
  const isAbout = ({ changes }: Commit) => paths.length === 0 || changes.length > 0;
  for await (const fields of partsOf(output, 0)) {
    for (const field of fields) {
      const commit = reader.read(field);
      if (commit && isAbout(commit)) yield commit;
    }
  }
  const last = reader.end();
  if (last && isAbout(last)) yield last;
}

// What is no date, git log takes for the current time, and finds nothing.
async function checkDate(git: Git, date: string): Promise<void> {
  const { code } = await git.ask('-c', `eyaml.date=${date}`, 'config', '--type=expiry-date', 'eyaml.date');
  if (code === 0) return;
  throw new EyamlError('USAGE', 'git cannot read the date', { suggestions: ["such as 2026-01-31 or '2 weeks ago'"] });
}

/** Whether HEAD names a commit: in a new repository it does not. */
export async function hasCommits(git: Git): Promise<boolean> {
  return (await git.ask('rev-parse', '--quiet', '--verify', 'HEAD^{commit}')).code === 0;
}

/** Whether older commits were left out when the repository was cloned. */
export async function isShallow(git: Git): Promise<boolean> {
  return (await git.run('rev-parse', '--is-shallow-repository')).toString().trim() === 'true';
}

/** Whether the objects of older commits were left out when the repository was cloned, to be fetched when they are needed. */
export async function isPartial(git: Git): Promise<boolean> {
  return (await readSettings(git, PARTIAL)).length > 0;
}

const PARTIAL = String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`;

/** The pattern that stands for one path from the top folder, whatever characters it has. */
export function pathspecOf(path: string): string {
  return `:(top,literal)${path}`;
}

const HEAD_FIELDS = 6;

/**
 * Makes commits of the fields of `git log --raw -z`: those of {@link RAW}, then for each file `:MODES OBJECTS STATUS` and its path, or two
 * paths. Between the two comes an empty field or a line end.
 */
function createCommitReader() {
  let head: string[] = [];
  let changes: Change[] = [];
  let raw: string | undefined;
  let oldPath: string | undefined;
  const take = (): Commit | undefined => {
    const [id, parents = '', name = '', email = '', given = '', subject = ''] = head;
    // Git prints the placeholder then.
    const date = given.startsWith('%') ? 'unknown' : given;
    const commit =
      id === undefined ? undefined : { id, parents: split(parents), author: { name, email }, date, subject };
    const result = commit && { ...commit, changes };
    [head, changes] = [[], []];
    return result;
  };
  const read = (field: string): Commit | undefined => {
    if (raw !== undefined) {
      if (oldPath === undefined && hasTwoPaths(raw)) oldPath = field;
      else {
        changes.push(...changeOf(raw, field, oldPath));
        raw = oldPath = undefined;
      }
      return undefined;
    }
    if (head.length > 0 && head.length < HEAD_FIELDS) head.push(field);
    else if (/^\n?:/.test(field)) raw = field.trimStart();
    else if (field !== '') {
      const commit = take();
      head.push(field);
      return commit;
    }
    return undefined;
  };
  return { read, end: take };
}

function split(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ');
}

// Of a merge only the last name is given.
function hasTwoPaths(raw: string): boolean {
  return !raw.startsWith('::') && /[RC]\d+$/.test(raw);
}

// A colon, modes and objects for each parent and for the commit, and the status.
function changeOf(raw: string, path: string, oldPath: string | undefined): readonly Change[] {
  const colons = raw.lastIndexOf(':') + 1;
  const words = raw.slice(colons).split(' ');
  const blobs = Array.from({ length: colons + 1 }, (_, i) =>
    words[i]?.startsWith('100') === true ? words[colons + 1 + i] : undefined,
  );
  const after = blobs.pop();
  const [before, ...otherBefore] = blobs;
  if (after === undefined && blobs.every((blob) => blob === undefined)) return [];
  const more = { ...(oldPath !== undefined && { oldPath }), ...(otherBefore.length > 0 && { otherBefore }) };
  return [{ path, before, after, ...more }];
}
