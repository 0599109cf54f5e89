import type { Keystore, OwnSubkey } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Pkesk } from '../../openpgp/packets.js';
import { readSessionKey, unpadPkcs1, unwrapEcdh, type SessionKey } from '../../openpgp/session-key.js';
import { numbersFor } from './numbers.js';

/** Recovers the session key of a message with a key of the user's own; undefined if the key does not match. */
export type OpenSessionKey = (subkey: OwnSubkey, pkesk: Pkesk) => Promise<SessionKey | undefined>;

/** Makes an {@link OpenSessionKey}. The numbers of each of the user's keys are read once. */
export function createOpenSessionKey(keystore: Keystore): OpenSessionKey {
  const ownNumbers = new Map<Fingerprint, ReturnType<typeof numbersFor>>();
  const known = (subkey: OwnSubkey) => {
    const parts = [{ part: subkey, primary: subkey.primaryFingerprint }];
    const numbers = ownNumbers.get(subkey.fingerprint) ?? numbersFor(parts, keystore);
    ownNumbers.set(subkey.fingerprint, numbers);
    return numbers;
  };
  return async (subkey, { fields }) => {
    if (fields === undefined) return undefined;
    const [{ form, octets }, ofKey] = await Promise.all([
      keystore.unwrap(subkey, fields),
      fields.kind === 'ecdh' ? known(subkey) : undefined,
    ]);
    if (form === 'bare') return readSessionKey(octets);
    if (form === 'pkcs1' || fields.kind !== 'ecdh') return unpadPkcs1(octets);
    const numbers = ofKey?.get(subkey.fingerprint);
    return numbers?.kind === 'ecdh' ? unwrapEcdh(octets, fields.wrapped, numbers.parameters) : undefined;
  };
}
