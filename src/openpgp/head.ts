import { EyamlError } from '../errors.js';
import type { KeyId } from '../identifiers.js';
import { OctetReader } from './octets.js';
import { readPkesk } from './packets.js';

/** What the packets at the head of a message say without any key. */
export interface MessageHead {
  /** Key IDs of the encryption subkeys that can open it; all zeros for a hidden recipient. */
  readonly readers: readonly KeyId[];
  /** Whether a password opens it too. */
  readonly hasPassword: boolean;
  /** How the data is protected: SEIPD version 1, an AEAD packet that GnuPG before 2.3 cannot read, or not at all. */
  readonly protection: 'mdc' | 'aead' | 'none';
}

// Packet tags of RFC 9580, section 5.
const PKESK = 1;
const SKESK = 3;
const SED = 9;
const MARKER = 10;
const SEIPD = 18;
const AEAD = 20;

interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
}

/**
 * Reads the head of a binary OpenPGP message, and checks that the packets are whole.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is cut short or is no encrypted message.
 */
export function readHead(octets: Uint8Array): MessageHead {
  try {
    const packets = readPackets(octets).filter(({ tag }) => tag !== MARKER);
    const data = packets.at(-1);
    const keys = packets.slice(0, -1);
    if (data === undefined || keys.length === 0 || !keys.every(({ tag }) => tag === PKESK || tag === SKESK))
      throw invalid();
    const readers = keys.filter(({ tag }) => tag === PKESK).map(({ body }) => readPkesk(body).keyId);
    return { readers, hasPassword: keys.some(({ tag }) => tag === SKESK), protection: protectionOf(data) };
  } catch (error) {
    throw error instanceof RangeError ? invalid() : error;
  }
}

function protectionOf({ tag, body }: Packet): MessageHead['protection'] {
  if (tag === SED) return 'none';
  if (tag === AEAD || (tag === SEIPD && body[0] === 2)) return 'aead';
  if (tag === SEIPD) return 'mdc';
  throw invalid();
}

/** Splits octets into packets (RFC 9580, section 4.2, both formats). */
function readPackets(octets: Uint8Array): readonly Packet[] {
  const reader = new OctetReader(octets);
  const packets: Packet[] = [];
  while (!reader.isAtEnd()) {
    const header = reader.octet();
    if ((header & 0x80) === 0) throw invalid();
    packets.push(
      header & 0x40
        ? { tag: header & 0x3f, body: newBody(reader) }
        : { tag: (header >> 2) & 0x0f, body: oldBody(header & 3, reader) },
    );
  }
  return packets;
}

function oldBody(lengthType: number, reader: OctetReader): Uint8Array {
  return lengthType === 3 ? reader.rest() : reader.take(reader.number(1 << lengthType));
}

function newBody(reader: OctetReader): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const first = reader.octet();
    if (first >= 224 && first < 255) {
      parts.push(reader.take(2 ** (first & 0x1f)));
      continue;
    }
    const length = first < 192 ? first : first < 224 ? (first - 192) * 256 + reader.octet() + 192 : reader.number(4);
    parts.push(reader.take(length));
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }
}

function invalid(): EyamlError {
  return new EyamlError(
    'MESSAGE_INVALID',
    'the message cannot be read: it is damaged or cut short, or it is no OpenPGP message',
  );
}
