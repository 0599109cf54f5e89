import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Keystore, PublicKey, SearchTerm, Validity } from '../keystore.js';
import type { Pair } from './pair.js';

/** Makes the search in two stores: the first answers, the second adds the keys that the first does not have. */
export function createSearch({ first, second, settle, fromFirst }: Pair): Keystore['search'] {
  return async (terms, keysFolder) => {
    const [asked, other] = await Promise.all([
      fromFirst(first.search(terms, keysFolder)),
      second.search(terms, keysFolder),
    ]);
    // A key that a term finds only in the second store may be a copy of a key that the first store knows, perhaps as revoked.
    const [known, copies] = await Promise.all([
      fromFirst(first.search(hexTerms(without(other, asked)), keysFolder)),
      second.search(hexTerms(without(asked, other)), keysFolder),
    ]);
    const ofFirst = [...asked, ...without(known, asked)];
    const ofSecond = [...other, ...copies];
    const added = without(other, ofFirst);
    for (const key of ofFirst) settle(primaryOf(key), first);
    for (const key of added) settle(primaryOf(key), second);
    return [...ofFirst.map((key) => withRevocationsOf(key, ofSecond)), ...added];
  };
}

function primaryOf({ primaryKey }: PublicKey): Fingerprint {
  return primaryKey.fingerprint;
}

function without(keys: readonly PublicKey[], others: readonly PublicKey[]): readonly PublicKey[] {
  const known = new Set(others.map(primaryOf));
  return keys.filter((key) => !known.has(primaryOf(key)));
}

function hexTerms(keys: readonly PublicKey[]): readonly SearchTerm[] {
  return keys.map((key) => ({ kind: 'hex', hex: primaryOf(key) }));
}

// A revocation of a key or subkey counts in either store: only the key's owner could create it. That of a user ID does not, since a
// newer signature may have withdrawn it.
function withRevocationsOf(key: PublicKey, copies: readonly PublicKey[]): PublicKey {
  const copy = copies.find((candidate) => primaryOf(candidate) === primaryOf(key));
  const asRevoked = <T extends { readonly validity: Validity }>(part: T): T => ({ ...part, validity: 'r' });
  const revoked = new Set(
    copy && [copy.primaryKey, ...copy.subkeys].filter(isRevoked).map(({ fingerprint }) => fingerprint),
  );
  const { primaryKey, subkeys, userIds, disabled } = key;
  if (revoked.has(primaryKey.fingerprint)) {
    const parts = {
      primaryKey: asRevoked(primaryKey),
      subkeys: subkeys.map(asRevoked),
    };
    return { ...parts, userIds: userIds.map(asRevoked), disabled };
  }
  return {
    ...key,
    subkeys: subkeys.map((part) => (revoked.has(part.fingerprint) ? asRevoked(part) : part)),
  };
}

function isRevoked({ validity }: { readonly validity: Validity }): boolean {
  return validity === 'r';
}
