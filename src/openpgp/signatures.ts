import { parseFingerprint, parseKeyId, type Fingerprint, type KeyId } from './identifiers.js';
import { PUBLIC_KEY } from './packets.js';
import { OctetReader } from './reader.js';
import { isUnderstood, numberIn, readSubpackets, SUBPACKET, type Subpacket, type SubpacketArea } from './subpackets.js';

/** Signature types of RFC 9580, section 5.2.1; those over user IDs are 0x10 to 0x13 and share one revocation type. */
export const SIGNATURE = {
  ...{ text: 0x01, primaryBinding: 0x19 },
  ...{ certification: 0x10, lastCertification: 0x13, binding: 0x18, directKey: 0x1f },
  ...{ keyRevocation: 0x20, subkeyRevocation: 0x28, certificationRevocation: 0x30 },
} as const;

/** The content of a signature packet, not verified. Times are in seconds since 1970. */
export interface Signature {
  readonly type: number;
  /** Zero when it does not say. */
  readonly created: number;
  /** When it expires; undefined: never. */
  readonly expires: number | undefined;
  readonly issuer: KeyId | undefined;
  /** RFC 9580, section 9.1. */
  readonly keyAlgorithm: number;
  /** RFC 9580, section 9.5. */
  readonly hashAlgorithm: number;
  /** Seconds from the creation of the key to its end. */
  readonly keyLifetime: number | undefined;
  readonly keyFlags: Uint8Array | undefined;
  /** Primary keys that may revoke this one (RFC 9580, section 5.2.3.23). */
  readonly revokers: readonly Fingerprint[];
  readonly isExportable: boolean;
  /** The signature in which a subkey says whose it is (RFC 9580, section 5.2.3.34). */
  readonly embedded: Uint8Array | undefined;
  /** Whether its subpackets are complete and no critical one is unknown. */
  readonly isUnderstood: boolean;
  /** What is hashed after the signed data (RFC 9580, section 5.2.4). */
  readonly trailer: Uint8Array;
  /** Whether a user ID is hashed with its length before it, which version 3 does not do. */
  readonly hashesLengths: boolean;
  readonly digestStart: Uint8Array;
  /** The numbers of the signature; undefined when they are damaged. */
  readonly numbers: readonly Uint8Array[] | undefined;
}

// The bit that every designated revoker must have (RFC 9580, section 5.2.3.23).
const IS_REVOKER = 0x80;
const U32 = 2 ** 32;

/**
 * Reads the body of a signature packet, version 2 to 4 (RFC 9580, sections 5.2.2 and 5.2.3). Of several subpackets of one type the first
 * counts, and only hashed ones count, except for the issuer's key ID: as in GnuPG (g10/parse-packet.c, parse_signature).
 *
 * @returns undefined for another version, or when the body is cut short before its numbers.
 */
export function readSignature(body: Uint8Array): Signature | undefined {
  const reader = new OctetReader(body);
  try {
    const version = reader.octet();
    if (version === 4) return readVersion4(reader, body);
    return version === 2 || version === 3 ? readVersion3(reader, body) : undefined;
  } catch {
    return undefined;
  }
}

function readVersion4(reader: OctetReader, body: Uint8Array): Signature {
  const [type = 0, keyAlgorithm = 0, hashAlgorithm = 0] = reader.take(3);
  const hashed = readSubpackets(reader.take(reader.number(2)));
  const hashedOctets = body.subarray(0, reader.position);
  const unhashed = readSubpackets(reader.take(reader.number(2)));
  const field = (wanted: number, shortest: number, { subpackets } = hashed) => {
    const found = subpackets.find((subpacket) => subpacket.type === wanted)?.body;
    return found && found.length >= shortest ? found : undefined;
  };
  const seconds = (wanted: number) => numberIn(field(wanted, 4)?.subarray(0, 4)) ?? 0;
  const created = seconds(SUBPACKET.created);
  const both = [...hashed.subpackets, ...unhashed.subpackets];
  return {
    ...{ type, keyAlgorithm, hashAlgorithm, created, issuer: issuerOf(type, field, unhashed) },
    expires: seconds(SUBPACKET.expires) ? endAfter(created, seconds(SUBPACKET.expires)) : undefined,
    keyLifetime: seconds(SUBPACKET.keyLifetime) || undefined,
    keyFlags: field(SUBPACKET.keyFlags, 0),
    revokers: hashed.subpackets.flatMap((subpacket) => revokerIn(subpacket) ?? []),
    isExportable: (both.find((subpacket) => subpacket.type === SUBPACKET.exportable)?.body[0] ?? 1) !== 0,
    embedded: both.find((subpacket) => subpacket.type === SUBPACKET.embedded)?.body,
    isUnderstood: hashed.isWhole && unhashed.isWhole && both.every(isUnderstood),
    trailer: Buffer.concat([hashedOctets, Buffer.of(4, 0xff), u32(hashedOctets.length)]),
    hashesLengths: true,
    digestStart: reader.take(2),
    numbers: readNumbers(reader, keyAlgorithm),
  };
}

