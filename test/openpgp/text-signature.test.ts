import { describe, expect, test } from 'vitest';
import { signedOctets } from '../../src/openpgp/cleartext.js';
import { parseFingerprint, type Fingerprint } from '../../src/openpgp/identifiers.js';
import { readKeyFile } from '../../src/openpgp/keys.js';
import { readPackets } from '../../src/openpgp/packets.js';
import { judgeTextSignature, type SignatureVerdict } from '../../src/openpgp/text-signature.js';
import {
  CERTIFIES,
  DAY,
  flags,
  keyLifetime,
  lifetime,
  notation,
  NOW,
  sceneOf,
} from '../helpers/certificate-cases/case.js';
import { ed25519Key, p256Key, rsaKey, u32, type TestKey } from '../helpers/certificate-keys.js';
import { over, packet, signaturePacket, type SignatureOptions } from '../helpers/certificates.js';
import { defined } from '../helpers/defined.js';

const SIGNED = signedOctets('who may read\nwhat\n');
const ME = sceneOf({ name: '', use: 'none', make: () => [] }, 0);
const sub = ed25519Key(ME.made + 10);
const { primary, made } = ME;
const embedded = (by: TestKey, whose: TestKey, type = 0x19) =>
  [32, bodyOf(signaturePacket(type, by, over.subkey(whose, by), { created: made + 60 }))] as const;
const SIGNS = flags(2);
const bound = (options: SignatureOptions = {}) =>
  ME.subkey({ hashed: [SIGNS], unhashed: [embedded(sub, primary)], ...options }, sub);

function bodyOf(signature: Buffer): Uint8Array {
  return defined(readPackets(signature)[0]).body;
}

interface Case {
  /** The key; by default one with a user ID whose primary key may sign. */
  readonly key?: readonly Buffer[];
  readonly by?: TestKey;
  readonly type?: number;
  readonly over?: Uint8Array;
  readonly options?: SignatureOptions;
  readonly revoked?: readonly string[];
}

function verdictOf({ key = [ME.pk, ...ME.user()], by = primary, type = 1, ...rest }: Case): SignatureVerdict {
  const keys = readKeyFile(Buffer.concat(key)).keys;
  expect(keys).toHaveLength(1);
  const revoked = new Set((rest.revoked ?? []).map((hex): Fingerprint => defined(parseFingerprint(hex))));
  const options: SignatureOptions = { hash: 'sha512', created: NOW - DAY, ...rest.options };
  const body = bodyOf(signaturePacket(type, by, rest.over ?? SIGNED, options));
  return judgeTextSignature(
    body,
    SIGNED,
    keys.map((one) => ({ key: one, revoked })),
    NOW,
  );
}

const rsa = rsaKey(made);
const p256 = p256Key(made);
const ownedBy = (key: TestKey) => [
  packet.key(key),
  packet.userId('R'),
  signaturePacket(0x13, key, over.userId(key, 'R'), { created: made + 60, hashed: [CERTIFIES] }),
];

describe('a signature over a text is good', () => {
  test.each<readonly [string, Case]>([
    ['by a primary key', {}],
    ['by a subkey that signed back', { key: [ME.pk, ...ME.user(), ...bound()], by: sub }],
    [
      'by a subkey whose answer is hashed',
      { key: [ME.pk, ...ME.user(), ...bound({ hashed: [SIGNS, embedded(sub, primary)], unhashed: [] })], by: sub },
    ],
    ['by an RSA key', { key: ownedBy(rsa), by: rsa }],
    ['by a key on P-256', { key: ownedBy(p256), by: p256 }],
    ['if it names its issuer by key ID alone', { options: { issuer: 'keyId' } }],
    ['if the clock of its maker is half a minute ahead', { options: { created: NOW + 30 } }],
    ['if it expires later', { options: { created: NOW - DAY, hashed: [lifetime(DAY + 1)] } }],
    ['with a note that need not be understood', { options: { hashed: [notation('x@example.org', false)] } }],
  ])('%s', (_, one) => {
    expect(verdictOf(one)).toMatchObject({ isGood: true, hasExpired: false });
  });

  test('if it is older than the end of its key, which is told', () => {
    const key = [ME.pk, ...ME.user({ hashed: [CERTIFIES, keyLifetime(NOW - DAY - made)] })];
    const options = { created: NOW - 2 * DAY };
    expect(verdictOf({ key, options })).toEqual({
      ...{ isGood: true, signer: primary.fingerprint, created: NOW - 2 * DAY, hasExpired: true },
    });
  });
});

