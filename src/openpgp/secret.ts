import { isUtf8 } from 'node:buffer';
import type { Fingerprint } from './identifiers.js';
import { wipeable, type SecretNumbers, type SecretState } from './secret-numbers.js';
import { openUsualSecret, readUsualSecrets } from './usual-secret.js';

const library = () => import('./library-secret.js');

/** The states of a secret key's parts, by fingerprint; a part without a secret half is `missing`. */
export async function secretStates(octets: Uint8Array): Promise<ReadonlyMap<Fingerprint, SecretState>> {
  const parts = readUsualSecrets(octets);
  if (parts === undefined) return (await library()).statesWithLibrary(octets);
  return new Map(parts.map(({ fingerprint, protection }) => [fingerprint, protection.kind]));
}

/**
 * Reads the numbers of one part of a secret key. Keys in the usual forms are read and unlocked here; openpgp.js has the last word on all
 * others.
 *
 * @param octets - one secret key in binary form.
 * @param passphrase - for a part that is `locked`.
 * @returns undefined when the passphrase is wrong.
 * @throws RangeError when the part is missing, or is protected in an unsupported way.
 */
export async function readSecretNumbers(
  octets: Uint8Array,
  fingerprint: Fingerprint,
  passphrase: Buffer = Buffer.alloc(0),
): Promise<SecretNumbers | undefined> {
  const part = readUsualSecrets(octets)?.find((candidate) => candidate.fingerprint === fingerprint);
  // openpgp.js wants a string, in which octets that are not UTF-8 are replaced.
  const opened = part && isUtf8(passphrase) ? openUsualSecret(part, passphrase) : undefined;
  if (opened === 'wrong') return undefined;
  if (part && opened) return wipeable(part.publicNumbers, opened);
  return (await library()).openWithLibrary(octets, fingerprint, passphrase);
}
