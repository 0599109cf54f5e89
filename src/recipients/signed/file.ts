import path from 'node:path';
import { EyamlError, type ErrorDetails } from '../../errors.js';
import { LIMITS, readLimited } from '../../files/read.js';
import { shownPath } from '../../files/shown.js';
import { realPathOf } from '../../files/snapshot.js';
import { readCleartext, type SignedText } from '../../openpgp/cleartext.js';

/** Where the signed manifest of a work tree is, from its top folder. */
export const MANIFEST_FILE = '.eyaml/recipients.asc';

/** A manifest that cannot be used. */
export interface DamagedManifest {
  /** What is wrong, and what to do. */
  readonly damage: EyamlError;
  /** What is in the file, signed or not. */
  readonly content: string;
}

/**
 * Reads the signed manifest of a work tree. Only a regular file at its place counts, no link.
 *
 * @param top - the real path of the top folder of the work tree.
 * @returns undefined if there is none.
 * @throws {@link EyamlError} `RECIPIENTS_UNSIGNED` if there is something else, or it cannot be read.
 */
export async function readManifestFile(top: string): Promise<SignedText | DamagedManifest | undefined> {
  const file = path.join(top, MANIFEST_FILE);
  const read = await readLimited(file, { limit: LIMITS.manifest });
  if ('fault' in read && read.fault.isAbsent) return undefined;
  const cannot = (reason: string, ...suggestions: readonly string[]) =>
    unsigned(`cannot use ${shownPath(file)}: ${reason}`, { suggestions });
  if ('fault' in read) throw cannot(read.fault.reason);
  if ((await realPathOf(file)) !== file) throw cannot('it is a symbolic link, or its folder is one');
  const content = read.octets.toString();
  const signed = Buffer.from(content).equals(read.octets) ? readCleartext(content) : undefined;
  if (signed !== undefined) return signed;
  const [reason, suggestion] = /^(?:<{7}|={7}|>{7})/m.test(content)
    ? ['it has conflict markers', 'after resolving the conflicts of the recipients files: eyaml recipients sign']
    : [
        'it is damaged, or holds something besides the signed text',
        'restore it from git, or make a new one: eyaml recipients sign',
      ];
  return { damage: cannot(reason, suggestion), content };
}

/**
 * The same where it must be there and whole.
 *
 * @throws {@link EyamlError} `RECIPIENTS_UNSIGNED`.
 */
export async function requireManifestFile(top: string): Promise<SignedText> {
  const found = await readManifestFile(top);
  if (found === undefined)
    throw unsigned(`the recipients are not signed: there is no ${shownPath(path.join(top, MANIFEST_FILE))}`, {
      suggestions: ['a signer makes it with: eyaml recipients sign; if it was there before, restore it from git'],
    });
  if ('damage' in found) throw found.damage;
  return found;
}

/** The error for recipients that are not signed as they should be. */
export function unsigned(message: string, details: ErrorDetails = {}): EyamlError {
  return new EyamlError('RECIPIENTS_UNSIGNED', message, details);
}
