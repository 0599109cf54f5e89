import { dsaKey, p256Key } from '../certificate-keys.js';
import { over, packet, signaturePacket } from '../certificates.js';
import { CERTIFIES, DAY, lifetime, local, notation, NOW, type CertificateCase } from './case.js';
import { RSA, certified, says, at, two, DEAD, photo } from './shapes.js';

/** Self-certifications: which one counts, and how it is verified. */
export const certifications: readonly CertificateCase[] = [
  { name: 'no user ID', use: 'none', make: (s) => [s.pk, ...s.subkey()] },
  {
    name: 'no user ID, and a signature over the key alone',
    use: 'none',
    make: (s) => [s.pk, s.direct(), ...s.subkey()],
  },
  { name: 'a user ID without a certification', use: 'none', make: (s) => [s.pk, packet.userId(s.uid), ...s.subkey()] },
  {
    name: 'a user ID without a certification, and a signature over the key alone',
    use: 'none',
    make: (s) => [s.pk, s.direct(), packet.userId(s.uid), ...s.subkey()],
  },
  { name: 'a certification that is forged', use: 'none', make: certified({ damage: 'octet' }) },
  {
    name: 'a certification by a stranger',
    use: 'none',
    make: two((s) => [signaturePacket(0x13, s.stranger, over.userId(s.primary, s.uid))]),
  },
  {
    name: 'a certification by a stranger that is cut short beside that of the key',
    use: 'none',
    make: two((s) => [
      s.certify(),
      signaturePacket(0x13, s.stranger, over.userId(s.primary, s.uid), { damage: 'cut' }),
    ]),
  },
  {
    name: 'a certification by a stranger, of a version to come, beside that of the key',
    use: 'none',
    make: two((s) => [s.certify(), signaturePacket(0x13, s.stranger, over.userId(s.primary, s.uid), { version: 6 })]),
  },
  {
    name: 'a certification by a stranger beside that of the key',
    use: 'sub',
    make: two((s) => [
      s.certify(),
      signaturePacket(0x13, s.stranger, over.userId(s.primary, s.uid), { hashed: [DEAD] }),
    ]),
  },
  ...[0x10, 0x11, 0x12].map((type): CertificateCase => ({
    name: `a certification of type ${type.toString(16)}`,
    use: 'sub',
    make: two((s) => [s.certify({}, s.uid, type)]),
  })),
  ...(['md5', 'sha1', 'ripemd160', 'sha224', 'sha512', 'sha3-256'] as const).map((hash): CertificateCase => ({
    ...{
      name: `a certification by ${hash}`,
      use: hash === 'md5' || hash === 'sha3-256' ? 'none' : 'sub',
      make: certified({ hash }),
    },
  })),
  {
    name: 'a certification by sha1, DSA',
    use: 'none',
    keys: (made) => ({ primary: dsaKey(made) }),
    make: certified({ hash: 'sha1' }),
  },
  { name: 'a certification, DSA', use: 'sub', keys: (made) => ({ primary: dsaKey(made) }), make: certified({}) },
  { name: 'a certification, ECDSA', use: 'sub', keys: (made) => ({ primary: p256Key(made) }), make: certified({}) },
  { name: 'a certification of version 3', use: 'sub', make: certified({ version: 3 }) },
  { name: 'a certification of version 3, RSA', use: 'sub', ...RSA, make: certified({ version: 3 }) },
  { name: 'a certification dated before the key', use: 'none', make: (s) => certified({ created: s.made - 1 })(s) },
  { name: 'a certification of the future', use: 'sub', make: certified({ created: NOW + DAY }) },
  { name: 'a certification that is over', use: 'sub', make: says(CERTIFIES, lifetime(DAY)) },
  { name: 'a certification with the longest lifetime', use: 'sub', make: says(CERTIFIES, lifetime(0xffffffff)) },
  { name: 'a certification that is not for export', use: 'none', make: says(CERTIFIES, local) },
  {
    name: 'a certification with a critical notation',
    use: 'none',
    make: says(CERTIFIES, notation('x@example.org', true)),
  },
  { name: 'a certification without a date', use: 'none', make: certified({ created: undefined }) },
  {
    name: 'a certification that names its issuer by fingerprint alone',
    use: 'none',
    make: certified({ issuer: 'fingerprint' }),
  },
  { name: 'a certification that names no issuer', use: 'none', make: certified({ issuer: 'none' }) },
  {
    name: 'a certification behind the key',
    use: 'sub',
    make: (s) => [s.pk, s.certify(), packet.userId(s.uid), ...s.subkey()],
  },
  {
    name: 'a certification behind the subkey',
    use: 'sub',
    make: (s) => [s.pk, packet.userId(s.uid), ...s.subkey(), s.certify()],
  },
  {
    name: 'the same user ID twice, once with a shorter life',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), ...s.user(at(s, DAY, CERTIFIES, DEAD)), ...s.subkey()],
  },
  {
    name: 'a user attribute alone',
    use: 'sub',
    make: (s) => [
      s.pk,
      packet.attribute(photo),
      signaturePacket(0x13, s.primary, over.attribute(s.primary, photo), { hashed: [CERTIFIES] }),
      ...s.subkey(),
    ],
  },
  {
    name: 'a user attribute that says that the key has expired',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(),
      packet.attribute(photo),
      signaturePacket(0x13, s.primary, over.attribute(s.primary, photo), { hashed: [CERTIFIES, DEAD] }),
      ...s.subkey(),
    ],
  },
];
