import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey, Revocation } from '../../openpgp/keys.js';
import type { KeyFault } from '../../openpgp/validity.js';
import type { PublicKey } from '../keystore.js';

/** Public keys that were read: copies of one key are one key, with the signatures of all. */
export interface KeyPool {
  add(key: ReadKey): Promise<void>;
  /** Adds revocations of keys that may be in other files, or in none. */
  addRevocations(revocations: readonly FiledRevocation[]): void;
  /** A key by the fingerprint of its primary key or of a subkey. */
  find(fingerprint: Fingerprint): ReadKey | undefined;
  /** A key as its own signatures and all revocations have it now; undefined, after a report, for one that cannot be used. */
  judge(key: ReadKey): Promise<PublicKey | undefined>;
  /** Revocations of keys that are not here. */
  orphans(): readonly FiledRevocation[];
}

/** A revocation, and the file that it is in. */
export type FiledRevocation = Revocation & { readonly file: string };

const FAULTS: Readonly<Record<KeyFault, string>> = {
  unsigned: 'has no user ID with a valid self-signature: it is not used',
  future: 'is dated in the future: it is not used; check the clock of this machine',
  damaged: 'has a signature that is damaged or too new to be read: it is not used; ask its owner for a new copy',
};

/** Makes a {@link KeyPool}. `report` is told of keys that cannot be used. */
export function createKeyPool(report: (text: string) => void): KeyPool {
  const keys = new Map<Fingerprint, ReadKey>();
  const judged = new Map<Fingerprint, Promise<PublicKey | undefined>>();
  const revocations: FiledRevocation[] = [];

  async function judgeAnew(key: ReadKey): Promise<PublicKey | undefined> {
    const { judgeKey } = await import('../../openpgp/validity.js');
    const keyOf = (fingerprint: Fingerprint) => keys.get(fingerprint);
    const { primaryKey, subkeys, userIds, fault } = judgeKey(key, Date.now() / 1000, { revocations, keyOf });
    if (fault !== undefined) {
      report(`the key ${key.fingerprint} ${FAULTS[fault]}`);
      return undefined;
    }
    const withGrip = (part: typeof primaryKey) => ({ ...part, keygrip: undefined });
    const bound = subkeys.filter(({ validity }) => validity !== 'i');
    return { primaryKey: withGrip(primaryKey), subkeys: bound.map(withGrip), userIds, disabled: false };
  }

  return {
    add: async (key) => {
      const { mergeKeys } = await import('../../openpgp/keys.js');
      const known = keys.get(key.fingerprint);
      keys.set(key.fingerprint, known ? mergeKeys(known, key) : key);
      // Other keys too: this one may be allowed to revoke them.
      judged.clear();
    },
    addRevocations: (added) => {
      revocations.push(...added);
      judged.clear();
    },
    find: (wanted) =>
      keys.get(wanted) ??
      [...keys.values()].find(({ parts }) => parts.some(({ fingerprint }) => fingerprint === wanted)),
    judge: (key) => {
      const verdict = judged.get(key.fingerprint) ?? judgeAnew(key);
      judged.set(key.fingerprint, verdict);
      return verdict;
    },
    orphans: () => {
      const known = new Set([...keys.values()].map(({ parts }) => parts[0].keyId));
      return revocations.filter(({ issuer }) => !known.has(issuer));
    },
  };
}
