import type { Keystore, OwnSubkey } from '../../keys/keystore.js';
import { WILDCARD_KEY_ID, type KeyId } from '../../openpgp/identifiers.js';
import { readHead } from '../../openpgp/inspect.js';

/** The user's own keys, for messages. */
export interface OwnKeys {
  /** Starts the search for the readers of a message, if it is the first. */
  readonly expect: (ciphertext: Uint8Array) => void;
  /**
   * The user's own keys for a message: at least those that have one of its key IDs; all if the message has a hidden recipient, or if none has such
   * an ID.
   */
  readonly forReaders: (keyIds: readonly KeyId[]) => Promise<readonly OwnSubkey[]>;
}

/** Makes {@link OwnKeys}. Most messages of a command are for the same readers; when others come, all keys are listed, once. */
export function createOwnKeys(keystore: Keystore): OwnKeys {
  let asked: { readonly ids: ReadonlySet<KeyId>; readonly own: Promise<readonly OwnSubkey[]> } | undefined;
  const forReaders = async (keyIds: readonly KeyId[]) => {
    if (keyIds.length === 0 || keyIds.includes(WILDCARD_KEY_ID)) return keystore.ownSubkeys();
    // A fault is told by the list of all keys.
    asked ??= { ids: new Set(keyIds), own: keystore.ownAmong(keyIds).catch(() => []) };
    const { ids, own } = asked;
    const found = keyIds.every((keyId) => ids.has(keyId)) ? await own : [];
    return found.length > 0 ? found : keystore.ownSubkeys();
  };
  return {
    forReaders,
    expect: (ciphertext) => {
      const readers = asked === undefined ? readersOf(ciphertext) : [];
      if (readers.length > 0) void forReaders(readers).catch(() => undefined);
    },
  };
}

function readersOf(ciphertext: Uint8Array): readonly KeyId[] {
  try {
    return readHead(ciphertext).readers;
  } catch {
    // Reading the message says what is wrong.
    return [];
  }
}
