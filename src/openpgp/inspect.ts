import { EyamlError } from '../errors.js';
import type { KeyId } from './identifiers.js';
import { PACKET, readPackets, readPkesk, type Packet } from './packets.js';

/** What can be read from the packets of a message without any key. */
export interface MessageHead {
  /** Key IDs of the encryption subkeys that can open it; all zeros for a hidden recipient. */
  readonly readers: readonly KeyId[];
  /** Whether a password can open it too. */
  readonly hasPassword: boolean;
  /** How the data is protected: SEIPD version 1, an AEAD packet that GnuPG before 2.3 cannot read, or not at all. */
  readonly protection: 'mdc' | 'aead' | 'none';
}

/**
 * Reads the first packets of a binary OpenPGP message, and checks that all packets are complete.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is cut short or is not an encrypted message.
 */
export function readHead(octets: Uint8Array): MessageHead {
  try {
    const packets = readPackets(octets).filter(({ tag }) => tag !== PACKET.marker);
    const data = packets.at(-1);
    const keys = packets.slice(0, -1);
    if (
      data === undefined ||
      keys.length === 0 ||
      !keys.every(({ tag }) => tag === PACKET.pkesk || tag === PACKET.skesk)
    )
      throw invalid();
    const readers = keys.filter(({ tag }) => tag === PACKET.pkesk).map(({ body }) => readPkesk(body).keyId);
    return { readers, hasPassword: keys.some(({ tag }) => tag === PACKET.skesk), protection: protectionOf(data) };
  } catch (error) {
    throw error instanceof RangeError ? invalid() : error;
  }
}

/**
 * Whether octets start as an encrypted message does: with a session key packet of a known version (RFC 9580, sections 4.2, 5.1 and
 * 5.3). What follows may be damaged.
 */
export function startsAsMessage(octets: Uint8Array): boolean {
  const [first = 0, second = 0] = octets;
  const isOldFormat = (first & 0xc0) === 0x80;
  const tag = isOldFormat ? (first >> 2) & 0x0f : first & 0x3f;
  const lengthOctets = isOldFormat ? 1 << (first & 3) : second < 192 ? 1 : second < 224 ? 2 : 5;
  const version = octets[1 + lengthOctets];
  if (first < 0x80 || version === undefined) return false;
  return tag === PACKET.pkesk ? [2, 3, 6].includes(version) : tag === PACKET.skesk && version >= 4 && version <= 6;
}

function protectionOf({ tag, body }: Packet): MessageHead['protection'] {
  if (tag === PACKET.sed) return 'none';
  if (tag === PACKET.aead || (tag === PACKET.seipd && body[0] === 2)) return 'aead';
  if (tag === PACKET.seipd) return 'mdc';
  throw invalid();
}

function invalid(): EyamlError {
  return new EyamlError(
    'MESSAGE_INVALID',
    'the message cannot be read: it is damaged or cut short, or it is not an OpenPGP message',
  );
}
