import { CERTIFIES, DAY, keyLifetime, lifetime, type CertificateCase } from './case.js';
import { at, two, other, DEAD } from './shapes.js';

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
