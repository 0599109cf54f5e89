import { EyamlError, hasCode } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { KeyHints, Keystore, PublicKey } from '../keystore.js';
import { createOwnSubkeys, listOwn } from './own-subkeys.js';
import { createPair, type Pair } from './pair.js';
import { createSearch } from './search.js';

/**
 * Two keystores as one: the first answers, the second adds the keys that the first lacks. A key is used by the store that it
 * came from. The first store, GnuPG, may be missing.
 */
export function combineKeystores(
  first: Keystore,
  second: Keystore,
  warn: (message: string) => void = () => undefined,
): Keystore {
  const pair = createPair(first, second, warn);
  const { homeOf } = pair;
  const own = createOwnSubkeys(pair);
  const signers = () => listOwn(pair, (store) => store.ownSigners());
  const encrypters = new Map<string, Promise<Keystore>>();
  return {
    search: createSearch(pair),
    lookAgain: () => {
      first.lookAgain();
      second.lookAgain();
    },
    hints: (primary) => (primary ? homeOf(primary).hints(primary) : both(first.hints(), second.hints())),
    exportKeys: async (fingerprints) => {
      const from = (store: Keystore) => fingerprints.filter((primary) => homeOf(primary) === store);
      return Buffer.concat(await Promise.all([first, second].map((store) => store.exportKeys(from(store)))));
    },
    ownSubkeys: own.list,
    ownAmong: own.among,
    expectOwn: (patience) => [first, second].forEach((store) => store.expectOwn?.(patience)),
    needsInteraction: async (subkey) => (await own.storeOf(subkey)).needsInteraction(subkey),
    byCost: own.byCost,
    unwrap: async (subkey, wrapped) => (await own.storeOf(subkey)).unwrap(subkey, wrapped),
    encrypt: async (plaintext, subkeys) => {
      const store = encrypters.get(subkeys.join()) ?? encrypterFor(pair, subkeys);
      encrypters.set(subkeys.join(), store);
      return (await store).encrypt(plaintext, subkeys);
    },
    ownSigners: async () => [...(await signers()).keys()],
    signText: async (primary, text) => {
      const found = [...(await signers())].find(([{ fingerprint }]) => fingerprint === primary);
      return (found?.[1] ?? second).signText(primary, text);
    },
    decrypt: async (message) => {
      try {
        return await first.decrypt(message);
      } catch (error) {
        // GnuPG cannot open it: the second store opens it or says what is missing.
        if (hasCode(error, 'NO_SECRET_KEY', 'GPG_NOT_FOUND')) return second.decrypt(message);
        throw error;
      }
    },
    close: () => {
      first.close();
      second.close();
    },
  };
}

async function encrypterFor({ first, second, fromFirst }: Pair, subkeys: readonly Fingerprint[]): Promise<Keystore> {
  for (const store of [first, second]) {
    const found = await fromFirst(store.search(subkeys.map((hex) => ({ kind: 'hex', hex }))));
    const parts = new Set(found.flatMap(partsOf));
    if (subkeys.every((subkey) => parts.has(subkey))) return store;
  }
  throw new EyamlError(
    'ENCRYPT_FAILED',
    'some recipients’ keys need GnuPG, and GnuPG does not have the keys of the others',
    {
      suggestions: ['import the public keys of all recipients: gpg --import FILE'],
    },
  );
}

function partsOf({ primaryKey, subkeys }: PublicKey): readonly Fingerprint[] {
  return [primaryKey, ...subkeys].map(({ fingerprint }) => fingerprint);
}

function both(a: KeyHints, b: KeyHints): KeyHints {
  const or = (pick: (hints: KeyHints) => string) => `${pick(a)}; or ${pick(b)}`;
  return {
    place: or(({ place }) => place),
    add: or(({ add }) => add),
    renew: or(({ renew }) => renew),
    trust: or(({ trust }) => trust),
    own: or(({ own }) => own),
  };
}
