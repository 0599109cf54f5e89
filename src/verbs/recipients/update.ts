import type { Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import { KEYS_FOLDER } from '../../recipients/nearest.js';
import { resolve } from '../../recipients/resolve.js';
import { readKeysFiles, renewKey } from './key-folder.js';
import type { ListFile } from './list-file.js';
import { noChange, type ListChange } from './members.js';

/**
 * Brings the folder of public keys up to date for the people of a recipients file: with the copies that GnuPG has, and those in other
 * files. A copy adds to what is there, so no revocation is lost.
 *
 * @param others - files and folders with newer copies.
 * @throws {@link EyamlError} `USAGE` where there is no folder of keys, `FILE_UNWRITABLE`.
 */
export async function updateKeys(
  listFile: ListFile,
  others: readonly string[],
  { keystore }: Context,
): Promise<ListChange> {
  const { keysFolder } = listFile.list;
  if (keysFolder === undefined) {
    throw new EyamlError('USAGE', `nothing to update: there is no folder ${KEYS_FOLDER} for ${listFile.file}`, {
      suggestions: ['without it, keys come from GnuPG: gpg --import FILE renews one there'],
    });
  }
  const { readKeyFile } = await import('../../openpgp/keys.js');
  const { lines } = await resolve(listFile.list, keystore, 'always');
  // Also keys that cannot be used now: these are the ones that were renewed.
  const people = lines.flatMap(({ candidates }) => (candidates().length === 1 ? candidates() : []));
  const given = (await readKeysFiles(others)).flatMap(({ keys }) => keys);
  const keysWritten: string[] = [];
  for (const { primaryKey } of people) {
    const { fingerprint } = primaryKey;
    const { keys } = readKeyFile(await keystore.exportKeys([fingerprint]));
    const copies = [...keys, ...given].filter((key) => key.fingerprint === fingerprint && !key.secretOctets);
    const file = await renewKey(keysFolder, fingerprint, copies);
    if (file !== undefined) keysWritten.push(file);
  }
  return { ...noChange(listFile), keysWritten };
}
