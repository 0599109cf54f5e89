import type { Drift, ReaderId } from '../../../encryptors/encryptor.js';
import { groupBy } from '../../../text/group-by.js';
import type { Governed } from '../show.js';
import type { Column, Owners } from './columns.js';
import type { Tally, ValuePlace } from './tally.js';

/** How the readers of values differ from the recipients. The names of readers in a value are not authenticated (RFC 9580, section 5.1). */
export interface Difference {
  /** The columns of recipients who are not named as readers. */
  readonly missing: readonly string[];
  /** The columns of readers who are not recipients. */
  readonly extra: readonly string[];
  /** How many readers are hidden: each may be anybody. */
  readonly hidden: number;
  /** Key IDs that are there twice, or belong to a key that cannot encrypt: each may hide another reader. */
  readonly doubtful: readonly ReaderId[];
  /** Whether a password can open it too. */
  readonly password: boolean;
}

/** Values that differ in the same way. */
export interface Differing {
  readonly difference: Difference;
  readonly places: readonly ValuePlace[];
}

/** The values of a tally that differ, with the keys of their readers. */
export function differingIn({ differing }: Tally, owners: Owners): readonly Differing[] {
  const all = Array.from(differing, ([drift, places]) => ({ difference: fromDrift(drift, owners), places }));
  const groups = groupBy(all, ({ difference }) => JSON.stringify(difference));
  return [...groups.values()].flatMap((group) => {
    const difference = group[0]?.difference;
    return difference ? [{ difference, places: group.flatMap(({ places }) => places) }] : [];
  });
}

function fromDrift({ missing, extra, hidden, repeated, mislabelled, password }: Drift, owners: Owners): Difference {
  return {
    missing: missing.map(({ fingerprint }) => fingerprint),
    extra: [...new Set(extra.map((id) => owners.get(id)?.primaryKey.fingerprint ?? id))],
    doubtful: [...new Set([...repeated, ...mislabelled])],
    ...{ hidden, password },
  };
}

/**
 * What a key can read: `reader`, all values that the list says; `missing`, not all of them; `extra`, some values though it is not in the
 * list; `unusable`, it is in the list and nothing can be encrypted for it now; `unsure`, nobody can tell; `none`, nothing.
 */
export type Standing = 'reader' | 'missing' | 'extra' | 'unusable' | 'unsure' | 'none';

/** What a key can read of the values that differ in the same way. */
export function standingIn(difference: Difference, { people, list }: Governed, { id }: Column): Standing {
  if (people.some(({ key }) => key?.fingerprint === id)) {
    if (!difference.missing.includes(id)) return 'reader';
    // A reader without a name may be them.
    return difference.hidden > 0 || difference.doubtful.length > 0 ? 'unsure' : 'missing';
  }
  if (!difference.extra.includes(id)) return 'none';
  // A line that means no key, or several, may mean theirs.
  return list.isComplete ? 'extra' : 'unsure';
}

const STRONGEST: readonly Standing[] = ['extra', 'missing', 'unsure'];

/** What a key can read of all values of a row. */
export function standingOf(row: Governed & { readonly differing: readonly Differing[] }, column: Column): Standing {
  const lines = row.people.filter(({ key }) => key?.fingerprint === column.id);
  if (lines.length > 0 && lines.every(({ problem }) => problem !== undefined)) return 'unusable';
  const found = new Set(row.differing.map(({ difference }) => standingIn(difference, row, column)));
  return STRONGEST.find((standing) => found.has(standing)) ?? (lines.length > 0 ? 'reader' : 'none');
}
