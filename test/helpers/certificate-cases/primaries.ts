import {
  cv25519Key,
  dsaKey,
  ed25519Key,
  over,
  p256Key,
  packet,
  rsaKey,
  signaturePacket,
  u32,
  type SignatureOptions,
  type Subpacket,
} from '../certificates.js';
import {
  CERTIFIES,
  DAY,
  ENCRYPTS,
  flags,
  keyLifetime,
  lifetime,
  local,
  notation,
  NOW,
  primaryUserId,
  type CertificateCase,
  type Scene,
} from './case.js';

const RSA = { keys: (made: number) => ({ primary: rsaKey(made) }) };
const certified = (options: SignatureOptions) => (s: Scene) => [s.pk, ...s.user(options), ...s.subkey()];
const says = (...hashed: readonly Subpacket[]) => certified({ hashed });
const at = (s: Scene, later: number, ...hashed: readonly Subpacket[]): SignatureOptions => ({
  created: s.made + 60 + later,
  hashed,
});
const two = (make: (s: Scene) => readonly Buffer[]) => (s: Scene) => [
  s.pk,
  packet.userId(s.uid),
  ...make(s),
  ...s.subkey(),
];
const direct =
  (options: SignatureOptions, user: SignatureOptions = {}) =>
  (s: Scene) => [s.pk, s.direct(options), ...s.user(user), ...s.subkey()];
const other = (s: Scene) => `Other ${s.uid}`;
const DEAD = keyLifetime(DAY);
const photo = Buffer.concat([Buffer.of(21, 1, 16, 0, 1, 1), Buffer.alloc(12), Buffer.of(0xff, 0xd8, 0xff, 0xe0)]);

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

/** User IDs that are taken back. */
export const userIds: readonly CertificateCase[] = [
  { name: 'the only user ID revoked', use: 'sub', make: two((s) => [s.certify(), s.uncertify(at(s, DAY))]) },
  {
    name: 'the only user ID revoked, of a key that has expired by it',
    use: 'none',
    gpg: 'sub',
    make: two((s) => [s.certify(at(s, 0, CERTIFIES, DEAD)), s.uncertify(at(s, DAY))]),
  },
  {
    name: 'a revocation of a user ID in the second of its certification, behind it',
    use: 'sub',
    make: two((s) => [s.certify(), s.uncertify()]),
  },
  {
    name: 'a revocation of a user ID in the second of its certification, before it',
    use: 'sub',
    make: two((s) => [s.uncertify(), s.certify()]),
  },
  {
    name: 'a revocation of a user ID older than its certification',
    use: 'sub',
    make: two((s) => [s.uncertify(), s.certify(at(s, DAY, CERTIFIES))]),
  },
  {
    name: 'a revocation of a user ID by a digest that nobody knows',
    use: 'sub',
    make: two((s) => [s.certify(), s.uncertify({ ...at(s, DAY), hashNumber: 99 })]),
  },
  {
    name: 'a revocation of a user ID that is over',
    use: 'sub',
    make: two((s) => [s.certify(), s.uncertify(at(s, DAY, lifetime(60)))]),
  },
  {
    name: 'a revocation of a user ID that is forged',
    use: 'sub',
    make: two((s) => [s.certify(), s.uncertify({ ...at(s, DAY), damage: 'octet' })]),
  },
  {
    name: 'one of two user IDs revoked',
    use: 'sub',
    make: (s) => [s.pk, ...s.user(), s.uncertify(at(s, DAY)), ...s.user({}, other(s)), ...s.subkey()],
  },
  {
    name: 'one of two user IDs revoked, the one that says that the key lives',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(at(s, DAY, CERTIFIES, keyLifetime(9000 * DAY))),
      s.uncertify(at(s, 2 * DAY)),
      ...s.user(at(s, 0, CERTIFIES, DEAD), other(s)),
      ...s.subkey(),
    ],
  },
  {
    name: 'one of two user IDs revoked, the one that says that the key has expired',
    use: 'sub',
    make: (s) => [
      s.pk,
      ...s.user(at(s, 0, CERTIFIES, DEAD)),
      s.uncertify(at(s, DAY)),
      ...s.user(at(s, 0, CERTIFIES, keyLifetime(9000 * DAY)), other(s)),
      ...s.subkey(),
    ],
  },
  {
    name: 'both user IDs revoked',
    use: 'sub',
    make: (s) => [
      s.pk,
      ...s.user(),
      s.uncertify(at(s, DAY)),
      ...s.user({}, other(s)),
      s.uncertify(at(s, DAY), other(s)),
      ...s.subkey(),
    ],
  },
];

