import type { Context } from '../../context/context.js';
import type { Reader, ReaderId } from '../../encryptors/encryptor.js';
import { groupBy } from '../../text/group-by.js';
import { wantedIn } from './exposure.js';
import { targetsWithKeys } from './people.js';
import type { Value } from './values.js';
import { walk, type WalkOptions } from './walk.js';

/** Somebody whom values name as a reader. */
export interface KnownReader {
  readonly id: ReaderId;
  readonly reader: Reader | undefined;
  /** How many distinct values they could read. */
  readonly values: number;
}

/**
 * Lists all readers that values ever named, those of most values first.
 *
 * @param paths - as for `findExposure`.
 * @throws `EyamlError` as {@link walk} does.
 */
export async function listReaders(
  options: WalkOptions & { readonly paths: readonly string[] },
  context: Context,
): Promise<{ readonly readers: readonly KnownReader[]; readonly gaps: readonly string[] }> {
  const { secrets, today, gaps } = await walk(options, context);
  const isWanted = wantedIn(secrets.all(), options.paths);
  const wanted = secrets.all().filter(({ files }) => isWanted(files));
  const places = today.places().filter(({ secret }) => isWanted(secret.files));
  const values = [...wanted.flatMap(({ events }) => events.flatMap(({ values }) => values))];
  const distinct = new Set<Value>([...values, ...places.flatMap(({ values }) => values)]);
  const readers: KnownReader[] = [];
  const targets = await targetsWithKeys(options.top);
  for (const [tag, group] of groupBy(distinct, ({ tag }) => tag)) {
    const counts = new Map<ReaderId, number>();
    for (const { readers = [] } of group) for (const id of new Set(readers)) counts.set(id, (counts.get(id) ?? 0) + 1);
    const known = new Map<ReaderId, Reader>();
    for (const target of targets)
      for (const [id, reader] of (await context.encryptors.get(tag)?.whoReads([...counts.keys()], target)) ?? [])
        known.set(id, reader);
    for (const [id, count] of counts) readers.push({ id, reader: known.get(id), values: count });
  }
  return { readers: readers.toSorted((one, other) => other.values - one.values), gaps };
}
