import type { Fingerprint } from './identifiers.js';
import { PACKET, readPackets } from './packets.js';
import { readPublicNumbers, type PublicNumbers } from './public-numbers.js';
import { fingerprintOf } from './self-signatures.js';

/**
 * Reads the public numbers of primary keys and subkeys, version 4, out of binary public keys as `gpg --export` writes them. Their
 * signatures are not read: the caller knows from elsewhere which fingerprints may be used. What cannot be read is left out.
 *
 * @throws RangeError when a packet is cut short, or the octets are not packets.
 */
export function readKeyNumbers(octets: Uint8Array): ReadonlyMap<Fingerprint, PublicNumbers> {
  const found = new Map<Fingerprint, PublicNumbers>();
  for (const { tag, body } of readPackets(octets)) {
    const fingerprint = tag === PACKET.publicKey || tag === PACKET.publicSubkey ? fingerprintOf(body) : undefined;
    const numbers = fingerprint && numbersIn(fingerprint, body);
    if (fingerprint && numbers) found.set(fingerprint, numbers);
  }
  return found;
}

/** The same for the body of one packet; undefined when it is not of that fingerprint, or cannot be read. */
export function numbersOf(fingerprint: Fingerprint, body: Uint8Array): PublicNumbers | undefined {
  return fingerprintOf(body) === fingerprint ? numbersIn(fingerprint, body) : undefined;
}

function numbersIn(fingerprint: Fingerprint, body: Uint8Array): PublicNumbers | undefined {
  try {
    return readPublicNumbers(fingerprint, body);
  } catch {
    return undefined;
  }
}
