import type { AnyKeyPacket, AnySecretKeyPacket } from 'openpgp';
import { CONFIG } from './config.js';
import { parseFingerprint, type Fingerprint } from './identifiers.js';
import { loadLibrary } from './library.js';
import { readPublicNumbers } from './public-numbers.js';
import { wipeable, type SecretNumbers, type SecretState } from './secret-numbers.js';

/** The states of the parts of any secret key, as openpgp.js reads them. */
export async function statesWithLibrary(octets: Uint8Array): Promise<ReadonlyMap<Fingerprint, SecretState>> {
  const states = new Map<Fingerprint, SecretState>();
  for (const { keyPacket } of await partsOf(octets)) {
    const fingerprint = parseFingerprint(keyPacket.getFingerprint());
    if (fingerprint) states.set(fingerprint, stateOf(keyPacket));
  }
  return states;
}

/**
 * Reads the numbers of one part of any secret key with openpgp.js.
 *
 * @param octets - one secret key in binary form.
 * @param passphrase - for a part that is `locked`.
 * @returns undefined when the passphrase is wrong.
 * @throws RangeError when the part is missing, or is protected in an unsupported way.
 */
export async function openWithLibrary(
  octets: Uint8Array,
  fingerprint: Fingerprint,
  passphrase: Buffer,
): Promise<SecretNumbers | undefined> {
  const packet = await openPacket(octets, fingerprint, passphrase);
  if (packet === undefined) return undefined;
  // The public fields come first in a secret key packet's body (RFC 9580, section 5.5.3), and only they are read.
  const publicNumbers = readPublicNumbers(fingerprint, packet.write());
  const secret = packet.privateParams as Readonly<Record<string, Uint8Array>> | null;
  if (publicNumbers === undefined || secret === null) throw new RangeError('no version 4 secret key');
  return wipeable(publicNumbers, secret);
}

/** The unlocked packet of one part, as {@link openWithLibrary} gives its numbers. */
export async function openPacket(
  octets: Uint8Array,
  fingerprint: Fingerprint,
  passphrase: Buffer,
): Promise<AnySecretKeyPacket | undefined> {
  const parts = await partsOf(octets);
  const packet = parts.find(({ keyPacket }) => parseFingerprint(keyPacket.getFingerprint()) === fingerprint)?.keyPacket;
  if (packet === undefined || stateOf(packet) === 'missing') throw new RangeError('no secret key');
  return packet.isDecrypted() || (await unlock(packet, passphrase)) ? packet : undefined;
}

async function unlock(packet: AnySecretKeyPacket, passphrase: Buffer): Promise<boolean> {
  try {
    // openpgp.js accepts only strings, and strings cannot be wiped.
    await packet.decrypt(passphrase.toString());
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Incorrect key passphrase')) return false;
    throw new RangeError('unknown protection');
  }
}

async function partsOf(octets: Uint8Array): Promise<readonly { readonly keyPacket: AnySecretKeyPacket }[]> {
  const { readPrivateKey, SecretKeyPacket, SecretSubkeyPacket } = await loadLibrary();
  const isSecret = (packet: AnyKeyPacket) => packet instanceof SecretKeyPacket || packet instanceof SecretSubkeyPacket;
  // A copy, since openpgp.js returns views of its input, and those are wiped.
  const key = await readPrivateKey({ binaryKey: Uint8Array.from(octets), config: CONFIG });
  return key.getKeys().flatMap(({ keyPacket }) => (isSecret(keyPacket) ? [{ keyPacket }] : []));
}

function stateOf(packet: AnySecretKeyPacket): SecretState {
  if (packet.isMissingSecretKeyMaterial()) return 'missing';
  return packet.isDecrypted() ? 'open' : 'locked';
}