/** When the key ends, by the word of its user IDs and of the signatures over the key alone. */
export const expiries: readonly CertificateCase[] = [
  { name: 'a key that expires later', use: 'sub', make: says(CERTIFIES, keyLifetime(9000 * DAY)) },
  { name: 'a key that has expired', use: 'none', make: says(CERTIFIES, DEAD) },
  {
    name: 'a key that expires this very second',
    use: 'sub',
    make: (s) => says(CERTIFIES, keyLifetime(NOW - s.made))(s),
  },
  {
    name: 'a key that expired a second ago',
    use: 'none',
    make: (s) => says(CERTIFIES, keyLifetime(NOW - s.made - 1))(s),
  },
  { name: 'a key with the longest lifetime', use: 'none', make: says(CERTIFIES, keyLifetime(0xffffffff)) },
  { name: 'a lifetime that is not hashed', use: 'sub', make: certified({ unhashed: [DEAD] }) },
  { name: 'two lifetimes, the first short', use: 'none', make: says(CERTIFIES, DEAD, keyLifetime(9000 * DAY)) },
  { name: 'two lifetimes, the second short', use: 'sub', make: says(CERTIFIES, keyLifetime(9000 * DAY), DEAD) },
  {
    name: 'expired by its older certification',
    use: 'sub',
    make: two((s) => [s.certify(at(s, 0, CERTIFIES, DEAD)), s.certify(at(s, DAY, CERTIFIES))]),
  },
  {
    name: 'expired by its newer certification',
    use: 'none',
    make: two((s) => [s.certify(at(s, DAY, CERTIFIES, DEAD)), s.certify(at(s, 0, CERTIFIES))]),
  },
  {
    name: 'expired by the latter of two certifications of one second',
    use: 'none',
    make: two((s) => [s.certify(), s.certify(at(s, 0, CERTIFIES, DEAD))]),
  },
  {
    name: 'expired by the former of two certifications of one second',
    use: 'sub',
    make: two((s) => [s.certify(at(s, 0, CERTIFIES, DEAD)), s.certify()]),
  },
  {
    name: 'expired by a newer certification that is over',
    use: 'none',
    gpg: 'sub',
    make: two((s) => [s.certify(), s.certify(at(s, DAY, CERTIFIES, DEAD, lifetime(60)))]),
  },
  {
    name: 'expired by the older user ID, the newer says nothing',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(at(s, 0, CERTIFIES, DEAD)),
      ...s.user(at(s, DAY, CERTIFIES), other(s)),
      ...s.subkey(),
    ],
  },
  {
    name: 'expired by the older user ID, the newer says later',
    use: 'sub',
    make: (s) => [
      s.pk,
      ...s.user(at(s, 0, CERTIFIES, DEAD)),
      ...s.user(at(s, DAY, CERTIFIES, keyLifetime(9000 * DAY)), other(s)),
      ...s.subkey(),
    ],
  },
  {
    name: 'expired by the newer user ID, the primary one says later',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(at(s, 0, CERTIFIES, keyLifetime(9000 * DAY), primaryUserId)),
      ...s.user(at(s, DAY, CERTIFIES, DEAD), other(s)),
      ...s.subkey(),
    ],
  },
  {
    name: 'expired by the former of two user IDs of one second',
    use: 'none',
    make: (s) => [
      s.pk,
      ...s.user(at(s, 0, CERTIFIES, DEAD)),
      ...s.user(at(s, 0, CERTIFIES, keyLifetime(9000 * DAY)), other(s)),
      ...s.subkey(),
    ],
  },
  {
    name: 'expired by the latter of two user IDs of one second',
    use: 'sub',
    make: (s) => [
      s.pk,
      ...s.user(at(s, 0, CERTIFIES, keyLifetime(9000 * DAY))),
      ...s.user(at(s, 0, CERTIFIES, DEAD), other(s)),
      ...s.subkey(),
    ],
  },
  { name: 'expired by a signature over the key alone', use: 'none', make: direct({ hashed: [CERTIFIES, DEAD] }) },
  {
    name: 'expired by a signature over the key alone, a user ID says later',
    use: 'none',
    make: direct({ hashed: [CERTIFIES, DEAD] }, { hashed: [CERTIFIES, keyLifetime(9000 * DAY)] }),
  },
  {
    name: 'expired by the user ID, a signature over the key alone says later',
    use: 'sub',
    make: direct({ hashed: [CERTIFIES, keyLifetime(9000 * DAY)] }, { hashed: [CERTIFIES, DEAD] }),
  },
  {
    name: 'expired by the user ID, a signature over the key alone says nothing',
    use: 'none',
    make: direct({ hashed: [CERTIFIES] }, { hashed: [CERTIFIES, DEAD] }),
  },
  {
    name: 'expired by a signature over the key alone that is over',
    use: 'sub',
    make: direct({ hashed: [CERTIFIES, DEAD, lifetime(60)] }),
  },
  {
    name: 'expired by the older of two signatures over the key alone, the newer over',
    use: 'none',
    make: (s) => [
      s.pk,
      s.direct(at(s, 0, CERTIFIES, DEAD)),
      s.direct(at(s, DAY, CERTIFIES, lifetime(60))),
      ...s.user(),
      ...s.subkey(),
    ],
  },
  {
    name: 'expired by the latter of two signatures of one second over the key alone',
    use: 'none',
    make: (s) => [s.pk, s.direct(), s.direct(at(s, 0, CERTIFIES, DEAD)), ...s.user(), ...s.subkey()],
  },
  {
    name: 'a signature over the key alone behind the user ID',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), s.direct(at(s, 0, CERTIFIES, DEAD)), ...s.subkey()],
  },
];

