import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Keystore, OwnSigner, OwnSubkey } from '../keystore.js';
import { orNone, type Pair } from './pair.js';

/** The user's own keys in two stores. */
export interface OwnSubkeys {
  readonly list: Keystore['ownSubkeys'];
  readonly among: Keystore['ownAmong'];
  /** The store that a key is in. */
  readonly storeOf: (subkey: OwnSubkey) => Promise<Keystore>;
  readonly byCost: Keystore['byCost'];
}

/** Makes {@link OwnSubkeys}. Each store is asked once for each time limit. */
export function createOwnSubkeys(pair: Pair): OwnSubkeys {
  const { first, second } = pair;
  const lists = new Map<number | undefined, Promise<ReadonlyMap<OwnSubkey, Keystore>>>();
  const owned = (patience?: number) => {
    const own = lists.get(patience) ?? listOwn(pair, (store) => store.ownSubkeys(patience));
    lists.set(patience, own);
    return own;
  };
  const stores = new Map<Fingerprint, Keystore>();
  const note = (own: ReadonlyMap<OwnSubkey, Keystore>) => {
    for (const [{ fingerprint }, store] of own) stores.set(fingerprint, store);
    return [...own.keys()];
  };
  const storeOf = async ({ fingerprint }: OwnSubkey) => {
    if (!stores.has(fingerprint)) note(await owned());
    return stores.get(fingerprint) ?? first;
  };
  return {
    list: async (patience) => note(await owned(patience)),
    among: async (keyIds, patience) => {
      // Whether a fault of the first store matters depends on all keys of the second.
      const found = await listOwn(pair, (store) => store.ownAmong(keyIds, patience)).catch(() => owned(patience));
      return note(found).filter(({ keyId }) => keyIds.includes(keyId));
    },
    storeOf,
    byCost: async (subkeys) => {
      if (subkeys.length < 2) return subkeys;
      const stores = await Promise.all(subkeys.map(storeOf));
      const sorted = await Promise.all(
        // A key in a file is used by this process itself: that is faster than asking gpg-agent.
        [second, first].map((store) => store.byCost(subkeys.filter((_, i) => stores[i] === store))),
      );
      const ranked = await Promise.all(
        sorted.flat().map(async (subkey) => ({
          subkey,
          asks: await (await storeOf(subkey)).needsInteraction(subkey),
        })),
      );
      return ranked.sort((a, b) => Number(a.asks) - Number(b.asks)).map(({ subkey }) => subkey);
    },
  };
}

/** What both stores have of the user's own, each with its store; what both have is of the first. */
export async function listOwn<T extends OwnSubkey | OwnSigner>(
  { first, second, settle, tellUnusable }: Pair,
  ownIn: (store: Keystore) => Promise<readonly T[]>,
): Promise<ReadonlyMap<T, Keystore>> {
  const [ofFirst, ofSecond] = await Promise.all([errorOr(ownIn(first)), ownIn(second)]);
  if (ofFirst instanceof EyamlError && ofSecond.length === 0) throw ofFirst;
  if (ofFirst instanceof EyamlError) tellUnusable(ofFirst);
  const mine = ofFirst instanceof EyamlError ? [] : ofFirst;
  const known = new Set(mine.map(({ fingerprint }) => fingerprint));
  const added = ofSecond.filter(({ fingerprint }) => !known.has(fingerprint));
  for (const key of mine) settle(primaryOf(key), first);
  for (const key of added) settle(primaryOf(key), second);
  return new Map([...mine.map((key) => [key, first] as const), ...added.map((key) => [key, second] as const)]);
}

function primaryOf(key: OwnSubkey | OwnSigner): Fingerprint {
  return 'primaryFingerprint' in key ? key.primaryFingerprint : key.fingerprint;
}

// A container may have gpg but no GnuPG home; a user with a key file does not need one.
async function errorOr<T>(own: Promise<readonly T[]>): Promise<readonly T[] | EyamlError> {
  return orNone(own).catch((error: unknown) => {
    if (error instanceof EyamlError) return error;
    throw error;
  });
}
