import * as openpgp from 'openpgp';
import { CONFIG } from './config.js';
import { parseFingerprint, type Fingerprint } from './identifiers.js';
import { readPublicNumbers, type PublicNumbers } from './public-numbers.js';

/** Whether a secret key can be used: as it is, with its passphrase, or not at all (it is on a card, or protected in an unknown way). */
export type SecretState = 'open' | 'locked' | 'missing';

/** A secret key's numbers, most significant octet first (RFC 9580, section 5.5.5). `wipe` overwrites them. */
export interface SecretNumbers {
  readonly publicNumbers: PublicNumbers;
  /** RSA: `d`, `p`, `q`, `u`; ECDH: `d`. */
  readonly secret: Readonly<Record<string, Uint8Array>>;
  wipe(): void;
}

/** The states of a secret key's parts, by fingerprint; a part without a secret half is `missing`. */
export async function secretStates(octets: Uint8Array): Promise<ReadonlyMap<Fingerprint, SecretState>> {
  const states = new Map<Fingerprint, SecretState>();
  for (const { keyPacket } of await partsOf(octets)) {
    const fingerprint = parseFingerprint(keyPacket.getFingerprint());
    if (fingerprint) states.set(fingerprint, stateOf(keyPacket));
  }
  return states;
}

/**
 * Reads the numbers of one part of a secret key.
 *
 * @param octets - one secret key in binary form.
 * @param passphrase - for a part that is `locked`.
 * @returns undefined when the passphrase is wrong.
 * @throws RangeError when the part is missing, or is protected in an unsupported way.
 */
export async function readSecretNumbers(
  octets: Uint8Array,
  fingerprint: Fingerprint,
  passphrase: Buffer | undefined,
): Promise<SecretNumbers | undefined> {
  const parts = await partsOf(octets);
  const packet = parts.find(({ keyPacket }) => parseFingerprint(keyPacket.getFingerprint()) === fingerprint)?.keyPacket;
  if (packet === undefined || stateOf(packet) === 'missing') throw new RangeError('no secret key');
  if (!packet.isDecrypted() && !(await unlock(packet, passphrase))) return undefined;
  // The public fields come first in a secret key packet's body (RFC 9580, section 5.5.3), and only they are read.
  const publicNumbers = readPublicNumbers(fingerprint, packet.write());
  const secret = packet.privateParams as Readonly<Record<string, Uint8Array>> | null;
  if (publicNumbers === undefined || secret === null) throw new RangeError('no version 4 secret key');
  return {
    publicNumbers,
    secret,
    wipe: () => {
      for (const number of Object.values(secret)) number.fill(0);
    },
  };
}

async function unlock(packet: openpgp.AnySecretKeyPacket, passphrase: Buffer | undefined): Promise<boolean> {
  try {
    // openpgp.js accepts only strings, and strings cannot be wiped.
    await packet.decrypt(passphrase?.toString() ?? '');
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Incorrect key passphrase')) return false;
    throw new RangeError('unknown protection');
  }
}

async function partsOf(octets: Uint8Array): Promise<readonly { readonly keyPacket: openpgp.AnySecretKeyPacket }[]> {
  // A copy, since openpgp.js returns views of its input, and those are wiped.
  const key = await openpgp.readPrivateKey({ binaryKey: Uint8Array.from(octets), config: CONFIG });
  return key.getKeys().flatMap(({ keyPacket }) => (isSecret(keyPacket) ? [{ keyPacket }] : []));
}

function isSecret(packet: openpgp.AnyKeyPacket): packet is openpgp.AnySecretKeyPacket {
  return packet instanceof openpgp.SecretKeyPacket || packet instanceof openpgp.SecretSubkeyPacket;
}

function stateOf(packet: openpgp.AnySecretKeyPacket): SecretState {
  if (packet.isMissingSecretKeyMaterial()) return 'missing';
  return packet.isDecrypted() ? 'open' : 'locked';
}