/** Primary keys that encrypt themselves, and keys of another time. */
export const primaries: readonly CertificateCase[] = [
  ...(
    [
      ['no', [], 'primary'],
      ['empty', [flags()], 'none'],
      ['zero', [flags(0)], 'none'],
      ['encryption', [flags(0x0f)], 'primary'],
      ['certification', [CERTIFIES], 'none'],
    ] as const
  ).map(([what, hashed, use]): CertificateCase => ({
    name: `${what} key flags of an RSA key without subkeys`,
    use,
    ...RSA,
    make: (s) => [s.pk, ...s.user({ hashed })],
  })),
  {
    name: 'an RSA key that encrypts by the word of its older user ID',
    use: 'primary',
    ...RSA,
    make: (s) => [s.pk, ...s.user(at(s, 0, flags(0x0f))), ...s.user(at(s, DAY), other(s))],
  },
  {
    name: 'an RSA key that does not encrypt by the word of its newer user ID',
    use: 'none',
    ...RSA,
    make: (s) => [s.pk, ...s.user(at(s, 0, flags(0x0f))), ...s.user(at(s, DAY, CERTIFIES), other(s))],
  },
  {
    name: 'an RSA key that does not encrypt by a signature over the key alone',
    use: 'none',
    ...RSA,
    make: (s) => [s.pk, s.direct(), ...s.user({ hashed: [flags(0x0f)] })],
  },
  {
    name: 'an RSA key that encrypts by a signature over the key alone',
    use: 'primary',
    ...RSA,
    make: (s) => [s.pk, s.direct({ hashed: [flags(0x0f)] }), ...s.user()],
  },
  {
    name: 'an RSA key whose only user ID, which does not let it encrypt, is revoked',
    use: 'none',
    gpg: 'primary',
    ...RSA,
    make: (s) => [s.pk, ...s.user(), s.uncertify(at(s, DAY))],
  },
  {
    name: 'an RSA key that encrypts, and a subkey',
    use: 'sub',
    ...RSA,
    make: (s) => [s.pk, ...s.user({ hashed: [flags(0x0f)] }), ...s.subkey()],
  },
  {
    name: 'an RSA key that encrypts, and a subkey that has expired',
    use: 'primary',
    ...RSA,
    make: (s) => [s.pk, ...s.user({ hashed: [flags(0x0f)] }), ...s.subkey({ hashed: [ENCRYPTS, DEAD] })],
  },
  {
    name: 'a key that signs and says that it encrypts',
    use: 'none',
    make: (s) => [s.pk, ...s.user({ hashed: [flags(0x0f)] })],
  },
  {
    name: 'an RSA key of algorithm 3',
    use: 'sub',
    keys: (made) => ({ primary: rsaKey(made, 3) }),
    make: certified({}),
  },
  {
    name: 'a key of the future',
    use: 'none',
    keys: () => ({ primary: ed25519Key(NOW + DAY) }),
    make: (s) => [s.pk, ...s.user({ created: NOW + DAY }), ...s.subkey({ created: NOW + DAY })],
  },
  {
    name: 'a key of this very second',
    use: 'sub',
    keys: () => ({ primary: ed25519Key(NOW), sub: cv25519Key(NOW) }),
    make: (s) => [s.pk, ...s.user({ created: NOW }), ...s.subkey({ created: NOW })],
  },
  {
    name: 'a key of the year 1970',
    use: 'sub',
    keys: () => ({ primary: ed25519Key(1), sub: cv25519Key(1) }),
    make: (s) => [s.pk, ...s.user(), ...s.subkey()],
  },
  {
    name: 'a lifetime that ends in the second zero',
    use: 'none',
    gpg: 'sub',
    make: (s) => says(CERTIFIES, [9, u32(2 ** 32 - s.made)])(s),
  },
];
