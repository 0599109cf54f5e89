import { createHash, sign } from 'node:crypto';
import { PACKET, writePacket } from '../../src/openpgp/packets.js';
import { hashedKey, mpi, u32, type TestKey } from './certificate-keys.js';

/** Hash algorithms of RFC 9580, section 9.5, by OpenSSL's names; `sha3-256` is not known to GnuPG 2.2. */
export const HASH = {
  ...{ md5: 1, sha1: 2, ripemd160: 3, sha256: 8, sha384: 9, sha512: 10, sha224: 11 },
  ...{ 'sha3-256': 12 },
} as const;

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
