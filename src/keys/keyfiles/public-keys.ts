import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';
import type { PublicKey, SearchTerm } from '../keystore.js';
import { mayMean } from '../search.js';
import { shownArgument } from '../../files/shown.js';
import { findKeyFiles, type KeyfilesMessages, type KeyFile } from './files.js';
import { createKeyPool, type KeyPool } from './key-pool.js';

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

/** Makes {@link PublicKeys}. Each path is read once. */
export function createPublicKeys({ warn, detail }: KeyfilesMessages): PublicKeys {
  const faults = new Set<string>();
  const report = (text: string) => {
    if (!faults.has(text)) warn(text);
    faults.add(text);
  };
  const pool = createKeyPool(report);
  const loading = { pool, report, detail };
  const own = new Set<Fingerprint>();
  const byPath = new Map<string, Promise<readonly Fingerprint[]>>();

  return {
    search: async (terms, paths) => {
      const fingerprints = new Set(own);
      for (const fileOrFolder of paths) {
        const loaded = byPath.get(fileOrFolder) ?? load(fileOrFolder, loading);
        byPath.set(fileOrFolder, loaded);
        for (const fingerprint of await loaded) fingerprints.add(fingerprint);
      }
      for (const { issuer, file } of pool.orphans())
        report(
          `${file} revokes the key ${issuer}, which is not in any of the files; with GnuPG: gpg --import ${shownArgument(file)}`,
        );
      const wanted = [...fingerprints].flatMap((fingerprint) => pool.find(fingerprint) ?? []);
      const hits = wanted.filter(({ parts, userIds }) => {
        const known = parts.map(({ fingerprint }) => fingerprint);
        return terms.some((term) => mayMean(term, known, userIds));
      });
      return (await Promise.all(hits.map((key) => pool.judge(key)))).filter((key) => key !== undefined);
    },
    find: (fingerprint) => pool.find(fingerprint),
    add: async (key) => {
      own.add(key.fingerprint);
      await pool.add(key);
    },
    lookAgain: () => byPath.clear(),
    get faults() {
      return [...faults];
    },
  };
}

interface Loading {
  readonly pool: KeyPool;
  readonly report: (text: string) => void;
  readonly detail: (text: string) => void;
}

async function load(fileOrFolder: string, loading: Loading): Promise<readonly Fingerprint[]> {
  const found = await findKeyFiles(fileOrFolder);
  for (const text of found.faults) loading.report(`${text}: its public keys are not used`);
  const loaded: Fingerprint[] = [];
  for (const file of found.files)
    for (const key of await readPublic(file, loading)) {
      await loading.pool.add(key);
      loaded.push(key.fingerprint);
    }
  return loaded;
}

async function readPublic(
  { file, octets, mustHoldKeys }: KeyFile,
  { pool, report, detail }: Loading,
): Promise<readonly ReadKey[]> {
  const { looksLikeKeys, readKeyFile } = await import('../../openpgp/keys.js');
  if (!mustHoldKeys && !looksLikeKeys(octets)) return [];
  const content = readKeyFile(octets);
  for (const text of content.faults) report(`${file}: ${text}`);
  pool.addRevocations(content.revocations.map((revocation) => ({ ...revocation, file })));
  return content.keys.filter(({ secretOctets, fingerprint, userIds }) => {
    if (secretOctets) {
      report(
        `${file} holds a SECRET key, ${fingerprint}, among the public keys: it is not used. Remove it; if others could read it, it is no longer secret`,
      );
    } else detail(`public key ${fingerprint} (${userIds[0] ?? 'no user ID'}) from ${file}`);
    return secretOctets === undefined;
  });
}
