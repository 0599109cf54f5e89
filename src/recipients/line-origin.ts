import path from 'node:path';
import { LIMITS } from '../files/read.js';
import { realPathOf } from '../files/snapshot.js';
import { readBlobs } from '../git/blobs.js';
import { openGit, type Git } from '../git/git.js';
import { pathspecOf, readHistory, type Change, type Commit } from '../git/history.js';
import { signatureVerdict } from '../git/verdict.js';
import { readLines } from './file.js';

/** Where lines of recipients files come from. */
export type LineOrigin = (file: string, spec: string) => Promise<string | undefined>;

/** Finds the commit that brought a line of a recipients file, in words; undefined where git cannot tell. */
export function createLineOrigin(environment: NodeJS.ProcessEnv): LineOrigin {
  return async (file, spec) => {
    try {
      const realPath = await realPathOf(file);
      const git = await openGit(path.dirname(realPath), environment);
      const name = path
        .relative(await realPathOf(git.top), realPath)
        .split(path.sep)
        .join('/');
      return await originOf(git, name, spec, environment);
    } catch {
      return undefined;
    }
  };
}

async function originOf(
  git: Git,
  name: string,
  spec: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  let isFirst = true;
  for await (const commit of readHistory(git, { paths: [pathspecOf(name)] })) {
    const change = commit.changes.find((one) => one.path === name);
    if (change === undefined) continue;
    const { before, after } = await specsOf(git, change);
    if (isFirst && !after.has(spec)) return 'not committed yet';
    isFirst = false;
    if (after.has(spec) && !before.has(spec))
      return commitText(commit, await signatureVerdict(git, commit.id, environment));
  }
  return isFirst ? 'not committed yet' : undefined;
}

/** The recipients in a file before and after a commit. */
export async function specsOf(git: Git, { before, after, otherBefore = [] }: Change) {
  const texts = new Map<string, string>();
  const objects = [before, after, ...otherBefore].filter((one) => one !== undefined);
  await readBlobs(git, [...new Set(objects)], LIMITS.recipients, (object, octets) =>
    texts.set(object, octets.toString()),
  );
  const specs = (object: string | undefined) =>
    readLines((object === undefined ? undefined : texts.get(object)) ?? '').flatMap(({ spec }) =>
      spec === '' ? [] : [spec],
    );
  return { before: new Set([before, ...otherBefore].flatMap(specs)), after: new Set(specs(after)) };
}

/** A commit on one line. */
export function commitText({ id, date, author }: Commit, verdict: string): string {
  return `commit ${id.slice(0, 10)} ${date.slice(0, 10)} ${author.name} <${author.email}>, ${verdict}`;
}
