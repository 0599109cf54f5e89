import { groupBy } from '../../text/group-by.js';
import { createFindEnd, type FindEnd } from './ended.js';
import { digestOfValues, type Finding } from './finding.js';
import type { MergesReader } from './merges.js';
import type { Plaintexts, Sameness } from './plaintexts.js';
import type { Row } from './rows.js';
import { onlyOn, type Place, type Today } from './today.js';

/**
 * Finds out what became of secrets: the plaintexts that people could read are compared with all that are in use today, wherever they stand. A
 * plaintext that stands in several places is one finding.
 */
export async function judgeRows(
  rows: readonly Row[],
  today: Today,
  plaintexts: Plaintexts,
  merges: MergesReader,
): Promise<readonly Finding[]> {
  const places = today.places();
  await plaintexts.open([...rows.flatMap(({ readable }) => readable), ...places.flatMap(({ values }) => values)]);
  const using = createUsing(places, plaintexts);
  const findEnd = createFindEnd(rows, plaintexts, merges);
  const judged = await Promise.all(
    rows.map(async (row): Promise<Finding | readonly Exposed[]> => {
      const known = new Set(row.readable.map(plaintexts.samenessOf));
      const used = [...known].filter((sameness) => using(sameness).length > 0);
      if (used.length === 0) return judgeUnused(row, known, plaintexts, findEnd);
      return row.people.length === 0 ? unknown(row, HIDDEN, plaintexts) : used.map((sameness) => ({ row, sameness }));
    }),
  );
  const findings = judged.flatMap((one) => ('file' in one ? [one] : []));
  const exposed = judged.flatMap((one) => ('file' in one ? [] : one));
  const bySameness = groupBy(exposed, ({ sameness }) => sameness);
  const inUse = [...bySameness].map(([sameness, group]) => {
    const rows = group.map(({ row }) => row);
    return exposedFinding(rows, using(sameness), plaintexts);
  });
  return [...findings, ...inUse];
}

/** A secret whose plaintext is in use. */
interface Exposed {
  readonly row: Row;
  readonly sameness: Sameness;
}

const HIDDEN = 'its recipients are hidden: nobody can tell who could read it';

/** A row as a finding, before values are compared. */
export function findingOf(row: Row): Finding {
  const { secret, people, places, first, last, changedBy, newest } = row;
  const { file, key } = secret;
  const digest = digestOfValues(newest);
  return { state: undefined, file, key, people, places, first, last, changedBy, digest, uncompared: 0 };
}

function createUsing(places: readonly Place[], { samenessOf }: Plaintexts): (sameness: Sameness) => readonly Place[] {
  const bySameness = new Map<Sameness, Set<Place>>();
  for (const place of places) {
    for (const sameness of place.values.map(samenessOf)) {
      const found = bySameness.get(sameness) ?? new Set();
      bySameness.set(sameness, found.add(place));
    }
  }
  return (sameness) => merged([...(bySameness.get(sameness) ?? [])]);
}

// A branch may have the same plaintext at the same key, encrypted otherwise: what is checked out stands for both.
function merged(places: readonly Place[]): readonly Place[] {
  const groups = groupBy(places, ({ file, key }) => JSON.stringify([file, key]));
  return [...groups.values()].flatMap((group) => {
    const first = group.find((place) => onlyOn(place).length === 0) ?? group[0];
    return first ? [{ ...first, where: group.flatMap(({ where }) => where) }] : [];
  });
}

function exposedFinding(rows: readonly Row[], places: readonly Place[], plaintexts: Plaintexts): Finding {
  const isThere = ({ secret }: Row) => places.some((place) => place.secret === secret);
  const row = rows.find(isThere) ?? rows[0];
  if (row === undefined) throw new TypeError('a finding without a row');
  const first = rows.reduce((one, other) => (other.span[0] < one.span[0] ? other : one), row);
  const last = rows.reduce((one, other) => (other.span[1] > one.span[1] ? other : one), row);
  return {
    ...findingOf(row),
    state: 'exposed',
    people: [...new Set(rows.flatMap(({ people }) => people))],
    places,
    first: first.first,
    last: last.last,
    uncompared: uncomparedIn(row, plaintexts),
  };
}

/** The state of a secret whose plaintexts, as far as they are known, are not in use. */
async function judgeUnused(
  row: Row,
  known: ReadonlySet<Sameness>,
  plaintexts: Plaintexts,
  findEnd: FindEnd,
): Promise<Finding> {
  const { newest, places } = row;
  const closed = [...newest, ...places.flatMap(({ values }) => values)].map(plaintexts.faultOf).find(Boolean);
  if (closed !== undefined) return unknown(row, closed, plaintexts);
  const state = places.length > 0 ? 'rotated' : 'removed';
  const ended = await findEnd(row, state, known);
  return { ...findingOf(row), state, ended, uncompared: uncomparedIn(row, plaintexts) };
}

function unknown(row: Row, why: string, plaintexts: Plaintexts): Finding {
  return { ...findingOf(row), state: 'unknown', why, uncompared: uncomparedIn(row, plaintexts) };
}

function uncomparedIn({ readable }: Row, { faultOf }: Plaintexts): number {
  return readable.filter((value) => faultOf(value) !== undefined).length;
}
