import type { KeyPart, Keystore } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { PublicNumbers } from '../../openpgp/public-numbers.js';

/** A (sub)key, and the key that it belongs to. */
export interface PartOfKey {
  readonly part: Pick<KeyPart, 'fingerprint' | 'body'>;
  readonly primary: Fingerprint;
}

/** The public numbers of (sub)keys, by fingerprint; those that cannot be read are left out. Keys are exported only where that is needed. */
export async function numbersFor(
  parts: readonly PartOfKey[],
  keystore: Pick<Keystore, 'exportKeys'>,
): Promise<ReadonlyMap<Fingerprint, PublicNumbers>> {
  const { numbersOf, readKeyNumbers } = await import('../../openpgp/key-numbers.js');
  const known = new Map<Fingerprint, PublicNumbers>();
  for (const { part } of parts) {
    const numbers = part.body && numbersOf(part.fingerprint, part.body);
    if (numbers) known.set(part.fingerprint, numbers);
  }
  const unknown = new Set(parts.flatMap(({ part, primary }) => (known.has(part.fingerprint) ? [] : [primary])));
  if (unknown.size === 0) return known;
  return new Map([...readKeyNumbers(await keystore.exportKeys([...unknown])), ...known]);
}
