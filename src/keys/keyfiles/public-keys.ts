import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';
import type { PublicKey, SearchTerm } from '../keystore.js';
import { mayMean } from '../search.js';
import { shownArgument } from '../../files/shown.js';
import { findKeyFiles, isReadByOthers, type KeyfilesMessages, type KeyFile, type KeyPlace } from './files.js';
import { createKeyPool, type KeyPool } from './key-pool.js';

/** Public keys that were read from files. */
export interface PublicKeys {
  /** The keys in the given places that a term may mean and whose self-signatures are valid. */
  search(terms: readonly SearchTerm[], places: readonly KeyPlace[]): Promise<readonly PublicKey[]>;
  /** A key that was found earlier, by the fingerprint of its primary key or of a subkey. */
  find(fingerprint: Fingerprint): ReadKey | undefined;
  /** Adds the public half of a key of the user's own. */
  add(key: ReadKey): Promise<void>;
  /** Makes the next search read each place again: the user may have added keys. */
  lookAgain(): void;
  /** What was found but cannot be used, each with its file. */
  readonly faults: readonly string[];
}

/** Makes {@link PublicKeys}. Each place is read once. */
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
    search: async (terms, places) => {
      const fingerprints = new Set(own);
      for (const place of places) {
        const loaded = byPath.get(place.fileOrFolder) ?? load(place, loading);
        byPath.set(place.fileOrFolder, loaded);
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

async function load(place: KeyPlace, loading: Loading): Promise<readonly Fingerprint[]> {
  const found = await findKeyFiles(place);
  const what = place.kind === 'home' ? 'keys' : 'public keys';
  for (const text of found.faults) loading.report(`${text}: its ${what} are not used`);
  const read = await Promise.all(found.files.map((file) => readPublic(file, loading)));
  const loaded = read.flatMap(({ open }) => open);
  for (const key of loaded) await loading.pool.add(key);
  const known = new Set(loaded.map(({ fingerprint }) => fingerprint));
  for (const { file, secret, faults } of read) {
    for (const text of faults) loading.report(`${file}: ${text}`);
    for (const { fingerprint } of secret)
      if (!(await isInPlace(file, place, known.has(fingerprint)))) loading.report(misplaced(file, fingerprint));
  }
  return [...known];
}

// The user may keep both halves of a key in one folder, if nobody else reads the private one; a folder that is shared never holds one.
async function isInPlace(file: string, { kind }: KeyPlace, hasPublicHalf: boolean): Promise<boolean> {
  return kind === 'home' || (kind === 'named' && hasPublicHalf && !(await isReadByOthers(file)));
}

function misplaced(file: string, fingerprint: Fingerprint): string {
  return `${file} holds a SECRET key, ${fingerprint}, among the public keys: it is not used. Remove it; if others could read it, it is no longer secret`;
}

/** The keys of a file. */
interface ReadFile {
  readonly file: string;
  readonly open: readonly ReadKey[];
  readonly secret: readonly ReadKey[];
  readonly faults: readonly string[];
}

async function readPublic({ file, octets, mustHoldKeys }: KeyFile, { pool, detail }: Loading): Promise<ReadFile> {
  const { looksLikeKeys, readKeyFile } = await import('../../openpgp/keys.js');
  if (!mustHoldKeys && !looksLikeKeys(octets)) return { file, open: [], secret: [], faults: [] };
  const content = readKeyFile(octets);
  pool.addRevocations(content.revocations.map((revocation) => ({ ...revocation, file })));
  const isSecret = ({ secretOctets }: ReadKey) => secretOctets !== undefined;
  const open = content.keys.filter((key) => !isSecret(key));
  for (const { fingerprint, userIds } of open)
    detail(`public key ${fingerprint} (${userIds[0] ?? 'no user ID'}) from ${file}`);
  return { file, open, secret: content.keys.filter(isSecret), faults: content.faults };
}
