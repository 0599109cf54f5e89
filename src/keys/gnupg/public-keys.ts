import type { Fingerprint, KeyId } from '../../openpgp/identifiers.js';
import type { KeyHints, Keystore } from '../keystore.js';
import type { KeyringKey } from './colons.js';
import { takesEveryKey } from './gpg-conf.js';
import type { Gpg } from './gpg.js';
import { exportPublicKeys, listAllKeys, listPublicKeys } from './keyring.js';
import { once } from './once.js';

/** What a keystore does with public keys alone. */
export interface PublicKeys extends Pick<Keystore, 'search' | 'lookAgain' | 'hints' | 'exportKeys'> {
  /** The keys with the given key IDs, if earlier searches found one for each ID. */
  readonly found: (keyIds: readonly KeyId[]) => readonly KeyringKey[] | undefined;
}

/** Makes {@link PublicKeys} of the keyring. `checked` makes sure that the GnuPG home can be used. */
export function createPublicKeys(gpg: Gpg, checked: () => Promise<void>): PublicKeys {
  let everyKey = once(() => listAllKeys(gpg));
  const everyKeyIsTaken = once(() => takesEveryKey(gpg));
  let isTrustUnknown = false;
  const found = new Map<KeyId, KeyringKey>();
  return {
    search: async (terms) => {
      await checked();
      const keys = await listPublicKeys(gpg, terms, everyKey);
      isTrustUnknown ||= keys.some(isOfUnknownValidity) && (await everyKeyIsTaken());
      for (const key of keys) for (const { keyId } of [key.primaryKey, ...key.subkeys]) found.set(keyId, key);
      return keys;
    },
    found: (keyIds) => (keyIds.every((keyId) => found.has(keyId)) ? distinct(keyIds, found) : undefined),
    lookAgain: () => {
      found.clear();
      everyKey = once(() => listAllKeys(gpg));
    },
    hints: (primary) => (isTrustUnknown ? { ...hints(primary), trust: SAYS_ALWAYS } : hints(primary)),
    exportKeys: (fingerprints) => exportPublicKeys(gpg, fingerprints),
  };
}

function distinct(keyIds: readonly KeyId[], found: ReadonlyMap<KeyId, KeyringKey>): readonly KeyringKey[] {
  return [...new Set(keyIds.flatMap((keyId) => found.get(keyId) ?? []))];
}

// The user configured this for gpg, not for eyaml.
const SAYS_ALWAYS =
  'gpg.conf sets "trust-model always", so GnuPG does not say which keys it trusts: remove that line, or use --gpg-always-trust';

function isOfUnknownValidity({ userIds }: KeyringKey): boolean {
  return userIds.every(({ validity }) => ['-', 'o', 'q'].includes(validity));
}

function hints(primaryFingerprint?: Fingerprint): KeyHints {
  const which = primaryFingerprint ?? 'FINGERPRINT';
  return {
    place: 'GnuPG',
    add: 'import it: gpg --import FILE',
    renew: 'then import the new copy: gpg --import FILE',
    trust: `compare the fingerprint with its owner, then: gpg --quick-sign-key ${which} (or, for yourself alone, gpg --quick-lsign-key ${which})`,
    own: '"gpg --list-secret-keys" shows your keys: import yours, insert your smart card, or name the right --gpg-gnupghome',
  };
}
