import type { Drift, ReaderId } from '../../../encryptors/encryptor.js';
import { groupBy } from '../../../text/group-by.js';
import type { Governed } from '../show.js';
import type { Owners } from './columns.js';
import type { Row } from './rows.js';
import type { ValuePlace } from './tally.js';

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

/**
 * What a key can read: `reader`, all values that the list says; `missing`, not all of them; `extra`, some values though it is not in the
 * list; `unusable`, it is in the list and nothing can be encrypted for it now; `unsure`, nobody can tell.
 */
export type Standing = 'reader' | 'missing' | 'extra' | 'unusable' | 'unsure';

/** What the keys of columns can read; a column that is not there can read nothing. */
export type Standings = ReadonlyMap<string, Standing>;

/** Values that differ in the same way. */
export interface Differing {
  readonly difference: Difference;
  readonly standings: Standings;
  readonly places: readonly ValuePlace[];
}

/** The values of a row that differ, with the keys of their readers. */
export function differingIn({ governed, tally }: Row, owners: Owners): readonly Differing[] {
  const all = Array.from(tally.differing, ([drift, places]) => ({
    drift,
    places,
    difference: fromDrift(drift, owners),
  }));
  const groups = groupBy(all, ({ difference }) => JSON.stringify(difference));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { difference, drift } = first;
    const standings = standingsIn(difference, drift, { governed, owners });
    return [{ difference, standings, places: group.flatMap(({ places }) => places) }];
  });
}

function fromDrift({ missing, extra, hidden, repeated, mislabelled, password }: Drift, owners: Owners): Difference {
  return {
    missing: missing.map(({ fingerprint }) => fingerprint),
    extra: [...new Set(extra.map((id) => columnOf(id, owners)))],
    doubtful: [...new Set([...repeated, ...mislabelled])],
    ...{ hidden, password },
  };
}

function columnOf(id: ReaderId, owners: Owners): string {
  return owners.get(id)?.primaryKey.fingerprint ?? id;
}

function standingsIn(
  { missing, hidden, doubtful }: Difference,
  { extra }: Drift,
  { governed, owners }: { readonly governed: Governed; readonly owners: Owners },
): Standings {
  const standings = new Map<string, Standing>();
  for (const { key } of governed.people) if (key) standings.set(key.fingerprint, 'reader');
  const listed = new Set(standings.keys());
  // A reader without a name may be them.
  for (const id of missing) standings.set(id, hidden > 0 || doubtful.length > 0 ? 'unsure' : 'missing');
  for (const id of extra) {
    const column = columnOf(id, owners);
    const stranger = governed.list.mayMean(owners.get(id)) ? 'unsure' : 'extra';
    // Of a key in the list, one copy may have a subkey that another lacks.
    standings.set(column, listed.has(column) ? 'reader' : stranger);
  }
  return standings;
}

const STRONGEST: readonly Standing[] = ['unusable', 'extra', 'missing', 'unsure', 'reader'];

/** What keys can read of all values that follow a list: what is wrong with any of them counts. */
export function standingsOf({ people }: Pick<Governed, 'people'>, differing: readonly Differing[]): Standings {
  const standings = new Map<string, Standing>();
  const usable = new Set(people.flatMap(({ key, problem }) => (key && !problem ? key.fingerprint : [])));
  for (const { key } of people)
    if (key) standings.set(key.fingerprint, usable.has(key.fingerprint) ? 'reader' : 'unusable');
  for (const one of differing)
    for (const id of [...one.difference.missing, ...one.difference.extra]) {
      const [known, found] = [standings.get(id) ?? 'reader', one.standings.get(id) ?? 'reader'];
      standings.set(id, STRONGEST.indexOf(found) < STRONGEST.indexOf(known) ? found : known);
    }
  return standings;
}
