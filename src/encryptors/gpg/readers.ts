import type { Keystore, PublicKey } from '../../keys/keystore.js';
import { parseKeyId, WILDCARD_KEY_ID, type KeyId } from '../../openpgp/identifiers.js';
import type { RecipientsSearch } from '../../recipients/source.js';
import { partsOf, readerOf } from '../drift.js';
import type { Encryptor, Reader, ReaderId } from '../encryptor.js';

/** Makes the search for the owners of key IDs in values; each key is looked up once. */
export function createWhoReads(
  keystore: Keystore,
  keysFolderFor: RecipientsSearch['keysFolderFor'],
): Encryptor['whoReads'] {
  const owners = new Map<string, PublicKey | undefined>();
  return async (ids: readonly ReaderId[], target?: string): Promise<ReadonlyMap<ReaderId, Reader>> => {
    const keyIds = ids.flatMap((id) => parseKeyId(id) ?? []);
    if (keyIds.length === 0) return new Map();
    // A folder of keys that cannot be read must not hide the other owners; it is reported where it matters.
    const folder = target && (await keysFolderFor(target).catch(() => undefined));
    const nameIn = (keyId: KeyId) => `${folder ?? ''}\n${keyId}`;
    const unknown = keyIds.filter((keyId) => keyId !== WILDCARD_KEY_ID && !owners.has(nameIn(keyId)));
    if (unknown.length > 0) {
      const terms = unknown.map((hex) => ({ kind: 'hex' as const, hex }));
      const keys = await keystore.search(terms, folder || undefined);
      for (const keyId of unknown)
        owners.set(
          nameIn(keyId),
          keys.find((key) => partsOf(key).some((part) => part.keyId === keyId)),
        );
    }
    return new Map(
      keyIds.flatMap((keyId) => {
        const key = owners.get(nameIn(keyId));
        return key ? [[keyId, readerOf(key)]] : [];
      }),
    );
  };
}
