import path from 'node:path';
import { loadAsPuppet } from '../../eyaml/document.js';
import { LIMITS, readLimited } from '../../files/read.js';
import { realPathOf } from '../../files/snapshot.js';
import { isAnybodys } from '../../files/whose.js';
import { fileIn } from './target.js';

const NAME = 'hiera.yaml';

/** Finds the nearest hiera.yaml: in the target's folder or above it. One that another user could have put there does not count. */
export async function findHieraFile(target: string): Promise<string | undefined> {
  let folder = path.dirname(await realPathOf(await fileIn(target)));
  for (;;) {
    const candidate = path.join(folder, NAME);
    const read = await readLimited(candidate, { limit: LIMITS.configuration });
    const isThere = 'octets' in read || !read.fault.isAbsent;
    if (isThere && !(await isAnybodys(candidate))) return candidate;
    if (path.dirname(folder) === folder) return undefined;
    folder = path.dirname(folder);
  }
}

/** A hiera.yaml that was read, or why it could not be. */
export type HieraFile = { readonly content: Readonly<Record<string, unknown>> } | { readonly reason: string };

/** Reads a hiera.yaml as Puppet does. */
export async function readHieraFile(file: string): Promise<HieraFile> {
  const read = await readLimited(file, { limit: LIMITS.configuration });
  if ('fault' in read) return { reason: `cannot be read: ${read.fault.reason}` };
  const content = recordOf(await loadAsPuppet(read.octets.toString()));
  return content === undefined ? { reason: 'is not a YAML mapping' } : { content };
}

/** A mapping of a loaded YAML text; undefined for anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
