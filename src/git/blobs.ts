import type { Git } from './git.js';

// What is asked for at once, in octets, so that a large repository does not fill the memory.
const AT_ONCE = 1 << 25;

/**
 * Reads objects of a repository, those that are larger than `limit` left out, and gives each to `visit`, with its name. Some are read at
 * once, so that git is not started for every object.
 *
 * @throws `EyamlError` `FILE_UNREADABLE`.
 */
export async function readBlobs(
  git: Git,
  objects: readonly string[],
  limit: number,
  visit: (object: string, octets: Buffer) => void,
): Promise<void> {
  const sizes = await git.runWith(
    lines(objects),
    'cat-file',
    '--batch-check=%(objectname) %(objecttype) %(objectsize)',
  );
  let group: string[] = [];
  let size = 0;
  const read = async () => {
    if (group.length > 0) split(await git.runWith(lines(group), 'cat-file', '--batch'), visit);
    group = [];
    size = 0;
  };
  for (const line of sizes.toString().split('\n')) {
    const [object = '', type, length] = line.split(' ');
    if (type !== 'blob' || Number(length) > limit) continue;
    if (size + Number(length) > AT_ONCE) await read();
    group.push(object);
    size += Number(length);
  }
  await read();
}

function lines(objects: readonly string[]): string {
  return objects.map((object) => `${object}\n`).join('');
}

// git cat-file --batch: `OBJECT TYPE SIZE`, a line end, the content, a line end.
function split(output: Buffer, visit: (object: string, octets: Buffer) => void): void {
  let at = 0;
  while (at < output.length) {
    const end = output.indexOf('\n', at);
    if (end === -1) return;
    const [object = '', , size] = output.toString('latin1', at, end).split(' ');
    const start = end + 1;
    visit(object, output.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
}
