import { expect, test } from 'vitest';
import type { KeyPart } from '../../src/keys/keystore.js';
import type { Fingerprint, KeyId } from '../../src/openpgp/identifiers.js';
import { keyTypeOf, unreadableFor } from '../../src/recipients/key-type.js';

const V4 = 'A'.repeat(40) as Fingerprint;
const V5 = 'A'.repeat(64) as Fingerprint;

function part(algorithm: number, bits: number, fingerprint = V4): KeyPart {
  const rest = { keyId: 'A'.repeat(16) as KeyId, keygrip: undefined, validity: 'u', created: 0, expires: undefined };
  return { ...rest, validity: 'u', fingerprint, algorithm, bits, canEncrypt: true, canSign: false };
}

// As GnuPG lists them: primary key, encryption subkey.
test.each([
  [part(22, 255), part(18, 255), 'cv25519', undefined],
  [part(1, 4096), part(1, 4096), 'rsa4096', undefined],
  [part(17, 2048), part(16, 2048), 'elg2048', undefined],
  [part(19, 384), part(18, 384), 'ecdh384', undefined],
  [part(22, 456), part(18, 448), 'cv448', 'GnuPG before 2.3: the key is on Curve448'],
  [part(22, 255, V5), part(18, 255, V5), 'cv25519', 'GnuPG before 2.3: the key has version 5'],
  [part(22, 255, V5), part(8, 768, V5), 'kyber768', 'GnuPG before 2.5: the key is for Kyber'],
  [part(27, 256, V5), part(25, 256, V5), 'x25519', 'every GnuPG: the key follows RFC 9580 (version 6)'],
  [part(27, 256), part(35, 0), 'algorithm-35-0', 'every GnuPG: the key follows RFC 9580 (version 6)'],
])('%#: its type, and which GnuPG cannot read it', (primaryKey, subkey, type, unreadable) => {
  expect(keyTypeOf(subkey)).toBe(type);
  expect(unreadableFor({ primaryKey, subkeys: [subkey], userIds: [], disabled: false }, subkey)).toBe(unreadable);
});
