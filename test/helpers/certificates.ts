import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { PACKET, writePacket } from '../../src/openpgp/packets.js';

/** Hash algorithms of RFC 9580, section 9.5, by OpenSSL's names; `sha3-256` is not known to GnuPG 2.2. */
export const HASH = {
  ...{ md5: 1, sha1: 2, ripemd160: 3, sha256: 8, sha384: 9, sha512: 10, sha224: 11 },
  ...{ 'sha3-256': 12 },
} as const;

/** A key that signs, and perhaps a primary key or subkey of a certificate. */
export interface TestKey {
  readonly body: Buffer;
  readonly created: number;
  readonly fingerprint: string;
  readonly keyId: string;
  readonly secret: KeyObject | undefined;
}

/** A subpacket: its type, its content, and whether it must be understood. */
export type Subpacket = readonly [type: number, content: Uint8Array, critical?: boolean];

/** What a signature is like; what is not said is as GnuPG would write it. */
export interface SignatureOptions {
  readonly created?: number | undefined;
  readonly hash?: keyof typeof HASH;
  /** The number that is written for the hash algorithm, if it is not that of `hash`. */
  readonly hashNumber?: number;
  /** The number that is written for the algorithm of the key, if it is not its own. */
  readonly keyAlgorithm?: number;
  /** Added before the time of creation, which is the first subpacket otherwise. */
  readonly first?: readonly Subpacket[];
  /** Hashed, after the time of creation. */
  readonly hashed?: readonly Subpacket[];
  /** Not hashed, after the issuer. */
  readonly unhashed?: readonly Subpacket[];
  /** Which subpackets name the issuer. */
  readonly issuer?: 'both' | 'keyId' | 'fingerprint' | 'none';
  /** The key that is named as issuer, if it is not the one that signs. */
  readonly claims?: TestKey;
  /** Raw octets behind the hashed subpackets. */
  readonly tail?: Uint8Array;
  /** Of versions 5 and 6 nothing but the number is true. */
  readonly version?: 3 | 4 | 5 | 6;
  /** Changes the numbers of the signature, as they are written. */
  readonly damage?: 'octet' | 'cut' | 'more' | 'digest-start';
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

export const packet = {
  key: ({ body }: TestKey) => writePacket(PACKET.publicKey, body),
  subkey: ({ body }: TestKey) => writePacket(PACKET.publicSubkey, body),
  userId: (text: string) => writePacket(PACKET.userId, Buffer.from(text)),
  attribute: (content: Uint8Array) => writePacket(PACKET.userAttribute, content),
};

/** What is signed, before the signature's own octets (RFC 9580, section 5.2.4). */
export const over = {
  key: ({ body }: TestKey) => hashedKey(body),
  subkey: (primary: TestKey, { body }: TestKey) => Buffer.concat([hashedKey(primary.body), hashedKey(body)]),
  userId: ({ body }: TestKey, text: string, version: 3 | 4 | 5 | 6 = 4) =>
    Buffer.concat([
      hashedKey(body),
      ...(version === 3 ? [] : [Buffer.of(0xb4), u32(Buffer.byteLength(text))]),
      Buffer.from(text),
    ]),
  attribute: ({ body }: TestKey, content: Uint8Array) =>
    Buffer.concat([hashedKey(body), Buffer.of(0xd1), u32(content.length), content]),
};

/** A signature packet. */
export function signaturePacket(
  type: number,
  signer: TestKey,
  signed: Uint8Array,
  options: SignatureOptions = {},
): Buffer {
  const { hash = 'sha256', hashNumber = HASH[hash], keyAlgorithm = signer.body[5] ?? 0, version = 4, damage } = options;
  const { created = signer.created, claims = signer } = options;
  const head = version === 3 ? Buffer.concat([Buffer.of(type), u32(created)]) : hashedPart(type, signer, options);
  const trailer = version === 3 ? head : Buffer.concat([head, Buffer.of(4, 0xff), u32(head.length)]);
  const octets = Buffer.concat([signed, trailer]);
  const digest = createHash(hash).update(octets).digest();
  const numbers = numbersOf(signer, hash, octets, digest);
  const keyId = Buffer.from(claims.keyId, 'hex');
  const middle =
    version === 3
      ? [Buffer.of(3, 5), head, keyId, Buffer.of(keyAlgorithm, hashNumber)]
      : [head, area([...(namesKeyId(options) ? [[16, keyId] as const] : []), ...(options.unhashed ?? [])])];
  const start = damage === 'digest-start' ? Buffer.of(0, 0) : digest.subarray(0, 2);
  if (damage === 'octet') numbers[numbers.length - 3] = (numbers.at(-3) ?? 0) ^ 1;
  const written =
    damage === 'cut'
      ? numbers.subarray(0, -5)
      : damage === 'more'
        ? Buffer.concat([numbers, Buffer.of(1, 2)])
        : numbers;
  return writePacket(PACKET.signature, Buffer.concat([...middle, start, written]));
}

function hashedPart(type: number, signer: TestKey, options: SignatureOptions): Buffer {
  const { hash = 'sha256', hashNumber = HASH[hash], keyAlgorithm = signer.body[5] ?? 0, claims = signer } = options;
  const { issuer = 'both', first = [], hashed = [], tail = Buffer.of() } = options;
  const created = 'created' in options ? options.created : signer.created;
  const fingerprint = Buffer.concat([Buffer.of(4), Buffer.from(claims.fingerprint, 'hex')]);
  const octets = area(
    [
      ...first,
      ...(created === undefined ? [] : [[2, u32(created)] as const]),
      ...hashed,
      ...(issuer === 'both' || issuer === 'fingerprint' ? [[33, fingerprint] as const] : []),
    ],
    tail,
  );
  return Buffer.concat([Buffer.of(options.version ?? 4, type, keyAlgorithm, hashNumber), octets]);
}

function namesKeyId({ issuer = 'both' }: SignatureOptions): boolean {
  return issuer === 'both' || issuer === 'keyId';
}

function numbersOf({ body, secret }: TestKey, hash: string, octets: Buffer, digest: Buffer): Buffer {
  if (secret === undefined) throw new Error('this key does not sign');
  const both = (signature: Buffer) => {
    const half = signature.length / 2;
    return Buffer.concat([mpi(signature.subarray(0, half)), mpi(signature.subarray(half))]);
  };
  switch (body[5]) {
    case 22:
      return both(sign(null, digest, secret));
    case 17:
    case 19:
      return both(sign(hash, octets, { key: secret, dsaEncoding: 'ieee-p1363' }));
    default:
      return mpi(sign(hash, octets, secret));
  }
}

function area(subpackets: readonly Subpacket[], tail: Uint8Array = Buffer.of()): Buffer {
  const octets = Buffer.concat([
    ...subpackets.flatMap(([type, content, critical = false]) => [
      Buffer.of(content.length + 1, type | (critical ? 0x80 : 0)),
      content,
    ]),
    tail,
  ]);
  return Buffer.concat([Buffer.of(octets.length >> 8, octets.length & 0xff), octets]);
}

function keyOf(created: number, algorithm: number, numbers: readonly Buffer[], secret: KeyObject | undefined): TestKey {
  const body = Buffer.concat([Buffer.of(4), u32(created), Buffer.of(algorithm), ...numbers]);
  const fingerprint = createHash('sha1').update(hashedKey(body)).digest('hex').toUpperCase();
  return { body, created, fingerprint, keyId: fingerprint.slice(-16), secret };
}

function hashedKey(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0x99, body.length >> 8, body.length & 0xff), body]);
}

function oid(hex: string): Buffer {
  return Buffer.concat([Buffer.of(hex.length / 2), Buffer.from(hex, 'hex')]);
}

function mpi(number: Uint8Array): Buffer {
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
