import { lowerAscii } from '../text/utf8.js';
import type { SearchTerm } from './keystore.js';

/**
 * Whether a term may mean a key, as GnuPG looks keys up: the end of a fingerprint is a key ID, and a name is a part of a user ID,
 * whatever the case of its ASCII letters.
 *
 * @param fingerprints - of the primary key and all subkeys.
 */
export function mayMean(term: SearchTerm, fingerprints: readonly string[], userIds: readonly string[]): boolean {
  if (term.kind === 'text') return userIds.some((text) => lowerAscii(text).includes(lowerAscii(term.text)));
  const hex = term.hex.toUpperCase();
  return fingerprints.some((fingerprint) => fingerprint.endsWith(hex));
}
