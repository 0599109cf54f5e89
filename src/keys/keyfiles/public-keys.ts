import pLimit from 'p-limit';
import type { Fingerprint } from '../../identifiers.js';
import type { ReadKey, Revocation } from '../../openpgp/keys.js';
import type { PublicKey, SearchTerm } from '../keystore.js';
import { mayMean } from '../search.js';
import { findKeyFiles, type KeyfilesMessages, type KeyFile } from './files.js';

/** Public keys that were read from files. */
export interface PublicKeys {
  /** The keys under the given paths that a term may mean, and whose own signatures are valid. */
  search(terms: readonly SearchTerm[], paths: readonly string[]): Promise<readonly PublicKey[]>;
  /** A key that was found before, by the fingerprint of its primary key or of a subkey. */
  find(fingerprint: Fingerprint): ReadKey | undefined;
  /** Adds the public half of a key of the user's own. */
  add(key: ReadKey): Promise<void>;
  /** What was found and cannot be used, each with its file. */
  readonly faults: readonly string[];
}

const openpgp = () => Promise.all([import('../../openpgp/keys.js'), import('../../openpgp/judge.js')]);

/** Makes {@link PublicKeys}. Each path is read once; copies of one key are one key, with the signatures of all. */
export function createPublicKeys({ warn, detail }: KeyfilesMessages): PublicKeys {
  const byPath = new Map<string, Promise<readonly Fingerprint[]>>();
  const keys = new Map<Fingerprint, ReadKey>();
  const own = new Set<Fingerprint>();
  const applied = new Set<string>();
  const judged = new Map<ReadKey, Promise<PublicKey | undefined>>();
  const faults = new Set<string>();
  const revocations: { readonly revocation: Revocation; readonly file: string }[] = [];
  const fault = (text: string) => {
    if (!faults.has(text)) warn(text);
    faults.add(text);
  };

  // Two copies of one key, or a revocation, must not come in side by side, or one of them is lost.
  const oneByOne = pLimit(1);
  const add = (key: ReadKey) => oneByOne(() => addAlone(key));

  async function addAlone(key: ReadKey): Promise<void> {
    const [{ mergeKeys }] = await openpgp();
    const known = keys.get(key.fingerprint);
    keys.set(key.fingerprint, known ? await mergeKeys(known, key) : key);
  }

  async function load(fileOrFolder: string): Promise<readonly Fingerprint[]> {
    const found = await findKeyFiles(fileOrFolder);
    for (const text of found.faults) fault(`${text}: the public keys in it are not known`);
    const loaded: Fingerprint[] = [];
    for (const file of found.files)
      for (const key of await readPublic(file)) {
        await add(key);
        loaded.push(key.fingerprint);
      }
    return loaded;
  }

  // A revocation counts for whatever copy of its key, wherever either of them lies. Which of several signatures, and of several keys of
  // one ID, go together is for the judgement of the key to find.
  async function applyRevocations(): Promise<void> {
    const [{ withRevocation }] = await openpgp();
    for (const { revocation, file } of revocations) {
      const named = [...keys.values()].filter(({ parts }) => parts[0]?.keyId === revocation.keyId);
      for (const key of named) {
        const id = `${key.fingerprint} ${Buffer.from(revocation.octets).toString('base64')}`;
        if (!applied.has(id)) keys.set(key.fingerprint, await withRevocation(key, revocation));
        applied.add(id);
      }
      if (named.length === 0) {
        fault(
          `${file} revokes the key ${revocation.keyId}, which is in none of the files: with GnuPG, gpg --import it`,
        );
      }
    }
  }

  async function readPublic({ file, octets, mustHoldKeys }: KeyFile): Promise<readonly ReadKey[]> {
    const [{ looksLikeKeys, readKeyFile }] = await openpgp();
    if (!mustHoldKeys && !looksLikeKeys(octets)) return [];
    const content = await readKeyFile(octets);
    for (const text of content.faults) fault(`${file}: ${text}`);
    revocations.push(...content.revocations.map((revocation) => ({ revocation, file })));
    return content.keys.filter(({ secretOctets, fingerprint, userIds }) => {
      if (secretOctets) {
        fault(
          `${file} holds a SECRET key, ${fingerprint}, among the public keys: it is not used. Take it away; if others could read it, it is no longer secret`,
        );
      } else detail(`public key ${fingerprint} (${userIds[0] ?? 'no user ID'}) from ${file}`);
      return secretOctets === undefined;
    });
  }

  function judge(key: ReadKey): Promise<PublicKey | undefined> {
    const verdict = judged.get(key) ?? judgeAnew(key);
    judged.set(key, verdict);
    return verdict;
  }

  async function judgeAnew(key: ReadKey): Promise<PublicKey | undefined> {
    const [, { judgeKey }] = await openpgp();
    const verdict = await judgeKey(key, Date.now() / 1000);
    if (verdict === undefined) {
      fault(`the key ${key.fingerprint} has no user ID with a valid signature of its own: it is not used`);
      return undefined;
    }
    const { primaryKey, subkeys, userIds } = verdict;
    const withGrip = (part: typeof primaryKey) => ({ ...part, keygrip: undefined });
    return { primaryKey: withGrip(primaryKey), subkeys: subkeys.map(withGrip), userIds, disabled: false };
  }

  return {
    search: async (terms, paths) => {
      const fingerprints = new Set(own);
      for (const fileOrFolder of paths) {
        const loaded = byPath.get(fileOrFolder) ?? load(fileOrFolder);
        byPath.set(fileOrFolder, loaded);
        for (const fingerprint of await loaded) fingerprints.add(fingerprint);
      }
      if (revocations.length > 0) await oneByOne(applyRevocations);
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
    get faults() {
      return [...faults];
    },
  };
}
