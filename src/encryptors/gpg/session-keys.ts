import type { Keystore, OwnSubkey } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Pkesk } from '../../openpgp/packets.js';
import type { PublicNumbers } from '../../openpgp/public-numbers.js';
import { readSessionKey, unpadPkcs1, unwrapEcdh, type SessionKey } from '../../openpgp/session-key.js';

/** Recovers the session key of a message with a key of the user's own; undefined if the key does not match. */
export type OpenSessionKey = (subkey: OwnSubkey, pkesk: Pkesk) => Promise<SessionKey | undefined>;

type OwnNumbers = ReadonlyMap<Fingerprint, PublicNumbers>;

/** Makes an {@link OpenSessionKey}. Each of the user's keys is loaded once. */
export function createOpenSessionKey(keystore: Keystore): OpenSessionKey {
  const ownNumbers = new Map<Fingerprint, Promise<OwnNumbers>>();
  const known = (primary: Fingerprint) => {
    const numbers = ownNumbers.get(primary) ?? loadOwnNumbers(keystore, primary);
    ownNumbers.set(primary, numbers);
    return numbers;
  };
  return async (subkey, { fields }) => {
    if (fields === undefined) return undefined;
    const [{ form, octets }, ofKey] = await Promise.all([
      keystore.unwrap(subkey, fields),
      fields.kind === 'ecdh' ? known(subkey.primaryFingerprint) : undefined,
    ]);
    if (form === 'bare') return readSessionKey(octets);
    if (form === 'pkcs1' || fields.kind !== 'ecdh') return unpadPkcs1(octets);
    const numbers = ofKey?.get(subkey.fingerprint);
    return numbers?.kind === 'ecdh' ? unwrapEcdh(octets, fields.wrapped, numbers.parameters) : undefined;
  };
}

async function loadOwnNumbers(keystore: Keystore, primary: Fingerprint): Promise<OwnNumbers> {
  const exported = keystore.exportKeys([primary]);
  const { readKeyNumbers } = await import('../../openpgp/key-numbers.js');
  return readKeyNumbers(await exported);
}
