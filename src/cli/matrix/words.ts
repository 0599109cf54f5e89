import { abridged } from '../../text/abridged.js';
import { groupBy } from '../../text/group-by.js';
import type { Column } from '../../verbs/recipients/matrix/columns.js';
import type { Difference } from '../../verbs/recipients/matrix/differences.js';
import type { MatrixRow } from '../../verbs/recipients/matrix/matrix.js';
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
