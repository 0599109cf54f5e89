import { PUBLIC_KEY, writeNumber } from '../../openpgp/packets.js';

// Which fields are no numbers but octets with their count before them: the curve, and how ECDH derives keys (RFC 9580, section 5.5.5).
const OCTETS: Readonly<Record<number, readonly number[]>> = {
  [PUBLIC_KEY.ecdh]: [0, 2],
  [PUBLIC_KEY.ecdsa]: [0],
  [PUBLIC_KEY.eddsa]: [0],
};

/** What a colon listing says of a key or subkey. */
export interface ListedKey {
  /** In seconds since 1970. */
  readonly created: number;
  /** RFC 9580, section 9.1. */
  readonly algorithm: number;
}

/**
 * The body of a version 4 public (sub)key packet (RFC 9580, section 5.5.2), as far as a listing tells: whoever uses it compares its
 * fingerprint.
 *
 * @param fields - the `pkd` records of the key (`--with-key-data`; GnuPG, g10/keylist.c), in hex.
 * @returns undefined without any.
 */
export function bodyOf({ created, algorithm }: ListedKey, fields: readonly string[]): Uint8Array | undefined {
  if (fields.length === 0) return undefined;
  const head = Buffer.alloc(6);
  head.writeUInt8(4);
  head.writeUInt32BE(created, 1);
  head.writeUInt8(algorithm, 5);
  const areOctets = OCTETS[algorithm] ?? [];
  const octets = fields.map((hex) => Buffer.from(hex, 'hex'));
  return Buffer.concat([head, ...octets.map((field, i) => (areOctets.includes(i) ? field : writeNumber(field)))]);
}
