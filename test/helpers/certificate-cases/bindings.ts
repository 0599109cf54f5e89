import { cv25519Key, p256Key, rsaKey } from '../certificate-keys.js';
import { over, packet, signaturePacket } from '../certificates.js';
import { DAY, ENCRYPTS, local, notation, NOW, type CertificateCase } from './case.js';
import { bound, twoBindings, dead, live, ended } from './shapes.js';

/** Which binding counts, and how it is verified. */
export const bindings: readonly CertificateCase[] = [
  { name: 'two bindings, the newer expired', use: 'none', make: twoBindings(live, (s) => dead(s, DAY)) },
  {
    name: 'two bindings, the newer expired, first in the file',
    use: 'none',
    make: twoBindings((s) => dead(s, DAY), live),
  },
  { name: 'two bindings, the older expired', use: 'sub', make: twoBindings(dead, (s) => live(s, DAY)) },
  { name: 'two bindings, the newer over', use: 'none', make: twoBindings(live, (s) => ended(s, DAY)) },
  {
    name: 'two bindings, the newer over, first in the file',
    use: 'none',
    make: twoBindings((s) => ended(s, DAY), live),
  },
  { name: 'two bindings, the older over', use: 'sub', make: twoBindings(ended, (s) => live(s, DAY)) },
  { name: 'two bindings of one second, the latter expired', use: 'none', make: twoBindings(live, dead) },
  { name: 'two bindings of one second, the former expired', use: 'sub', make: twoBindings(dead, live) },
  { name: 'two bindings of one second, the latter over', use: 'none', make: twoBindings(live, ended) },
  { name: 'two bindings of one second, the former over', use: 'sub', make: twoBindings(ended, live) },
  {
    name: 'two bindings, one cut short',
    use: 'none',
    make: twoBindings(live, (s) => ({ ...live(s, DAY), damage: 'cut' })),
  },
  {
    name: 'two bindings, one of a version to come',
    use: 'none',
    make: twoBindings(live, (s) => ({ ...live(s, DAY), version: 6 })),
  },
  {
    name: 'two bindings, one of version 5',
    use: 'none',
    make: twoBindings(live, (s) => ({ ...live(s, DAY), version: 5 })),
  },
  {
    name: 'two bindings, one of an algorithm that nobody knows',
    use: 'sub',
    make: twoBindings(live, (s) => ({ ...dead(s, DAY), keyAlgorithm: 99 })),
  },
  { name: 'a binding with octets behind its numbers', use: 'sub', make: bound({ damage: 'more' }) },
  {
    name: 'two bindings of one second, the latter forged',
    use: 'none',
    make: twoBindings(dead, (s) => ({ ...live(s), damage: 'octet' })),
  },
  { name: 'no binding', use: 'none', make: (s) => [s.pk, ...s.user(), packet.subkey(s.sub)] },
  { name: 'a binding that is forged', use: 'none', make: bound({ damage: 'octet' }) },
  {
    name: 'a binding by a stranger',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(),
      packet.subkey(s.sub),
      signaturePacket(0x18, s.stranger, over.subkey(s.primary, s.sub), { hashed: [ENCRYPTS] }),
    ],
  },
  {
    name: 'a binding by a stranger in the name of the key',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(),
      packet.subkey(s.sub),
      signaturePacket(0x18, s.stranger, over.subkey(s.primary, s.sub), { hashed: [ENCRYPTS], claims: s.primary }),
    ],
  },
  {
    name: 'a binding of the subkey to another primary key',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(),
      packet.subkey(s.sub),
      signaturePacket(0x18, s.stranger, over.subkey(s.stranger, s.sub), { hashed: [ENCRYPTS], claims: s.primary }),
    ],
  },
  {
    name: 'a binding under another subkey',
    use: 'sub2',
    make: (s) => [s.pk, ...s.user(), packet.subkey(s.sub2), ...s.subkey(), s.bind({}, s.sub2)],
  },
  {
    name: 'a binding behind the user ID',
    use: 'sub',
    make: (s) => [s.pk, ...s.user(), s.bind(), packet.subkey(s.sub)],
  },
  { name: 'the subkey before the user ID', use: 'none', make: (s) => [s.pk, ...s.subkey(), ...s.user()] },
  {
    name: 'the same subkey twice, bound once',
    use: 'sub',
    make: (s) => [s.pk, ...s.user(), packet.subkey(s.sub), ...s.subkey()],
  },
  { name: 'a binding dated before the primary key', use: 'none', make: (s) => bound({ created: s.made - 1 })(s) },
  { name: 'a binding of the second of the primary key', use: 'sub', make: (s) => bound({ created: s.made })(s) },
  {
    name: 'a binding dated before the subkey',
    use: 'sub',
    keys: (made) => ({ sub: cv25519Key(made + DAY) }),
    make: bound({}),
  },
  {
    name: 'a subkey dated before the primary key',
    use: 'sub',
    keys: (made) => ({ sub: cv25519Key(made - DAY) }),
    make: bound({}),
  },
  { name: 'a binding of the future', use: 'sub', make: bound({ created: NOW + DAY }) },
  { name: 'a binding without a date', use: 'none', make: bound({ created: undefined }) },
  { name: 'a binding by md5', use: 'none', make: bound({ hash: 'md5' }) },
  { name: 'a binding by sha1', use: 'sub', make: bound({ hash: 'sha1' }) },
  { name: 'a binding by ripemd160', use: 'sub', make: bound({ hash: 'ripemd160' }) },
  { name: 'a binding by sha3-256', use: 'none', make: bound({ hash: 'sha3-256' }) },
  {
    name: 'a binding by sha512, RSA',
    use: 'sub',
    keys: (made) => ({ primary: rsaKey(made) }),
    make: bound({ hash: 'sha512' }),
  },
  {
    name: 'a binding by sha1, RSA',
    use: 'sub',
    keys: (made) => ({ primary: rsaKey(made) }),
    make: bound({ hash: 'sha1' }),
  },
  {
    name: 'all by sha1, ECDSA on P-256',
    use: 'none',
    keys: (made) => ({ primary: p256Key(made) }),
    make: (s) => [s.pk, ...s.user({ hash: 'sha1' }), ...s.subkey({ hash: 'sha1' })],
  },
  { name: 'a binding of version 3', use: 'sub', make: bound({ version: 3 }) },
  { name: 'a binding that names its issuer by fingerprint alone', use: 'none', make: bound({ issuer: 'fingerprint' }) },
  { name: 'a binding that names its issuer by key ID', use: 'sub', make: bound({ issuer: 'keyId' }) },
  { name: 'a binding that names no issuer', use: 'none', make: bound({ issuer: 'none' }) },
  { name: 'a binding that names another issuer', use: 'none', make: (s) => bound({ claims: s.stranger })(s) },
  {
    name: 'a binding with a critical notation',
    use: 'none',
    make: bound({ hashed: [ENCRYPTS, notation('x@example.org', true)] }),
  },
  {
    name: 'a binding with the critical notation that GnuPG knows',
    use: 'sub',
    make: bound({ hashed: [ENCRYPTS, notation('preferred-email-encoding@pgp.com', true)] }),
  },
  {
    name: 'a binding with a notation',
    use: 'sub',
    make: bound({ hashed: [ENCRYPTS, notation('x@example.org', false)] }),
  },
  {
    name: 'a binding with a critical subpacket that nobody knows',
    use: 'none',
    make: bound({ hashed: [ENCRYPTS, [101, Buffer.of(1), true]] }),
  },
  {
    name: 'a binding with a critical subpacket that nobody knows, not hashed',
    use: 'none',
    make: bound({ unhashed: [[101, Buffer.of(1), true]] }),
  },
  {
    name: 'a binding with a subpacket that nobody knows',
    use: 'sub',
    make: bound({ hashed: [ENCRYPTS, [101, Buffer.of(1)]] }),
  },
  { name: 'a binding whose subpackets are cut short', use: 'none', make: bound({ tail: Buffer.of(9, 27, 0) }) },
  { name: 'a binding with an empty subpacket at its end', use: 'none', make: bound({ tail: Buffer.of(0) }) },
  { name: 'a binding that is not for export', use: 'none', make: bound({ hashed: [ENCRYPTS, local] }) },
  { name: 'a binding with another start of its digest', use: 'sub', make: bound({ damage: 'digest-start' }) },
];
