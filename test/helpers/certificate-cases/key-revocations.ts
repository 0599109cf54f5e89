import { dsaKey, p256Key } from '../certificate-keys.js';
import { DAY, lifetime, local, notation, type CertificateCase } from './case.js';
import { RSA, withKeyRevocation, withSubkeyRevocation } from './shapes.js';

const byDigest = (['md5', 'sha1', 'ripemd160', 'sha224', 'sha384', 'sha512'] as const).flatMap(
  (hash): readonly CertificateCase[] => {
    const gpg = hash === 'md5' ? { gpg: 'sub' as const } : {};
    return [
      { name: `a key revocation by ${hash}, Ed25519`, use: 'none', ...gpg, make: withKeyRevocation({ hash }) },
      { name: `a key revocation by ${hash}, RSA`, use: 'none', ...gpg, ...RSA, make: withKeyRevocation({ hash }) },
      { name: `a subkey revocation by ${hash}`, use: 'none', ...gpg, make: withSubkeyRevocation({ hash }) },
    ];
  },
);

/** Revocations of keys, by the key itself. */
export const keyRevocations: readonly CertificateCase[] = [
  { name: 'no revocation', use: 'sub', make: (s) => [s.pk, ...s.user(), ...s.subkey()] },
  ...byDigest,
  {
    name: 'a key revocation, ECDSA',
    use: 'none',
    keys: (made) => ({ primary: p256Key(made) }),
    make: withKeyRevocation({}),
  },
  {
    name: 'a key revocation, DSA',
    use: 'none',
    keys: (made) => ({ primary: dsaKey(made) }),
    make: withKeyRevocation({}),
  },
  { name: 'a key revocation, version 3', use: 'none', make: withKeyRevocation({ version: 3 }) },
  {
    name: 'a key revocation, version 5',
    use: 'none',
    make: withKeyRevocation({ version: 5 }),
  },
  {
    name: 'a key revocation by a digest of the future',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ hash: 'sha3-256' }),
  },
  {
    name: 'a key revocation by a digest that nobody knows',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ hashNumber: 99 }),
  },
  {
    name: 'a key revocation by an algorithm that nobody knows',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ keyAlgorithm: 99 }),
  },
  { name: 'a key revocation that claims another algorithm', use: 'sub', make: withKeyRevocation({ keyAlgorithm: 1 }) },
  { name: 'a key revocation that is forged', use: 'sub', make: withKeyRevocation({ damage: 'octet' }) },
  { name: 'a key revocation that is forged, RSA', use: 'sub', ...RSA, make: withKeyRevocation({ damage: 'octet' }) },
  { name: 'a key revocation that is cut short', use: 'none', make: withKeyRevocation({ damage: 'cut' }) },
  {
    name: 'a key revocation with another start of its digest',
    use: 'none',
    make: withKeyRevocation({ damage: 'digest-start' }),
  },
  {
    name: 'a key revocation with a critical notation',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ hashed: [notation('x@example.org', true)] }),
  },
  {
    name: 'a key revocation with a notation',
    use: 'none',
    make: withKeyRevocation({ hashed: [notation('x@example.org', false)] }),
  },
  {
    name: 'a key revocation with a critical subpacket that nobody knows, not hashed',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ unhashed: [[101, Buffer.of(1), true]] }),
  },
  {
    name: 'a key revocation with a critical reason',
    use: 'none',
    make: withKeyRevocation({ hashed: [[29, Buffer.of(2), true]] }),
  },
  { name: 'a key revocation that has expired', use: 'none', make: withKeyRevocation({ hashed: [lifetime(DAY)] }) },
  {
    name: 'a key revocation of the future',
    use: 'none',
    make: (s) => withKeyRevocation({ created: s.made + 999 * DAY })(s),
  },
  {
    name: 'a key revocation dated before the key',
    use: 'none',
    gpg: 'sub',
    make: (s) => withKeyRevocation({ created: s.made - DAY })(s),
  },
  { name: 'a key revocation without a date', use: 'none', gpg: 'sub', make: withKeyRevocation({ created: undefined }) },
  {
    name: 'a key revocation that is not for export',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ hashed: [local] }),
  },
  {
    name: 'a key revocation that names its issuer by fingerprint',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ issuer: 'fingerprint' }),
  },
  {
    name: 'a key revocation that names its issuer by key ID',
    use: 'none',
    make: withKeyRevocation({ issuer: 'keyId' }),
  },
  {
    name: 'a key revocation that names no issuer',
    use: 'none',
    gpg: 'sub',
    make: withKeyRevocation({ issuer: 'none' }),
  },
  {
    name: 'a key revocation that names no issuer, of a digest that nobody knows',
    use: 'sub',
    make: withKeyRevocation({ issuer: 'none', hashNumber: 99 }),
  },
  {
    name: 'a key revocation behind the user ID',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), s.revoke(), ...s.subkey()],
  },
  {
    name: 'a key revocation behind the subkey',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), s.revoke()],
  },
  {
    name: 'a key revocation behind the subkey, of a digest that nobody knows',
    use: 'none',
    gpg: 'sub',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), s.revoke({ hashNumber: 99 })],
  },
  {
    name: 'a key revocation before newer signatures of all kinds',
    use: 'none',
    make: (s) => [
      s.pk,
      s.revoke(),
      s.direct({ created: s.made + DAY }),
      ...s.user({ created: s.made + DAY }),
      ...s.subkey({ created: s.made + DAY }),
    ],
  },
  {
    name: 'a revocation that a stranger signed',
    use: 'sub',
    make: (s) => [s.pk, s.revoke({}, s.stranger), ...s.user(), ...s.subkey()],
  },
  {
    name: 'a revocation that a stranger signed in the name of the key',
    use: 'sub',
    make: (s) => [s.pk, s.revoke({ claims: s.primary }, s.stranger), ...s.user(), ...s.subkey()],
  },
];
