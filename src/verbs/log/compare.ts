import type { KeyPath } from '../../eyaml/key-path.js';
import { isSameSlot, keyOf, type Slot, type Version } from './version.js';

/** A key at which a version differs from each of its parents. */
export interface Difference {
  readonly key: string | null;
  /** What stood there in the parents that had it. */
  readonly before: readonly Slot[];
  readonly after: Slot | undefined;
}

/** Which keys count: one, and all below it. */
export type Wanted = (path: KeyPath) => boolean;

/**
 * Finds how a version of a file differs from its parents: of a merge, only what is in none of them. Where a version is not YAML, keys cannot
 * be compared, and what differs is one difference without a key.
 */
export function differencesOf(after: Version, parents: readonly Version[], isWanted: Wanted): readonly Difference[] {
  const all = [after, ...parents];
  if (!all.every(({ isYaml }) => isYaml)) return wholeDifference(after, parents);
  const keys = new Set([...parents, after].flatMap(({ slots }) => [...slots.keys()]));
  return [...keys].flatMap((key) => {
    const now = after.slots.get(key);
    const before = parents.map(({ slots }) => slots.get(key));
    const path = [now, ...before].find((slot) => slot !== undefined)?.path ?? [];
    if (before.some((slot) => isSameSlot(slot, now)) || !isWanted(path)) return [];
    return [{ key: keyOf({ path }), before: before.filter((slot) => slot !== undefined), after: now }];
  });
}

function wholeDifference(after: Version, parents: readonly Version[]): readonly Difference[] {
  const whole = (version: Version): Slot => {
    const parts = [...version.slots.values()].flatMap(({ parts }) => parts.filter((part) => typeof part !== 'string'));
    return { path: [], parts };
  };
  const now = whole(after);
  const before = parents.map(whole);
  return before.some((slot) => isSameSlot(slot, now)) ? [] : [{ key: null, before, after: now }];
}
