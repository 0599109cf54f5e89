import type { Keystore, OwnSubkey } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { LoadedKey } from '../../openpgp/message.js';
import type { Pkesk } from '../../openpgp/packets.js';
import { readSessionKey, unpadPkcs1, unwrapEcdh, type SessionKey } from '../../openpgp/session-key.js';

/** Recovers the session key of a message with a key of the user's own; undefined if the key does not match. */
export type OpenSessionKey = (subkey: OwnSubkey, pkesk: Pkesk) => Promise<SessionKey | undefined>;

/** Makes an {@link OpenSessionKey}. Each of the user's keys is loaded once. */
export function createOpenSessionKey(keystore: Keystore): OpenSessionKey {
  const ownKeys = new Map<Fingerprint, Promise<ReadonlyMap<string, LoadedKey>>>();
  const loaded = (primary: Fingerprint) => {
    const keys = ownKeys.get(primary) ?? loadKey(keystore, primary);
    ownKeys.set(primary, keys);
    return keys;
  };
  return async (subkey, { fields }) => {
    if (fields === undefined) return undefined;
    const [{ form, octets }, keys] = await Promise.all([
      keystore.unwrap(subkey, fields),
      fields.kind === 'ecdh' ? loaded(subkey.primaryFingerprint) : undefined,
    ]);
    if (form === 'bare') return readSessionKey(octets);
    if (form === 'pkcs1' || fields.kind !== 'ecdh') return unpadPkcs1(octets);
    const { ecdhParametersOf } = await import('../../openpgp/message.js');
    const key = keys?.get(subkey.primaryFingerprint);
    const parameters = key && ecdhParametersOf(key, subkey.fingerprint);
    return parameters && unwrapEcdh(octets, fields.wrapped, parameters);
  };
}

async function loadKey(keystore: Keystore, primary: Fingerprint): Promise<ReadonlyMap<string, LoadedKey>> {
  const exported = keystore.exportKeys([primary]);
  const { loadKeys } = await import('../../openpgp/message.js');
  return loadKeys(await exported);
}
