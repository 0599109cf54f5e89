import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A key that signs, and perhaps a primary key or subkey of a certificate. */
export interface TestKey {
  readonly body: Buffer;
  readonly created: number;
  readonly fingerprint: string;
  readonly keyId: string;
  readonly secret: KeyObject | undefined;
}

/** Makes key material anew with each call, or takes it from another key with the given time. */
export function ed25519Key(created: number): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return keyOf(created, 22, [oid('2b06010401da470f01'), mpi(Buffer.concat([Buffer.of(0x40), point]))], privateKey);
}

/** An encryption key on Curve25519. */
export function cv25519Key(created: number): TestKey {
  const { publicKey } = generateKeyPairSync('x25519');
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const numbers = [oid('2b060104019755010501'), mpi(Buffer.concat([Buffer.of(0x40), point])), Buffer.of(3, 1, 8, 7)];
  return keyOf(created, 18, numbers, undefined);
}

const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256Pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const dsaPair = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });

/** An RSA key, always of the same numbers: by its time its fingerprint is another all the same. */
export function rsaKey(created: number, algorithm = 1): TestKey {
  const { n = '', e = '' } = rsaPair.publicKey.export({ format: 'jwk' });
  const numbers = [n, e].map((number) => mpi(Buffer.from(number, 'base64url')));
  return keyOf(created, algorithm, numbers, rsaPair.privateKey);
}

/** An ECDSA key on P-256, always of the same numbers. */
export function p256Key(created: number): TestKey {
  const point = p256Pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
  return keyOf(created, 19, [oid('2a8648ce3d030107'), mpi(point)], p256Pair.privateKey);
}

/** A DSA key, always of the same numbers. */
export function dsaKey(created: number): TestKey {
  const [p, q, g, y] = dsaNumbers(dsaPair.publicKey.export({ format: 'der', type: 'spki' }));
  return keyOf(
    created,
    17,
    [p, q, g, y].map((number) => mpi(number ?? Buffer.of())),
    dsaPair.privateKey,
  );
}

/** A key of any algorithm, of numbers that mean nothing. */
export function strangeKey(created: number, algorithm: number): TestKey {
  const number = Buffer.alloc(256, 0xa5);
  return keyOf(created, algorithm, [mpi(number), mpi(Buffer.of(5)), mpi(number)], undefined);
}

function keyOf(created: number, algorithm: number, numbers: readonly Buffer[], secret: KeyObject | undefined): TestKey {
  const body = Buffer.concat([Buffer.of(4), u32(created), Buffer.of(algorithm), ...numbers]);
  const fingerprint = createHash('sha1').update(hashedKey(body)).digest('hex').toUpperCase();
  return { body, created, fingerprint, keyId: fingerprint.slice(-16), secret };
}

/** A key as it is hashed (RFC 9580, section 5.2.4). */
export function hashedKey(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0x99, body.length >> 8, body.length & 0xff), body]);
}

function oid(hex: string): Buffer {
  return Buffer.concat([Buffer.of(hex.length / 2), Buffer.from(hex, 'hex')]);
}

/** A multiprecision integer (RFC 9580, section 3.2). */
export function mpi(number: Uint8Array): Buffer {
  const at = number.findIndex((octet) => octet !== 0);
  const digits = at === -1 ? Buffer.of() : number.subarray(at);
  const bits = digits.length === 0 ? 0 : digits.length * 8 + 24 - Math.clz32(digits[0] ?? 0);
  return Buffer.concat([Buffer.of(bits >> 8, bits & 0xff), digits]);
}

/** Four octets. */
export function u32(number: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(number);
  return octets;
}

/** The numbers p, q, g and y in the DER of a DSA public key (RFC 3279, section 2.3.2): all that are longer than 16 octets. */
function dsaNumbers(der: Buffer): readonly Buffer[] {
  const numbers: Buffer[] = [];
  for (let at = 0; at < der.length;) {
    const tag = der[at];
    let length = der[at + 1] ?? 0;
    let start = at + 2;
    if (length > 0x80) {
      const octets = length & 0x7f;
      length = der.readUIntBE(start, octets);
      start += octets;
    }
    if (tag === 0x02) numbers.push(der.subarray(start, start + length));
    // Into sequences and bit strings, over numbers and object identifiers.
    at = tag === 0x30 ? start : tag === 0x03 ? start + 1 : start + length;
  }
  return numbers;
}