describe('a signature over a text does not count', () => {
  const thief = ed25519Key(made);
  const unlimited = [ME.pk, ...ME.user()];
  const ended = (seconds: number) => [ME.pk, ...ME.user({ hashed: [CERTIFIES, keyLifetime(seconds)] })];
  test.each<readonly [string, Case, RegExp]>([
    ['over another text', { over: signedOctets('who may read\nmore\n') }, /does not fit the text/],
    ['that is forged', { options: { damage: 'octet' } }, /does not fit/],
    ['by another key', { by: thief }, /not known here/],
    ['by another key that claims to be this one', { by: thief, options: { claims: primary } }, /does not fit/],
    ['over octets', { type: 0 }, /not a signature of a text/],
    ['as a certification', { type: 0x10 }, /not a signature of a text/],
    ['with SHA-256', { options: { hash: 'sha256' } }, /another digest/],
    ['with SHA-1', { options: { hash: 'sha1' } }, /another digest/],
    ['with MD5', { options: { hash: 'md5' }, key: ownedBy(rsa), by: rsa }, /another digest/],
    ['with a note that must be understood', { options: { hashed: [notation('x@example.org', true)] } }, /does not fit/],
    ['that has expired', { options: { created: NOW - DAY, hashed: [lifetime(DAY)] } }, /^has expired/],
    ['from the future', { options: { created: NOW + 61 } }, /in the future/],
    ['older than its key', { options: { created: made - 1 } }, /own signatures are not valid|older than its key/],
    ['without its issuer', { options: { issuer: 'none' } }, /not known here/],
    ['of a version to come', { options: { version: 6 } }, /is damaged/],
    ['after its key expired', { key: ended(100 * DAY) }, /when its key had expired/],
    ['by a revoked key', { key: [ME.pk, ME.revoke(), ...ME.user()] }, /revoked/],
    [
      'by a key that was revoked afterwards',
      { key: [ME.pk, ME.revoke({ created: NOW - 1 }), ...ME.user()] },
      /revoked/,
    ],
    ['by a key that the keyring knows as revoked', { key: unlimited, revoked: [primary.fingerprint] }, /revoked/],
    ['by a key without a user ID', { key: [ME.pk] }, /own signatures are not valid/],
    ['by a primary key that may not sign', { key: [ME.pk, ...ME.user({ hashed: [flags(1)] })] }, /may not sign/],
    ['by a subkey that is not bound', { key: [ME.pk, ...ME.user(), packet.subkey(sub)], by: sub }, /not valid/],
    [
      'by a subkey whose binding is forged',
      { key: [...unlimited, ...bound({ damage: 'octet' })], by: sub },
      /not valid/,
    ],
    [
      'by a subkey that did not sign back',
      { key: [...unlimited, ...bound({ unhashed: [] })], by: sub },
      /may not sign/,
    ],
    [
      'by a subkey that signed back for another key',
      { key: [...unlimited, ...bound({ unhashed: [embedded(sub, thief)] })], by: sub },
      /may not sign/,
    ],
    [
      'by a subkey for which another one signed back',
      { key: [...unlimited, ...bound({ unhashed: [embedded(thief, primary)] })], by: sub },
      /may not sign/,
    ],
    [
      'by a subkey whose answer has another type',
      { key: [...unlimited, ...bound({ unhashed: [embedded(sub, primary, 0x18)] })], by: sub },
      /may not sign/,
    ],
    [
      'by a subkey for encryption',
      { key: [...unlimited, ...bound({ hashed: [flags(0x0c)] })], by: sub },
      /may not sign/,
    ],
    ['by a revoked subkey', { key: [...unlimited, ...bound(), ME.unbind({}, sub)], by: sub }, /revoked/],
    [
      'by a subkey that the keyring knows as revoked',
      { key: [...unlimited, ...bound()], by: sub, revoked: [sub.fingerprint] },
      /revoked/,
    ],
    [
      'by an expired subkey',
      { key: [...unlimited, ...bound({ hashed: [SIGNS, [9, u32(DAY)]] })], by: sub },
      /when its key had expired/,
    ],
    [
      'older than its subkey',
      { key: [...unlimited, ...bound()], by: sub, options: { created: made + 5 } },
      /older than its key/,
    ],
  ])('%s', (_, one, reason) => {
    const verdict = verdictOf(one);
    expect(verdict.isGood).toBe(false);
    expect('reason' in verdict && verdict.reason).toMatch(reason);
  });

  test('by somebody else’s subkey that a thief bound to their own key', () => {
    const uid = packet.userId('T');
    const certified = signaturePacket(0x13, thief, over.userId(thief, 'T'), {
      created: made + 60,
      hashed: [CERTIFIES],
    });
    const binding = signaturePacket(0x18, thief, over.subkey(thief, sub), {
      ...{ created: made + 60, hashed: [SIGNS], unhashed: [embedded(sub, primary)] },
    });
    const key = [packet.key(thief), uid, certified, packet.subkey(sub), binding];
    expect(verdictOf({ key, by: sub })).toMatchObject({ isGood: false, reason: 'is by a key that may not sign' });
  });
});
