import { OctetReader } from './reader.js';

/** A subpacket of a signature (RFC 9580, section 5.2.3.7). */
export interface Subpacket {
  readonly type: number;
  readonly isCritical: boolean;
  readonly body: Uint8Array;
}

/** The subpackets of one of the two areas of a signature, as far as it can be parsed. */
export interface SubpacketArea {
  readonly subpackets: readonly Subpacket[];
  readonly isWhole: boolean;
}

/** Types of subpackets (RFC 9580, section 5.2.3.7). */
export const SUBPACKET = {
  ...{ created: 2, expires: 3, exportable: 4, keyLifetime: 9, revoker: 12, issuer: 16, notation: 20 },
  ...{ keyFlags: 27, embedded: 32, issuerFingerprint: 33 },
} as const;
// Types that GnuPG 2.2 accepts as critical (g10/parse-packet.c, can_handle_critical), except notations: it knows only one of those.
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...[2, 3, 4, 5, 6, 7, 9, 11, 12, 16, 21, 22, 24, 25, 26, 27, 29, 30, 32, 33, 34],
]);
const KNOWN_NOTATION = 'preferred-email-encoding@pgp.com';

/** Whether a subpacket is known or may be ignored. */
export function isUnderstood({ type, isCritical, body }: Subpacket): boolean {
  if (!isCritical || UNDERSTOOD.has(type)) return true;
  // Four octets of flags, the length of the name, that of the value, the name (RFC 9580, section 5.2.3.24).
  const name = body.subarray(8, 8 + (numberIn(body.subarray(4, 6)) ?? 0));
  return type === SUBPACKET.notation && Buffer.from(name).toString('latin1') === KNOWN_NOTATION;
}

/** Splits one of the areas of a signature into subpackets (RFC 9580, section 5.2.3.7). */
export function readSubpackets(area: Uint8Array): SubpacketArea {
  const reader = new OctetReader(area);
  const subpackets: Subpacket[] = [];
  try {
    while (!reader.isAtEnd()) {
      const first = reader.octet();
      const length = first < 192 ? first : first < 255 ? (first - 192) * 256 + reader.octet() + 192 : reader.number(4);
      const [octet, ...body] = reader.take(length);
      if (octet === undefined) return { subpackets, isWhole: false };
      subpackets.push({ type: octet & 0x7f, isCritical: (octet & 0x80) !== 0, body: Uint8Array.from(body) });
    }
    return { subpackets, isWhole: true };
  } catch {
    return { subpackets, isWhole: false };
  }
}

/** The number in the octets, most significant first. */
export function numberIn(octets: Uint8Array | undefined): number | undefined {
  return octets?.reduce((number, octet) => number * 256 + octet, 0);
}
