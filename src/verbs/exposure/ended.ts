import type { Merge, MergesReader } from './merges.js';
import type { Plaintexts, Sameness } from './plaintexts.js';
import { pointOf, type Point, type Row } from './rows.js';
import type { Value } from './values.js';

/** Finds the commit that ended the use of a secret; undefined if none did, such as where its branch was deleted. */
export type FindEnd = (
  row: Row,
  state: 'rotated' | 'removed',
  known: ReadonlySet<Sameness>,
) => Promise<Point | undefined>;

/** Makes a {@link FindEnd} for some rows. Merges are read when the first of them needs that, and then for all. */
export function createFindEnd(rows: readonly Row[], plaintexts: Plaintexts, readMerges: MergesReader): FindEnd {
  let merges: Promise<readonly Merge[]> | undefined;
  const allMerges = () => (merges ??= readMerges(new Set(rows.flatMap(({ secret }) => [...secret.files]))));
  return async (row, state, known) => {
    const isRotated = state === 'rotated';
    const isIn = async (values: readonly Value[]): Promise<boolean> => {
      if (!isRotated) return values.length > 0;
      await plaintexts.open(values);
      return values.some((value) => known.has(plaintexts.samenessOf(value)));
    };
    const ended = await changeOf(row, isIn, isRotated);
    return ended ?? (await mergeOf(row, isIn, await allMerges()));
  };
}

type IsIn = (values: readonly Value[]) => Promise<boolean>;

/** The oldest commit since which it was not there. What put nothing in its place did not rotate it. */
async function changeOf({ secret }: Row, isIn: IsIn, isRotated: boolean): Promise<Point | undefined> {
  let oldest: Point | undefined;
  for (const { commit, values } of secret.events.toReversed()) {
    if (isRotated && values.length === 0) continue;
    if (await isIn(values)) break;
    oldest = pointOf(commit);
  }
  return oldest;
}

/** The newest merge that did not take it: the commit that changed it may be older than one that still had it, on the other side. */
async function mergeOf({ secret }: Row, isIn: IsIn, merges: readonly Merge[]): Promise<Point | undefined> {
  for (const { commit, file, before, after } of merges) {
    if (!secret.files.has(file)) continue;
    const [old, now] = [before, after].map((contents) => contents.get(secret.key ?? '') ?? []);
    if (old && now && (await isIn(old)) && !(await isIn(now))) return pointOf(commit);
  }
  return undefined;
}