function readVersion3(reader: OctetReader, body: Uint8Array): Signature | undefined {
  // Always five: the octets of type and time that are hashed.
  if (reader.octet() !== 5) return undefined;
  const [type, created] = [reader.octet(), reader.number(4)];
  const issuer = parseKeyId(hexOf(reader.take(8)));
  const [keyAlgorithm, hashAlgorithm] = [reader.octet(), reader.octet()];
  return {
    ...{ type, created, issuer, keyAlgorithm, hashAlgorithm, expires: undefined, keyLifetime: undefined },
    ...{ keyFlags: undefined, revokers: [], isExportable: true, embedded: undefined, isUnderstood: true },
    trailer: body.subarray(2, 7),
    hashesLengths: false,
    digestStart: reader.take(2),
    numbers: readNumbers(reader, keyAlgorithm),
  };
}

/** A time plus seconds in 32 bits, as in GnuPG: a sum beyond them lies in the past. */
export function endAfter(created: number, seconds: number): number {
  return (created + seconds) % U32;
}

// GnuPG 2.2 uses only the key ID, so a signature that grants something must name it; a revocation may name the fingerprint instead.
function issuerOf(
  type: number,
  field: (type: number, shortest: number, area?: SubpacketArea) => Uint8Array | undefined,
  unhashed: SubpacketArea,
): KeyId | undefined {
  const keyId = field(SUBPACKET.issuer, 8) ?? field(SUBPACKET.issuer, 8, unhashed);
  if (keyId) return parseKeyId(hexOf(keyId.subarray(0, 8)));
  const fingerprint = isRevocationType(type) ? field(SUBPACKET.issuerFingerprint, 21) : undefined;
  return fingerprint?.length === 21 ? parseKeyId(hexOf(fingerprint.subarray(13))) : undefined;
}

/** Whether signatures of a type are revocations. */
export function isRevocationType(type: number): boolean {
  const { keyRevocation, subkeyRevocation, certificationRevocation } = SIGNATURE;
  return type === keyRevocation || type === subkeyRevocation || type === certificationRevocation;
}

function revokerIn({ type, body }: Subpacket): Fingerprint | undefined {
  const isRevoker = type === SUBPACKET.revoker && body.length === 22 && ((body[0] ?? 0) & IS_REVOKER) !== 0;
  return isRevoker ? parseFingerprint(hexOf(body.subarray(2))) : undefined;
}

// One number for RSA, two for the others; none for an unknown algorithm (RFC 9580, section 5.2.3).
function readNumbers(reader: OctetReader, keyAlgorithm: number): readonly Uint8Array[] | undefined {
  const { rsa, rsaEncryptOnly, rsaSignOnly, dsa, ecdsa, eddsa } = PUBLIC_KEY;
  try {
    switch (keyAlgorithm) {
      case rsa:
      case rsaEncryptOnly:
      case rsaSignOnly:
        return [reader.mpi()];
      case dsa:
      case ecdsa:
      case eddsa:
        return [reader.mpi(), reader.mpi()];
      default:
        return [];
    }
  } catch {
    return undefined;
  }
}

function u32(number: number): Buffer {
  return Buffer.of(number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff);
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
