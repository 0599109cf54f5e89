import path from 'node:path';
import { realPathOf } from '../files/snapshot.js';
import { gitTop } from '../git/top.js';

/**
 * Where a file is: its real path first, and then, if a link in a work tree leads there, its place in that tree, where other people may
 * read. A push can put a link in place of a file or folder.
 *
 * @param file - need not exist.
 */
export async function placesOf(file: string): Promise<readonly [string, ...string[]]> {
  const [real, named] = [await realPathOf(file), path.resolve(file)];
  const linked = new Set<string>();
  let top = real === named ? undefined : await gitTop(path.dirname(named));
  while (top !== undefined) {
    // Links on the way to the work tree are not in it.
    linked.add(path.join(await realPathOf(top), path.relative(top, named)));
    const parent = path.dirname(top);
    top = parent === top ? undefined : await gitTop(parent);
  }
  linked.delete(real);
  return [real, ...linked];
}
