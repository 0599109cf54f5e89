import { hasCode, type EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Keystore, PublicKey } from '../keystore.js';

/** Two keystores. A key is used by the store that it came from. */
export interface Pair {
  readonly first: Keystore;
  readonly second: Keystore;
  /** Notes where a key came from; the first note counts. */
  readonly settle: (primary: Fingerprint, store: Keystore) => void;
  readonly homeOf: (primary: Fingerprint) => Keystore;
  /** Keys of the first store; none if it is missing or belongs to another user. */
  readonly fromFirst: (found: Promise<readonly PublicKey[]>) => Promise<readonly PublicKey[]>;
  /** Warns, once, that the first store cannot be used. */
  readonly tellUnusable: (error: EyamlError) => void;
}

/** Makes a {@link Pair}. The first store is GnuPG. */
export function createPair(first: Keystore, second: Keystore, warn: (message: string) => void): Pair {
  const homes = new Map<Fingerprint, Keystore>();
  let isTold = false;
  const tellUnusable = ({ message }: EyamlError) => {
    if (!isTold) warn(`GnuPG cannot be used; using key files only: ${message}`);
    isTold = true;
  };
  return {
    first,
    second,
    settle: (primary, store) => {
      if (!homes.has(primary)) homes.set(primary, store);
    },
    homeOf: (primary) => homes.get(primary) ?? first,
    // HOME may still be that of another user after su: it has neither keys nor revocations of this user.
    fromFirst: (found) =>
      orNone(found).catch((error: unknown) => {
        if (!hasCode(error, 'GNUPG_HOME_CLOSED')) throw error;
        tellUnusable(error);
        return [];
      }),
    tellUnusable,
  };
}

/** What was found; nothing if there is no GnuPG. */
export async function orNone<T>(found: Promise<readonly T[]>): Promise<readonly T[]> {
  return found.catch((error: unknown) => {
    if (hasCode(error, 'GPG_NOT_FOUND')) return [];
    throw error;
  });
}
