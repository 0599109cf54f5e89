import path from 'node:path';
import { realPathOf } from '../../files/snapshot.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { governedBy, recordName, type RecipientsRecord, type RecordedKey } from '../record.js';

/** A recipients file that the user changed with a command. */
export interface OwnChange {
  /** The recipients file. */
  readonly file: string;
  /** Those whom the user named for it. */
  readonly named: readonly Fingerprint[];
  /** All who are in it now, acceptable or not. */
  readonly keys: readonly RecordedKey[];
}

/** The real path of a file in the folder of a recipients file, which finds the repository. */
export async function besideOwn({ file }: OwnChange): Promise<string> {
  return path.join(await realPathOf(path.dirname(file)), 'new.yaml');
}

/**
 * A record that accepts, in a recipients file, those whom the user named and who was seen before. A stranger's line is still asked about.
 *
 * @param beside - as {@link besideOwn} gives it.
 */
export function withOwn(
  record: RecipientsRecord,
  top: string,
  beside: string,
  { file, named, keys }: OwnChange,
): RecipientsRecord {
  const { files } = record;
  const name = recordName(top, path.join(path.dirname(beside), path.basename(file)));
  const formerly = files.has(name) ? name : (governedBy(record, top, beside) ?? name);
  const accepted = new Set([...named, ...(files.get(formerly) ?? []).map(({ fingerprint }) => fingerprint)]);
  const kept = keys.filter(({ fingerprint }) => accepted.has(fingerprint));
  return { ...record, files: new Map(files).set(name, kept) };
}
