import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey, Revocation } from '../../openpgp/keys.js';
import type { KeyFault } from '../../openpgp/validity.js';
import type { PublicKey, SearchTerm } from '../keystore.js';
import { mayMean } from '../search.js';
import { findKeyFiles, type KeyfilesMessages, type KeyFile } from './files.js';

/** Public keys that were read from files. */
export interface PublicKeys {
  /** The keys under the given paths that a term may mean and whose self-signatures are valid. */
  search(terms: readonly SearchTerm[], paths: readonly string[]): Promise<readonly PublicKey[]>;
  /** A key that was found earlier, by the fingerprint of its primary key or of a subkey. */
  find(fingerprint: Fingerprint): ReadKey | undefined;
  /** Adds the public half of a key of the user's own. */
  add(key: ReadKey): Promise<void>;
  /** Makes the next search read each path again: the user may have added keys. */
  lookAgain(): void;
  /** What was found but cannot be used, each with its file. */
  readonly faults: readonly string[];
}

const FAULTS: Readonly<Record<KeyFault, string>> = {
  unsigned: 'has no user ID with a valid self-signature: it is not used',
  future: 'is dated in the future: it is not used; check the clock of this machine',
  damaged: 'has a signature that is damaged or too new to be read: it is not used; ask its owner for a new copy',
};
const openpgp = () => Promise.all([import('../../openpgp/keys.js'), import('../../openpgp/validity.js')]);

/** Makes {@link PublicKeys}. Each path is read once; copies of one key are one key, with the signatures of all. */
export function createPublicKeys({ warn, detail }: KeyfilesMessages): PublicKeys {
  const byPath = new Map<string, Promise<readonly Fingerprint[]>>();
  const keys = new Map<Fingerprint, ReadKey>();
  const own = new Set<Fingerprint>();
  const judged = new Map<Fingerprint, Promise<PublicKey | undefined>>();
  const faults = new Set<string>();
  const revocations: (Revocation & { readonly file: string })[] = [];
  const fault = (text: string) => {
    if (!faults.has(text)) warn(text);
    faults.add(text);
  };

  async function add(key: ReadKey): Promise<void> {
    const [{ mergeKeys }] = await openpgp();
    const known = keys.get(key.fingerprint);
    keys.set(key.fingerprint, known ? mergeKeys(known, key) : key);
    // Other keys too: this one may be allowed to revoke them.
    judged.clear();
  }

  async function load(fileOrFolder: string): Promise<readonly Fingerprint[]> {
    const found = await findKeyFiles(fileOrFolder);
    for (const text of found.faults) fault(`${text}: its public keys are not used`);
    const loaded: Fingerprint[] = [];
    for (const file of found.files)
      for (const key of await readPublic(file)) {
        await add(key);
        loaded.push(key.fingerprint);
      }
    return loaded;
  }

  function faultRevocations(): void {
    const known = new Set([...keys.values()].map(({ parts }) => parts[0].keyId));
    for (const { issuer, file } of revocations.filter(({ issuer }) => !known.has(issuer)))
      fault(`${file} revokes the key ${issuer}, which is not in any of the files; with GnuPG: gpg --import ${file}`);
  }

  async function readPublic({ file, octets, mustHoldKeys }: KeyFile): Promise<readonly ReadKey[]> {
    const [{ looksLikeKeys, readKeyFile }] = await openpgp();
    if (!mustHoldKeys && !looksLikeKeys(octets)) return [];
    const content = readKeyFile(octets);
    for (const text of content.faults) fault(`${file}: ${text}`);
    revocations.push(...content.revocations.map((revocation) => ({ ...revocation, file })));
    judged.clear();
    return content.keys.filter(({ secretOctets, fingerprint, userIds }) => {
      if (secretOctets) {
        fault(
          `${file} holds a SECRET key, ${fingerprint}, among the public keys: it is not used. Remove it; if others could read it, it is no longer secret`,
        );
      } else detail(`public key ${fingerprint} (${userIds[0] ?? 'no user ID'}) from ${file}`);
      return secretOctets === undefined;
    });
  }

  function judge(key: ReadKey): Promise<PublicKey | undefined> {
    const verdict = judged.get(key.fingerprint) ?? judgeAnew(key);
    judged.set(key.fingerprint, verdict);
    return verdict;
  }

  async function judgeAnew(key: ReadKey): Promise<PublicKey | undefined> {
    const [, { judgeKey }] = await openpgp();
    const { primaryKey, subkeys, userIds, ...verdict } = judgeKey(key, Date.now() / 1000, {
      revocations,
      keyOf: (fingerprint) => keys.get(fingerprint),
    });
    if (verdict.fault !== undefined) {
      fault(`the key ${key.fingerprint} ${FAULTS[verdict.fault]}`);
      return undefined;
    }
    const withGrip = (part: typeof primaryKey) => ({ ...part, keygrip: undefined });
    const bound = subkeys.filter(({ validity }) => validity !== 'i');
    return { primaryKey: withGrip(primaryKey), subkeys: bound.map(withGrip), userIds, disabled: false };
  }

  return {
    search: async (terms, paths) => {
      const fingerprints = new Set(own);
      for (const fileOrFolder of paths) {
        const loaded = byPath.get(fileOrFolder) ?? load(fileOrFolder);
        byPath.set(fileOrFolder, loaded);
        for (const fingerprint of await loaded) fingerprints.add(fingerprint);
      }
      faultRevocations();
      const wanted = [...fingerprints].flatMap((fingerprint) => keys.get(fingerprint) ?? []);
      const hits = wanted.filter(({ parts, userIds }) => {
        const known = parts.map(({ fingerprint }) => fingerprint);
        return terms.some((term) => mayMean(term, known, userIds));
      });
      return (await Promise.all(hits.map(judge))).filter((key) => key !== undefined);
    },
    find: (wanted) =>
      keys.get(wanted) ??
      [...keys.values()].find(({ parts }) => parts.some(({ fingerprint }) => fingerprint === wanted)),
    add: async (key) => {
      own.add(key.fingerprint);
      await add(key);
    },
    lookAgain: () => byPath.clear(),
    get faults() {
      return [...faults];
    },
  };
}
