import { hasCode, type EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Keystore, PublicKey } from '../keystore.js';

/** Two places where keys live. What is done with a key is done by the one that it came from. */
export interface Pair {
  readonly first: Keystore;
  readonly second: Keystore;
  /** Notes where a key came from; the first note counts. */
  readonly settle: (primary: Fingerprint, store: Keystore) => void;
  readonly homeOf: (primary: Fingerprint) => Keystore;
  /** Keys of the first place; none where it is missing, or is not this user's. */
  readonly fromFirst: (found: Promise<readonly PublicKey[]>) => Promise<readonly PublicKey[]>;
  /** Tells, once, that the first place cannot be used. */
  readonly tellUnusable: (error: EyamlError) => void;
}

/** Makes a {@link Pair}. The first place is GnuPG. */
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
    // The home of another user, in which a shell still stands after su, has no keys of this one, nor revocations.
    fromFirst: (found) =>
      orNone(found).catch((error: unknown) => {
        if (!hasCode(error, 'GNUPG_HOME_CLOSED')) throw error;
        tellUnusable(error);
        return [];
      }),
    tellUnusable,
  };
}

/** What was found; nothing where there is no GnuPG. */
export async function orNone<T>(found: Promise<readonly T[]>): Promise<readonly T[]> {
  return found.catch((error: unknown) => {
    if (hasCode(error, 'GPG_NOT_FOUND')) return [];
    throw error;
  });
}
