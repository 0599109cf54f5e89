import path from 'node:path';
import type { Context } from '../../context/context.js';
import { LIMITS } from '../../files/read.js';
import { realPathOf } from '../../files/snapshot.js';
import { readBlobs } from '../../git/blobs.js';
import { openGit } from '../../git/git.js';
import { pathspecOf, readHistory, type Commit } from '../../git/history.js';
import { readLines, RECIPIENTS_FILE } from '../../recipients/file.js';
import { keysMeant } from '../../recipients/resolve.js';
import { CONFIGURATION_FILE } from '../../recipients/rule.js';
import { isRecipientByForm, parseSpec, searchTermOf } from '../../recipients/spec.js';
import { targetIn } from './show.js';

/** A commit that changed who may read. */
export interface LoggedCommit {
  readonly commit: Commit;
  readonly files: readonly LoggedFile[];
}

/** What a commit changed in one file. */
export interface LoggedFile {
  /** From the top folder. */
  readonly path: string;
  readonly kind: 'changed' | 'new' | 'deleted';
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Gives the commits that changed recipients files or rules, the newest first: those of a whole repository, or those that concern a
 * folder or file.
 *
 * @throws `EyamlError` `FILE_UNREADABLE` outside git.
 */
export async function* logRecipients(
  given: string,
  context: Context,
  environment: NodeJS.ProcessEnv,
): AsyncGenerator<LoggedCommit, void, undefined> {
  const target = await realPathOf(await targetIn(given));
  const git = await openGit(path.dirname(target), environment);
  const top = await realPathOf(git.top);
  const names = [...(await context.recordOf(top)).files.keys()];
  const named = names.filter((name) => !name.startsWith('../') && !name.endsWith(RECIPIENTS_FILE));
  const patterns = ['*.recipients', CONFIGURATION_FILE].map((name) => `:(top,glob)**/${name}`);
  const folder = path.dirname(target);
  const concerns = (name: string) => {
    const at = path.resolve(top, name.endsWith(CONFIGURATION_FILE) ? path.dirname(name) : name);
    const around = path.dirname(at);
    return (
      around === folder ||
      folder.startsWith(withSlash(around)) ||
      around.startsWith(withSlash(folder)) ||
      named.includes(name)
    );
  };
  for await (const commit of readHistory(git, { paths: [...patterns, ...named.map(pathspecOf)] })) {
    const changes = commit.changes.filter((one) => concerns(one.path));
    const texts = new Map<string, string>();
    const objects = changes.flatMap(({ before, after }) => [before, after]).filter((one) => one !== undefined);
    await readBlobs(git, [...new Set(objects)], LIMITS.recipients, (one, octets) => texts.set(one, octets.toString()));
    const textOf = (object: string | undefined) => (object === undefined ? '' : (texts.get(object) ?? ''));
    const files = changes.flatMap(({ path: name, before, after }): LoggedFile | readonly [] => {
      const read = name.endsWith(CONFIGURATION_FILE) ? ruleLines : recipientLines;
      const [old, now] = [read(textOf(before)), read(textOf(after))];
      const [added, removed] = [without(now, old), without(old, now)];
      if (added.length + removed.length === 0 && before !== undefined && after !== undefined) return [];
      if (name.endsWith(CONFIGURATION_FILE) && old.length + now.length === 0) return [];
      const kind = before === undefined ? 'new' : after === undefined ? 'deleted' : 'changed';
      return { path: name, kind, added, removed };
    });
    if (files.length > 0) yield { commit, files: await withNames(files, top, context) };
  }
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

function recipientLines(text: string): readonly string[] {
  return readLines(text).flatMap(({ spec }) => (spec === '' ? [] : [spec]));
}

// From `rules:` to the next key at the margin.
function ruleLines(text: string): readonly string[] {
  const rules = /^rules:[^\n]*\n(?:(?:[ \t-].*)?\n?)*/m.exec(text)?.[0] ?? '';
  return rules
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  return lines.filter((line) => !others.includes(line));
}

// The owner of each key that is known. A line that does not look like a recipient may be a secret in the wrong file.
async function withNames(
  files: readonly LoggedFile[],
  top: string,
  { keystore }: Context,
): Promise<readonly LoggedFile[]> {
  const specs = files.flatMap(({ path: name, added, removed }) => (isList(name) ? [...added, ...removed] : []));
  const keys = await keystore.search(
    specs.flatMap((spec) => searchTermOf(parseSpec(spec)) ?? []),
    path.join(top, '.eyaml/public-keys'),
  );
  const shown = (spec: string) => {
    const [key, ...others] = keysMeant(spec, keys, keystore);
    const text = isRecipientByForm(parseSpec(spec)) ? spec : 'a line that does not look like a recipient';
    const name = key && others.length === 0 ? ` (${key.userIds[0]?.text ?? 'no user ID'})` : '';
    return `${key && name ? spec : text}${name}`;
  };
  return files.map((file) =>
    isList(file.path) ? { ...file, added: file.added.map(shown), removed: file.removed.map(shown) } : file,
  );
}

function isList(name: string): boolean {
  return !name.endsWith(CONFIGURATION_FILE);
}
