import type { Context } from '../../context/context.js';
import { addRecipients, createRecipientsFile } from '../../recipients/file.js';
import { resolve } from '../../recipients/resolve.js';
import { addKey } from './key-folder.js';
import { changeLines, type ListFile } from './list-file.js';
import { findMembers, memberOf, noChange, type ListChange, type Member } from './members.js';

/**
 * Adds people to a recipients file, at its end, and their public keys to the folder of keys where there is one.
 *
 * @param specs - names, by the rules of recipients files.
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` if a name does not stand for one acceptable key; nothing is written then. And as
 * {@link changeLines} does.
 */
export async function addMembers(listFile: ListFile, specs: readonly string[], context: Context): Promise<ListChange> {
  const { file, list, isNew } = listFile;
  const { keystore } = context;
  const members = await findMembers(specs, list, context);
  const pins = await pinsIn(listFile, context);
  const added = members.filter(({ pin }) => !pins.has(pin));
  const keysWritten = list.keysFolder === undefined ? [] : await addKeys(list.keysFolder, members, keystore);
  // The recipients file last: the keys that it needs are there, even after a crash.
  const isMade = isNew && (await createRecipientsFile(file, added));
  if (!isMade && added.length > 0) {
    await changeLines(file, (old) => {
      const there = new Set(old.map(({ spec }) => spec));
      return addRecipients(
        old,
        added.filter(({ pin }) => !there.has(pin)),
      );
    });
  }
  const already = members.filter(({ pin }) => pins.has(pin));
  return { ...noChange(listFile), added, already, keysWritten };
}

// What today's lines would be if they were written by `add`.
async function pinsIn({ list }: ListFile, { keystore }: Context): Promise<ReadonlySet<string>> {
  const { lines } = await resolve(list, keystore, 'always');
  return new Set(lines.flatMap(({ meant }) => (meant ? [memberOf(meant).pin] : [])));
}

async function addKeys(
  folder: string,
  members: readonly Member[],
  keystore: Context['keystore'],
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { fingerprint } of members) {
    const file = await addKey(folder, fingerprint, await keystore.exportKeys([fingerprint]));
    if (file !== undefined) written.push(file);
  }
  return written;
}
