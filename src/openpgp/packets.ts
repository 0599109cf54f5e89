import { WILDCARD_KEY_ID, parseKeyId, type KeyId } from './identifiers.js';
import { OctetReader } from './reader.js';

/** Packet tags of RFC 9580, section 5. Tag 20 is the AEAD packet of GnuPG 2.3. */
export const PACKET = {
  ...{ pkesk: 1, signature: 2, skesk: 3, onePassSignature: 4, secretKey: 5, publicKey: 6, secretSubkey: 7 },
  ...{ compressed: 8, sed: 9, marker: 10, literal: 11, trust: 12, userId: 13, publicSubkey: 14 },
  ...{ userAttribute: 17, seipd: 18, aead: 20, padding: 21 },
} as const;

/** A packet with its header parsed. */
export interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
  /** Where its header starts. */
  readonly start: number;
}

/** Public key algorithms of RFC 9580, section 9.1. */
export const PUBLIC_KEY = {
  ...{ rsa: 1, rsaEncryptOnly: 2, rsaSignOnly: 3, elgamal: 16, dsa: 17, ecdh: 18, ecdsa: 19, eddsa: 22, x25519: 25 },
} as const;

/** The fields of a PKESK packet that hold the session key, by algorithm (RFC 9580, section 5.1). */
export type PkeskFields =
  | { readonly kind: 'rsa'; readonly encrypted: Uint8Array }
  | { readonly kind: 'ecdh'; readonly ephemeralPoint: Uint8Array; readonly wrapped: Uint8Array };

/** One session key, encrypted for one recipient. */
export interface Pkesk {
  /** The recipient's encryption subkey; {@link WILDCARD_KEY_ID} for a hidden recipient. */
  readonly keyId: KeyId;
  /** RFC 9580, section 9.1. */
  readonly algorithm: number;
  /** Undefined for algorithms that only GnuPG itself can handle. */
  readonly fields: PkeskFields | undefined;
}

/**
 * Splits octets into packets (RFC 9580, section 4.2, both formats).
 *
 * @throws RangeError when a packet is cut short, or the octets are not a packet.
 */
export function readPackets(octets: Uint8Array): readonly Packet[] {
  const reader = new OctetReader(octets);
  const packets: Packet[] = [];
  while (!reader.isAtEnd()) {
    const start = reader.position;
    const header = reader.octet();
    if ((header & 0x80) === 0) throw new RangeError('no packet');
    packets.push(
      header & 0x40
        ? { tag: header & 0x3f, body: newBody(reader), start }
        : { tag: (header >> 2) & 0x0f, body: oldBody(header & 3, reader), start },
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

/** Writes a multiprecision integer (RFC 9580, section 3.2); leading zeros of the number are left out. */
export function writeNumber(number: Uint8Array): Buffer {
  const first = number.findIndex((octet) => octet !== 0);
  const digits = first === -1 ? new Uint8Array() : number.subarray(first);
  const bits = digits.length === 0 ? 0 : digits.length * 8 + 24 - Math.clz32(digits[0] ?? 0);
  return Buffer.concat([Buffer.of(bits >> 8, bits & 0xff), digits]);
}

/** Writes a packet in the new format (RFC 9580, section 4.2.1). */
export function writePacket(tag: number, body: Uint8Array): Buffer {
  const { length } = body;
  const lengthOctets =
    length < 192
      ? Buffer.of(length)
      : length < 8384
        ? Buffer.of(((length - 192) >> 8) + 192, (length - 192) & 0xff)
        : Buffer.of(255, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  return Buffer.concat([Buffer.of(0xc0 | tag), lengthOctets, body]);
}

/**
 * Reads the body of a PKESK packet. For a version other than 3, neither a key ID nor fields are read.
 *
 * @throws RangeError when the body is cut short.
 */
export function readPkesk(body: Uint8Array): Pkesk {
  return readPkeskFrom(new OctetReader(body));
}

/** Reads the body of a PKESK packet of version 3 for RSA, ECDH or ElGamal in its one canonical form; undefined for every other. */
export function readUsualPkesk(body: Uint8Array): Pkesk | undefined {
  const reader = new OctetReader(body, 'canonical');
  try {
    const pkesk = readPkeskFrom(reader);
    const fields = pkesk.algorithm === PUBLIC_KEY.elgamal ? [reader.mpi(), reader.mpi()] : pkesk.fields;
    return fields && reader.isAtEnd() ? pkesk : undefined;
  } catch {
    return undefined;
  }
}

function readPkeskFrom(reader: OctetReader): Pkesk {
  if (reader.octet() !== 3) return { keyId: WILDCARD_KEY_ID, algorithm: 0, fields: undefined };
  const keyId = parseKeyId(Buffer.from(reader.take(8)).toString('hex')) ?? WILDCARD_KEY_ID;
  const algorithm = reader.octet();
  return { keyId, algorithm, fields: readFields(algorithm, reader) };
}

function readFields(algorithm: number, reader: OctetReader): PkeskFields | undefined {
  switch (algorithm) {
    case PUBLIC_KEY.rsa:
    case PUBLIC_KEY.rsaEncryptOnly:
      return { kind: 'rsa', encrypted: reader.mpi() };
    case PUBLIC_KEY.ecdh:
      return { kind: 'ecdh', ephemeralPoint: reader.mpi(), wrapped: reader.take(reader.octet()) };
    default:
      return undefined;
  }
}
