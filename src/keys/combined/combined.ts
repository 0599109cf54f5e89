import { EyamlError, type ErrorCode } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { KeyHints, Keystore, OwnSubkey, PublicKey, SearchTerm, Validity } from '../keystore.js';

/**
 * Two keystores as one: the first answers, the second adds the keys that the first lacks. What is done with a key is done by the
 * store that it came from. A first store that is GnuPG may be missing altogether.
 */
export function combineKeystores(
  first: Keystore,
  second: Keystore,
  warn: (message: string) => void = () => undefined,
): Keystore {
  const homes = new Map<Fingerprint, Keystore>();
  const settle = (fingerprint: Fingerprint, store: Keystore) =>
    homes.has(fingerprint) ? homes : homes.set(fingerprint, store);
  const lists = new Map<number | undefined, Promise<ReadonlyMap<OwnSubkey, Keystore>>>();
  const owned = (patience?: number) => {
    const own = lists.get(patience) ?? listOwn(patience);
    lists.set(patience, own);
    return own;
  };
  const encrypters = new Map<string, Promise<Keystore>>();
  let isTold = false;

  async function listOwn(patience: number | undefined): Promise<ReadonlyMap<OwnSubkey, Keystore>> {
    const [ofFirst, ofSecond] = await Promise.all([ownOfFirst(patience), second.ownSubkeys()]);
    if (ofFirst instanceof EyamlError && ofSecond.length === 0) throw ofFirst;
    if (ofFirst instanceof EyamlError) {
      tellUnusable(ofFirst);
      for (const { primaryFingerprint } of ofSecond) settle(primaryFingerprint, second);
      return new Map(ofSecond.map((key) => [key, second]));
    }
    const known = new Set(ofFirst.map(({ fingerprint }) => fingerprint));
    const added = ofSecond.filter(({ fingerprint }) => !known.has(fingerprint));
    for (const { primaryFingerprint } of ofFirst) settle(primaryFingerprint, first);
    for (const { primaryFingerprint } of added) settle(primaryFingerprint, second);
    return new Map([...ofFirst.map((key) => [key, first] as const), ...added.map((key) => [key, second] as const)]);
  }

  // A container may have a gpg and no home for its keys; who has a key file needs none.
  async function ownOfFirst(patience: number | undefined): Promise<readonly OwnSubkey[] | EyamlError> {
    return orNone(first.ownSubkeys(patience)).catch((error: unknown) => {
      if (error instanceof EyamlError) return error;
      throw error;
    });
  }

  function tellUnusable({ message }: EyamlError): void {
    if (!isTold) warn(`GnuPG cannot be used, only key files are: ${message}`);
    isTold = true;
  }

  // The home of another user, in which a shell still stands after su, has no keys of this one, nor revocations.
  async function fromFirst(found: Promise<readonly PublicKey[]>): Promise<readonly PublicKey[]> {
    return orNone(found).catch((error: unknown) => {
      if (!isOne(error, 'GNUPG_HOME_CLOSED')) throw error;
      tellUnusable(error);
      return [];
    });
  }

  async function storeOf(subkey: OwnSubkey): Promise<Keystore> {
    const found = [...(await owned())].find(([{ fingerprint }]) => fingerprint === subkey.fingerprint);
    return found?.[1] ?? first;
  }

  async function encrypterFor(subkeys: readonly Fingerprint[]): Promise<Keystore> {
    for (const store of [first, second]) {
      const found = await fromFirst(store.search(subkeys.map((hex) => ({ kind: 'hex', hex }))));
      const parts = new Set(found.flatMap(partsOf));
      if (subkeys.every((subkey) => parts.has(subkey))) return store;
    }
    throw new EyamlError(
      'ENCRYPT_FAILED',
      'some recipients’ keys need GnuPG, and GnuPG does not have the keys of the others',
      { suggestions: ['import the public keys of all recipients: gpg --import FILE'] },
    );
  }

  return {
    search: async (terms, keysFolder) => {
      const [asked, other] = await Promise.all([
        fromFirst(first.search(terms, keysFolder)),
        second.search(terms, keysFolder),
      ]);
      // What a term finds in the second store alone may be a copy of a key that the first store knows, and perhaps holds for revoked.
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
    },
    lookAgain: () => {
      first.lookAgain();
      second.lookAgain();
    },
    hints: (primary) => (primary ? (homes.get(primary) ?? first).hints(primary) : both(first.hints(), second.hints())),
    exportKeys: async (fingerprints) => {
      const from = (store: Keystore) => fingerprints.filter((primary) => (homes.get(primary) ?? first) === store);
      return Buffer.concat(await Promise.all([first, second].map((store) => store.exportKeys(from(store)))));
    },
    ownSubkeys: async (patience) => [...(await owned(patience)).keys()],
    needsInteraction: async (subkey) => (await storeOf(subkey)).needsInteraction(subkey),
    byCost: async (subkeys) => {
      if (subkeys.length < 2) return subkeys;
      const stores = await Promise.all(subkeys.map(storeOf));
      const sorted = await Promise.all(
        // A key in a file is used by this very process: that is faster than asking gpg-agent.
        [second, first].map((store) => store.byCost(subkeys.filter((_, i) => stores[i] === store))),
      );
      const ranked = await Promise.all(
        sorted.flat().map(async (subkey) => ({ subkey, asks: await (await storeOf(subkey)).needsInteraction(subkey) })),
      );
      return ranked.sort((a, b) => Number(a.asks) - Number(b.asks)).map(({ subkey }) => subkey);
    },
    unwrap: async (subkey, wrapped) => (await storeOf(subkey)).unwrap(subkey, wrapped),
    encrypt: async (plaintext, subkeys) => {
      const store = encrypters.get(subkeys.join()) ?? encrypterFor(subkeys);
      encrypters.set(subkeys.join(), store);
      return (await store).encrypt(plaintext, subkeys);
    },
    decrypt: async (message) => {
      try {
        return await first.decrypt(message);
      } catch (error) {
        // Not GnuPG's to open: the second store opens it or says what is missing.
        if (isOne(error, 'NO_SECRET_KEY') || isOne(error, 'GPG_NOT_FOUND')) return second.decrypt(message);
        throw error;
      }
    },
    close: () => {
      first.close();
      second.close();
    },
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

// A revocation of a key or subkey counts wherever it lies: only the key's owner could make it. That of a user ID does not, since a newer
// signature may have taken it back.
function withRevocationsOf(key: PublicKey, copies: readonly PublicKey[]): PublicKey {
  const copy = copies.find((candidate) => primaryOf(candidate) === primaryOf(key));
  const asRevoked = <T extends { readonly validity: Validity }>(part: T): T => ({ ...part, validity: 'r' });
  const revoked = new Set(
    copy && [copy.primaryKey, ...copy.subkeys].filter(isRevoked).map(({ fingerprint }) => fingerprint),
  );
  const { primaryKey, subkeys, userIds, disabled } = key;
  if (revoked.has(primaryKey.fingerprint)) {
    const parts = { primaryKey: asRevoked(primaryKey), subkeys: subkeys.map(asRevoked) };
    return { ...parts, userIds: userIds.map(asRevoked), disabled };
  }
  return { ...key, subkeys: subkeys.map((part) => (revoked.has(part.fingerprint) ? asRevoked(part) : part)) };
}

function isRevoked({ validity }: { readonly validity: Validity }): boolean {
  return validity === 'r';
}

async function orNone<T>(found: Promise<readonly T[]>): Promise<readonly T[]> {
  return found.catch((error: unknown) => {
    if (isOne(error, 'GPG_NOT_FOUND')) return [];
    throw error;
  });
}

function isOne(error: unknown, code: ErrorCode): error is EyamlError {
  return error instanceof EyamlError && error.code === code;
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
    vouch: or(({ vouch }) => vouch),
    own: or(({ own }) => own),
  };
}
