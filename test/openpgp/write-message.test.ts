import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRsaEngine } from '../../src/keys/keyfiles/rsa-pool.js';
import { parseKeyId } from '../../src/openpgp/identifiers.js';
import { readMessage } from '../../src/openpgp/message.js';
import { readPackets, readPkesk } from '../../src/openpgp/packets.js';
import type { PublicNumbers } from '../../src/openpgp/public-numbers.js';
import { unpadPkcs1, unwrapEcdh, type EcdhParameters, type SessionKey } from '../../src/openpgp/session-key.js';
import { createUnwrap, type Unwrap } from '../../src/openpgp/unwrap.js';
import { canSeal, sealMessage, writePkesk } from '../../src/openpgp/write-message.js';
import { defined } from '../helpers/defined.js';

const CURVES = {
  x25519: '2b060104019755010501',
  prime256v1: '2a8648ce3d030107',
  secp384r1: '2b81040022',
  secp521r1: '2b81040023',
  brainpoolP256r1: '2b2403030208010107',
  brainpoolP384r1: '2b240303020801010b',
  brainpoolP512r1: '2b240303020801010d',
} as const;

interface Pair {
  readonly numbers: PublicNumbers;
  readonly unwrap: Unwrap;
  readonly open: (octets: Uint8Array, wrapped: Uint8Array) => SessionKey | undefined;
}

const wipe = () => undefined;
const rsa = createRsaEngine();

function ecdhPair(name: keyof typeof CURVES): Pair {
  const [secret, point] = name === 'x25519' ? x25519Pair() : weierstrassPair(name);
  const curveOid = Buffer.from(CURVES[name], 'hex');
  const parameters: EcdhParameters = { curveOid, hashAlgorithm: 10, wrapAlgorithm: 9, fingerprint: randomBytes(20) };
  const numbers = { kind: 'ecdh', parameters, point } as const;
  const unwrap = defined(createUnwrap({ publicNumbers: numbers, secret: { d: secret }, wipe }, rsa.decrypt));
  return { numbers, unwrap, open: (octets, wrapped) => unwrapEcdh(octets, wrapped, parameters) };
}

function weierstrassPair(name: string): readonly [Buffer, Buffer] {
  const ecdh = createECDH(name);
  const point = ecdh.generateKeys();
  return [ecdh.getPrivateKey(), point];
}

// OpenPGP writes the scalar with its most significant octet first, everybody else with the least.
function x25519Pair(): readonly [Buffer, Buffer] {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return [Buffer.from(secret).reverse(), Buffer.concat([Buffer.of(0x40), point])];
}

function rsaPair(): Pair {
  const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const octets = (text?: string) => Buffer.from(text ?? '', 'base64url');
  const numbers = { kind: 'rsa', modulus: octets(jwk.n), exponent: octets(jwk.e) } as const;
  const secret = { d: octets(jwk.d), p: octets(jwk.q), q: octets(jwk.p), u: octets(jwk.qi) };
  const unwrap = defined(createUnwrap({ publicNumbers: numbers, secret, wipe }, rsa.decrypt));
  return { numbers, unwrap, open: (octets) => unpadPkcs1(octets) };
}

const keyId = defined(parseKeyId('0123456789ABCDEF'));

async function roundTrip(sessionKey: SessionKey, { numbers, unwrap, open }: Pair): Promise<SessionKey | undefined> {
  const [packet] = readPackets(writePkesk(sessionKey, { keyId, numbers }));
  const pkesk = readPkesk(defined(packet).body);
  expect(pkesk.keyId).toBe(keyId);
  const fields = defined(pkesk.fields);
  return open((await unwrap(fields)).octets, fields.kind === 'ecdh' ? fields.wrapped : Buffer.alloc(0));
}

const sessionKeys = fc
  .constantFrom([7, 16], [8, 24], [9, 32])
  .chain(([algorithm = 9, length = 32]) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ algorithm, data })),
  );

describe('law: what is wrapped for a key, the key unwraps', () => {
  const pairs: readonly (readonly [string, () => Pair])[] = [
    ...Object.keys(CURVES).map((name) => [name, () => ecdhPair(name as keyof typeof CURVES)] as const),
    ['rsa', rsaPair],
  ];
  test.each(pairs)('%s', async (_, make) => {
    const pair = make();
    await fc.assert(
      fc.asyncProperty(sessionKeys, async ({ algorithm, data }) => {
        const opened = await roundTrip({ algorithm, data }, pair);
        expect(opened?.algorithm).toBe(algorithm);
        expect(Buffer.from(opened?.data ?? []).equals(data)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

test('law: a message of any length opens with its session key', async () => {
  const pair = ecdhPair('brainpoolP256r1');
  const lengths = [0, 1, 100, 191, 192, 200, 8383, 8384, 70_000];
  for (const length of lengths) {
    const plaintext = randomBytes(length);
    const octets = sealMessage(plaintext, [{ keyId, numbers: pair.numbers }]);
    const message = await readMessage(octets);
    const fields = defined(message.pkesks[0]?.fields);
    if (fields.kind !== 'ecdh') throw new Error('not ECDH');
    const sessionKey = defined(pair.open((await pair.unwrap(fields)).octets, fields.wrapped));
    expect(Buffer.from(defined(await message.open(sessionKey))).equals(plaintext)).toBe(true);
    octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
    await expect((await readMessage(octets)).open(sessionKey)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' });
  }
});

test('what cannot be encrypted for is known beforehand', () => {
  const of = (numbers: PublicNumbers) => canSeal(numbers);
  expect(of(rsaPair().numbers)).toBe(true);
  expect(of({ kind: 'other', modulus: Buffer.alloc(256, 1) })).toBe(false);
  expect(of({ kind: 'signing', curveOid: Buffer.alloc(3), point: Buffer.alloc(33) })).toBe(false);
});
