import { abridged } from '../../text/abridged.js';
import { groupBy } from '../../text/group-by.js';
import type { Column } from '../../verbs/recipients/matrix/columns.js';
import type { Difference, Standing } from '../../verbs/recipients/matrix/differences.js';
import type { Matrix, MatrixRow } from '../../verbs/recipients/matrix/matrix.js';
import type { ValuePlace } from '../../verbs/recipients/matrix/tally.js';
import type { PersonsKey } from '../../verbs/recipients/person.js';
import { count } from '../plan-text.js';
import { expiryText } from '../recipients-text.js';

/** A key by its owner's name, or by what is known of it. */
export function nameOf({ id, key }: Column): string {
  return key?.userId ?? `key ID ${id}`;
}

/** Until when a key is valid. */
export function expiryOf(key: PersonsKey): string {
  return key.validity === 'r' ? 'revoked' : expiryText(key);
}

/** What can be said of values that do not name their readers, each method once. */
export function othersText(rows: readonly MatrixRow[]): readonly string[] {
  const all = rows.flatMap(({ path, otherMethods }) =>
    Array.from(otherMethods, ([tag, number]) => ({ path, tag, number })),
  );
  return Array.from(
    groupBy(all, ({ tag }) => tag),
    ([tag, group]) => {
      const number = group.reduce((sum, one) => sum + one.number, 0);
      const { shown, more } = abridged(group.map(({ path }) => path));
      const where = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
      const who =
        tag === 'PKCS7' ? 'everybody with that private key can read them' : 'they do not say who can read them';
      return `${count(number, 'value')} of ${tag} in ${where}: ${who}`;
    },
  );
}

/** What else is to say of readers who have no column. */
export function remarksOf({ hidden, doubtful, password }: Difference): readonly string[] {
  return [
    ...(hidden === 0 ? [] : [`${count(hidden, 'hidden recipient')}: nobody can tell who it is`]),
    ...doubtful.map((id) => `the key ID ${id} is there twice or cannot be encrypted for: it may hide another reader`),
    ...(password ? ['a password can open it'] : []),
  ];
}

/** A key with all that tells it from others, and its expiry. */
export function aboutKey(column: Column): string {
  const { id, key } = column;
  return key ? `${key.userId} (${id}), ${expiryOf(key)}` : `${nameOf(column)}: no such key is known`;
}

/** Where a value is. */
export function placeText({ file, line, keyPath }: ValuePlace): string {
  return [`${file}:${line}`, keyPath].filter(Boolean).join(': ');
}

const MEANINGS: readonly (readonly [Standing, string])[] = [
  ['missing', 'is a recipient, but cannot read some values'],
  ['extra', 'can read some values, but is not a recipient'],
  ['unsure', 'nobody can tell whether this is a recipient who can read all values'],
  ['unusable', 'is a recipient, but nothing can be encrypted for this key now'],
];

/** What the marks and words mean that are in a matrix, if that is not the usual case. */
export function meaningsIn({ rows }: Matrix): typeof MEANINGS {
  const found = new Set(rows.flatMap(({ standings }) => [...standings.values()]));
  return MEANINGS.filter(([standing]) => found.has(standing));
}

/** What else is to say of a row. */
export function notesOf(row: MatrixRow): readonly string[] {
  const problems = [row.problem, ...row.people.map(({ problem }) => problem), ...row.unread];
  return [
    ...problems.flatMap((problem) => problem?.message ?? []),
    ...othersText([row]),
    ...row.damaged.map(({ file, line }) => `damaged value: ${file}:${line}`),
  ];
}

/** What the matrix says in one line. */
export function summaryOf({ rows }: Matrix): string {
  const total = rows.reduce((sum, row) => sum + row.values, 0);
  if (total === 0) return 'no GPG values';
  const differing = rows.flatMap((row) => row.differing).reduce((sum, { places }) => sum + places.length, 0);
  if (differing === 0) return `${count(total, 'GPG value')}: their readers are the recipients`;
  return `${count(total, 'GPG value')}: the readers of ${differing} are not, or may not be, the recipients; eyaml recrypt re-encrypts them`;
}
