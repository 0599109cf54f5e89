import { CERTIFIES, DAY, keyLifetime, lifetime, NOW, primaryUserId, type CertificateCase } from './case.js';
import { certified, says, at, two, direct, other, DEAD } from './shapes.js';

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
