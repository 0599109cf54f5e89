import type { SearchTerm } from './keystore.js';

/**
 * Whether a term may mean a key, as GnuPG looks keys up: the end of a fingerprint is a key ID, and a name is a part of a user ID,
 * whatever its case.
 *
 * @param fingerprints - of the primary key and all subkeys.
 */
export function mayMean(term: SearchTerm, fingerprints: readonly string[], userIds: readonly string[]): boolean {
  if (term.kind === 'text') return userIds.some((text) => text.toLowerCase().includes(term.text.toLowerCase()));
  const hex = term.hex.toUpperCase();
  return fingerprints.some((fingerprint) => fingerprint.endsWith(hex));
}
