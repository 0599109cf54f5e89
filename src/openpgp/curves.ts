/** An elliptic curve as OpenPGP and OpenSSL know it. */
export interface Curve {
  /** OpenSSL's name; `x25519` and `ed25519` are not supported by `createECDH`. */
  readonly name: string;
  /** Length of the key in bits, as GnuPG counts it. */
  readonly bits: number;
  /** Length of a coordinate in octets. */
  readonly octets: number;
}

// By object identifier in DER, without tag and length (RFC 9580, section 9.2; secp256k1 is GnuPG's).
const CURVES: ReadonlyMap<string, Curve> = new Map([
  ['2b060104019755010501', { name: 'x25519', bits: 255, octets: 32 }],
  ['2b06010401da470f01', { name: 'ed25519', bits: 255, octets: 32 }],
  ['2a8648ce3d030107', { name: 'prime256v1', bits: 256, octets: 32 }],
  ['2b81040022', { name: 'secp384r1', bits: 384, octets: 48 }],
  ['2b81040023', { name: 'secp521r1', bits: 521, octets: 66 }],
  ['2b8104000a', { name: 'secp256k1', bits: 256, octets: 32 }],
  ['2b2403030208010107', { name: 'brainpoolP256r1', bits: 256, octets: 32 }],
  ['2b240303020801010b', { name: 'brainpoolP384r1', bits: 384, octets: 48 }],
  ['2b240303020801010d', { name: 'brainpoolP512r1', bits: 512, octets: 64 }],
]);

/** The curve with the given object identifier, or undefined when it is not known. */
export function curveOf(oid: Uint8Array): Curve | undefined {
  return CURVES.get(Buffer.from(oid).toString('hex'));
}

/** Pads a big-endian number with leading zeros to the given number of octets. */
export function leftPad(number: Uint8Array, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - number.length)), number]);
}
