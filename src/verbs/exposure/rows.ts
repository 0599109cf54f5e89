import type { Commit } from '../../git/history.js';
import { WILDCARD_KEY_ID } from '../../openpgp/identifiers.js';
import type { Person } from './people.js';
import type { Event, Secret } from './secrets.js';
import type { Place, Today, Where } from './today.js';
import type { Value } from './values.js';

/** A commit for reports. */
export interface Point {
  readonly commit: string;
  readonly date: string;
  readonly author: string;
}

/** A secret that people could read. */
export interface Row {
  readonly secret: Secret;
  /** Who could; nobody is certain where the readers are hidden. */
  readonly people: readonly Person[];
  /** The values that they could read, those of the newest commit last. */
  readonly readable: readonly Value[];
  /** Those of the newest commit that has any. */
  readonly newest: readonly Value[];
  /** The first and last commit that wrote a value which they could read; undefined if it is older than what was read, or not committed. */
  readonly first: Point | undefined;
  readonly last: Point | undefined;
  /** The numbers of these commits. */
  readonly span: readonly [number, number];
  /** Who changed it last. */
  readonly changedBy: string | undefined;
  /** Where it is today. */
  readonly places: readonly Place[];
}

/**
 * Finds the secrets that any of the people could read, one row for each. A value with a hidden recipient counts if nothing better is known.
 *
 * @param isRead - whether what is there today counts, even if no commit that was read has put it there.
 */
export function rowsFor(
  people: readonly Person[],
  secrets: readonly Secret[],
  today: Today,
  isRead: (where: Where) => boolean,
): readonly Row[] {
  const readersOf = createReadersOf(people);
  const placesOf = placesBySecret(today);
  const rows = secrets.flatMap((secret) => {
    const places = placesOf.get(secret) ?? [];
    const events = withToday(secret, places, isRead);
    const row = (isReadable: (value: Value) => boolean) => rowOf({ secret, events, places, isReadable, readersOf });
    return row((value) => readersOf(value).length > 0) ?? row(isHidden) ?? [];
  });
  const keyed = new Set(rows.flatMap(({ secret, readable }) => (secret.key === null ? [] : readable)));
  // Where a version of a file was not YAML for a while, its values had no keys.
  return rows.filter(({ secret, readable }) => secret.key !== null || !readable.every((value) => keyed.has(value)));
}

/** The name and address of who wrote a commit, with its name and date. */
export function pointOf(commit: Commit | undefined): Point | undefined {
  return commit && { commit: commit.id, date: commit.date, author: `${commit.author.name} <${commit.author.email}>` };
}

/** Whether nobody can tell who can read a value. */
export function isHidden({ readers }: Value): boolean {
  return readers?.includes(WILDCARD_KEY_ID) === true;
}

/** The places of secrets today. */
export function placesBySecret(today: Today): ReadonlyMap<Secret, readonly Place[]> {
  const found = new Map<Secret, Place[]>();
  for (const place of today.places()) {
    const places = found.get(place.secret) ?? [];
    places.push(place);
    found.set(place.secret, places);
  }
  return found;
}

function createReadersOf(people: readonly Person[]): (value: Value) => readonly Person[] {
  const known = new Map<Value, readonly Person[]>();
  return (value) => {
    const found =
      known.get(value) ?? people.filter(({ keyIds }) => value.readers?.some((reader) => keyIds.has(reader)));
    known.set(value, found);
    return found;
  };
}

// What no commit that was read has put there is older than these, or is only on disk.
function withToday({ events }: Secret, places: readonly Place[], isRead: (where: Where) => boolean): readonly Event[] {
  const known = new Set(events.flatMap(({ values }) => values));
  const older = places
    .filter(({ where }) => where.some(isRead))
    .filter(({ values }) => !values.every((value) => known.has(value)))
    .map(({ values }): Event => ({ commit: undefined, order: 0, values }));
  return [...older, ...events];
}

interface Looked {
  readonly secret: Secret;
  readonly events: readonly Event[];
  readonly places: readonly Place[];
  readonly isReadable: (value: Value) => boolean;
  readonly readersOf: (value: Value) => readonly Person[];
}

function rowOf({ secret, events, places, isReadable, readersOf }: Looked): Row | undefined {
  const found = events.filter(({ values }) => values.some(isReadable));
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const readable = [...new Set(found.flatMap(({ values }) => values.filter(isReadable)))];
  return {
    secret,
    people: [...new Set(readable.flatMap(readersOf))],
    readable,
    newest: last.values.filter(isReadable),
    first: pointOf(first.commit),
    last: pointOf(last.commit),
    span: [first.order, last.order],
    changedBy: pointOf(events.at(-1)?.commit)?.author,
    places,
  };
}
