import type { Git } from './git.js';
import { createReader, partsOf } from './output.js';

/**
 * Reads objects of a repository, in their order, those that are missing or larger than `limit` left out, and gives each to `visit`, with its
 * name. Git is started for all of them together, and one is in the memory at a time: `visit` may be a promise, which is waited for.
 *
 * @throws `EyamlError` `FILE_UNREADABLE`.
 */
export async function readBlobs(
  git: Git,
  objects: readonly string[],
  limit: number,
  visit: (object: string, octets: Buffer) => unknown,
): Promise<void> {
  const wanted = await blobsUpTo(git, objects, limit);
  if (wanted.length === 0) return;
  const output = createReader(git.stream(lines(wanted), 'cat-file', '--batch', '--buffer'));
  // git cat-file --batch: `OBJECT TYPE SIZE`, a line end, the content, a line end.
  for (let head = await output.line(); head !== undefined; head = await output.line()) {
    const [object = '', type, size] = head.split(' ');
    if (type !== 'blob') continue;
    await visit(object, await output.take(Number(size)));
    await output.take(1);
  }
}

/**
 * The objects that are in the repository. In a partial clone git would fetch the others, or fail, as soon as it is asked for one of them.
 *
 * @throws `EyamlError` `FILE_UNREADABLE`.
 */
export async function presentAmong(git: Git, objects: readonly string[]): Promise<readonly string[]> {
  const present = new Set<string>();
  const wanted = new Set(objects);
  const all = git.stream('', 'cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objectname)');
  for await (const names of partsOf(all, 0x0a)) for (const name of names) if (wanted.has(name)) present.add(name);
  return objects.filter((object) => present.has(object));
}

async function blobsUpTo(git: Git, objects: readonly string[], limit: number): Promise<readonly string[]> {
  if (objects.length === 0) return [];
  const format = '--batch-check=%(objectname) %(objecttype) %(objectsize)';
  const wanted: string[] = [];
  for await (const heads of partsOf(git.stream(lines(objects), 'cat-file', format), 0x0a)) {
    for (const head of heads) {
      const [object = '', type, size] = head.split(' ');
      if (type === 'blob' && Number(size) <= limit) wanted.push(object);
    }
  }
  return wanted;
}

function lines(objects: readonly string[]): string {
  return objects.map((object) => `${object}\n`).join('');
}
