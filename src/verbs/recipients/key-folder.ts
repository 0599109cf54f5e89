import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { cannot } from '../../files/cannot.js';
import { createNew } from '../../files/create.js';
import { shownPath } from '../../files/shown.js';
import { readSnapshot, realPathOf, replaceFile } from '../../files/snapshot.js';
import { sweepStale } from '../../files/stale.js';
import { gitTop } from '../../git/top.js';
import { findKeyFiles } from '../../keys/keyfiles/files.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';

/** A file of public keys, and whether all that it holds is known: only then can it be written again without a loss. */
export interface KeysFile {
  readonly file: string;
  readonly keys: readonly ReadKey[];
  readonly isPlain: boolean;
}

/** Reads the public keys in files and folders; secret keys among them are left out. */
export async function readKeysFiles(paths: readonly string[]): Promise<readonly KeysFile[]> {
  const { looksLikeKeys, readKeyFile, revocationsIn } = await import('../../openpgp/keys.js');
  const found = await Promise.all(paths.map((fileOrFolder) => findKeyFiles({ fileOrFolder, kind: 'named' })));
  return found
    .flatMap(({ files }) => files)
    .filter(({ octets }) => looksLikeKeys(octets))
    .map(({ file, octets }) => {
      const { keys, faults, revocations } = readKeyFile(octets);
      const open = keys.filter(({ secretOctets }) => secretOctets === undefined);
      // A revocation that stands by itself is in no key.
      const isComplete = revocations.length === keys.flatMap(revocationsIn).length;
      const isPlain = faults.length === 0 && open.length === keys.length && isComplete;
      return { file, keys: open, isPlain };
    });
}

/**
 * Makes sure that a folder of keys, which a repository may have brought, is not a link out of it: nothing elsewhere may be written or
 * removed.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
async function checkInside(folder: string): Promise<void> {
  const around = await realPathOf(path.dirname(path.dirname(folder)));
  const top = (await gitTop(around)) ?? around;
  const real = await realPathOf(folder);
  if (real.startsWith(path.join(top, path.sep))) return;
  throw new EyamlError(
    'FILE_UNWRITABLE',
    `${shownPath(folder)} leads to ${real}, outside ${top}: its keys are not changed`,
  );
}

/**
 * Writes a public key into a folder of keys, unless it has it.
 *
 * @returns the file, or undefined if none was written.
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function addKey(
  folder: string,
  fingerprint: Fingerprint,
  octets: Uint8Array,
): Promise<string | undefined> {
  const { armorKeys } = await import('../../openpgp/keys.js');
  await checkInside(folder);
  // Of a killed run that came as far as this key.
  sweepStale(folder);
  const known = await readKeysFiles([folder]);
  if (known.some(({ keys }) => keys.some((key) => key.fingerprint === fingerprint))) return undefined;
  const file = path.join(folder, `${fingerprint}.asc`);
  return (await createNew(file, await armorKeys(octets))) ? file : undefined;
}

/** What became of the files of a key. */
export interface RemovedKey {
  readonly removed: readonly string[];
  /** Files that hold more than this key; they are unchanged. */
  readonly kept: readonly string[];
}

/**
 * Removes the files of a key from a folder of keys.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function removeKey(folder: string, fingerprint: Fingerprint): Promise<RemovedKey> {
  await checkInside(folder);
  const holding = (await readKeysFiles([folder])).filter(({ keys }) =>
    keys.some((key) => key.fingerprint === fingerprint),
  );
  const isAlone = ({ keys, isPlain }: KeysFile) => isPlain && keys.every((key) => key.fingerprint === fingerprint);
  const removed = holding.filter(isAlone).map(({ file }) => file);
  for (const file of removed) {
    await unlink(file).catch((error: unknown) => {
      throw cannot('write', file, error);
    });
  }
  return { removed, kept: holding.filter((one) => !isAlone(one)).map(({ file }) => file) };
}

/**
 * Brings a key in a folder of keys up to date with other copies of it.
 *
 * @returns the file that was written, or undefined if the folder has all that the copies have.
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function renewKey(
  folder: string,
  fingerprint: Fingerprint,
  copies: readonly ReadKey[],
): Promise<string | undefined> {
  const { armorKeys, mergeKeys, writePublicKeys } = await import('../../openpgp/keys.js');
  await checkInside(folder);
  const holding = (await readKeysFiles([folder])).flatMap((file) =>
    file.keys.filter((key) => key.fingerprint === fingerprint).map((key) => ({ ...file, key })),
  );
  const known = merged(
    holding.map(({ key }) => key),
    mergeKeys,
  );
  const whole = merged([...(known ? [known] : []), ...copies], mergeKeys);
  if (whole === undefined) return undefined;
  const octets = writePublicKeys([whole]);
  if (known && Buffer.compare(octets, writePublicKeys([known])) === 0) return undefined;
  const own = holding.find(({ keys, isPlain }) => keys.length === 1 && isPlain)?.file;
  const file = own ?? path.join(folder, `${fingerprint}.asc`);
  const snapshot = await readSnapshot(file);
  if (path.dirname(snapshot.realPath) !== (await realPathOf(folder)))
    throw new EyamlError('FILE_UNWRITABLE', `${shownPath(file)} is a link: it is not changed`);
  await replaceFile(snapshot, Buffer.from(await armorKeys(octets)), { onConflict: 'fail' });
  return file;
}

function merged(keys: readonly ReadKey[], merge: (a: ReadKey, b: ReadKey) => ReadKey): ReadKey | undefined {
  const [first, ...others] = keys;
  return first && others.reduce(merge, first);
}
