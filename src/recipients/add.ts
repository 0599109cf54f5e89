import { readSnapshot, replaceFile, textOf } from '../files/snapshot.js';
import { addRecipients, readLines, renderLines, type NewRecipient } from './file.js';

/**
 * Adds recipients at the end of a recipients file, but for those whose fingerprint is a line of it; everything else in it stays as it is.
 *
 * @returns whether there was something to add.
 * @throws {@link EyamlError} `FILE_UNWRITABLE`, `FILE_CHANGED`, `NOT_UTF8`; the file is then unchanged.
 */
export async function addToRecipientsFile(file: string, recipients: readonly NewRecipient[]): Promise<boolean> {
  const snapshot = await readSnapshot(file);
  const lines = readLines(textOf(snapshot.octets ?? Buffer.alloc(0), file));
  const there = new Set(lines.map(({ spec }) => spec.replaceAll(' ', '').toUpperCase()));
  const added = recipients.filter(({ fingerprint }) => !there.has(fingerprint));
  if (added.length === 0) return false;
  await replaceFile(snapshot, Buffer.from(renderLines(addRecipients(lines, added))), { onConflict: 'fail' });
  return true;
}
