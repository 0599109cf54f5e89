import { createHash, timingSafeEqual } from 'node:crypto';
import { AES_BLOCK, decryptCfb } from './cfb.js';
import { PACKET, readPackets, readUsualPkesk, type Packet, type Pkesk } from './packets.js';
import type { RawPacket } from './raw-packets.js';
import type { SessionKey } from './session-key.js';

/** A message in the form that nearly every message has, as GnuPG and this program write them. */
export interface UsualMessage {
  readonly pkesks: readonly Pkesk[];
  /** The body of its SEIPD packet, version 1. */
  readonly seipd: Uint8Array;
}

// The header of the packet with the SHA-1 digest, always in this form, and the digest (RFC 9580, section 5.13.1).
const MDC_HEADER = Buffer.of(0xd3, 0x14);
const DIGEST = 20;
const PREFIX = AES_BLOCK + 2;

/**
 * Reads a binary message of PKESK packets, version 3, for RSA, ECDH and ElGamal, and one SEIPD packet, version 1 (RFC 9580, section 10.3).
 *
 * @returns undefined for everything else, damaged or only rare: openpgp.js reads it, or says what is wrong.
 */
export function readUsualMessage(octets: Uint8Array): UsualMessage | undefined {
  const packets = packetsIn(octets);
  const data = packets.at(-1);
  if (data?.tag !== PACKET.seipd || data.body[0] !== 1 || packets.length === 1) return undefined;
  const pkesks: Pkesk[] = [];
  for (const packet of packets.slice(0, -1)) {
    const pkesk = packet.tag === PACKET.pkesk && !isPartial(octets, packet) ? readUsualPkesk(packet.body) : undefined;
    if (pkesk === undefined) return undefined;
    pkesks.push(pkesk);
  }
  return { pkesks, seipd: data.body };
}

/**
 * Decrypts a message with AES, and verifies its integrity before anything of it is looked at.
 *
 * @returns its one literal or compressed packet; undefined when its integrity check fails, and for everything else: openpgp.js reads it, or
 * says what is wrong.
 */
export function openUsualMessage({ seipd }: UsualMessage, sessionKey: SessionKey): RawPacket | undefined {
  const content = decrypt(seipd.subarray(1), sessionKey);
  const [packet, second] = content ? packetsIn(content) : [];
  const isData = packet?.tag === PACKET.literal || packet?.tag === PACKET.compressed;
  return isData && second === undefined && packet.body.length > 0 ? packet : undefined;
}

// A block of random octets with its last two repeated, packets, and the SHA-1 digest of all that (RFC 9580, section 5.13.1).
function decrypt(encrypted: Uint8Array, { algorithm, data }: SessionKey): Uint8Array | undefined {
  const octets = decryptCfb(algorithm, data, Buffer.alloc(AES_BLOCK), encrypted);
  if (octets === undefined || octets.length < PREFIX + MDC_HEADER.length + DIGEST) return undefined;
  const hashed = octets.subarray(0, -DIGEST);
  const digest = createHash('sha1').update(hashed).digest();
  const isIntact = timingSafeEqual(digest, octets.subarray(-DIGEST));
  const isRepeated = octets.subarray(AES_BLOCK - 2, AES_BLOCK).equals(octets.subarray(AES_BLOCK, PREFIX));
  const hasHeader = hashed.subarray(-MDC_HEADER.length).equals(MDC_HEADER);
  return isIntact && isRepeated && hasHeader ? hashed.subarray(PREFIX, -MDC_HEADER.length) : undefined;
}

function packetsIn(octets: Uint8Array): readonly Packet[] {
  try {
    return readPackets(octets);
  } catch {
    return [];
  }
}

// Only packets with data may come in parts (RFC 9580, section 4.2.1.4).
function isPartial(octets: Uint8Array, { start }: Packet): boolean {
  const [header = 0, length = 0] = octets.subarray(start, start + 2);
  return (header & 0x40) !== 0 && length >= 224 && length < 255;
}
