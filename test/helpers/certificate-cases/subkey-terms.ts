import { cv25519Key, rsaKey, strangeKey } from '../certificate-keys.js';
import { DAY, ENCRYPTS, flags, keyLifetime, NOW, type CertificateCase } from './case.js';
import { bound, flagged, BOTH_LIVES } from './shapes.js';

/** What a binding says of its subkey. */
export const subkeyTerms: readonly CertificateCase[] = [
  ...(
    [
      ['no', [], 'sub'],
      ['empty', [flags()], 'none'],
      ['zero', [flags(0)], 'none'],
      ['two octets of', [flags(0x0c, 0)], 'sub'],
      ['two octets of which the second', [flags(0, 0x0c)], 'none'],
      ['communication', [flags(4)], 'sub'],
      ['storage', [flags(8)], 'sub'],
      ['signing', [flags(2)], 'none'],
      ['authentication', [flags(0x20)], 'none'],
      ['unknown', [flags(0x40)], 'none'],
      ['encryption and then signing', [flags(0x0c), flags(2)], 'sub'],
      ['signing and then encryption', [flags(2), flags(0x0c)], 'none'],
    ] as const
  ).map(([what, hashed, use]): CertificateCase => ({
    name: `${what} key flags of a subkey`,
    use,
    make: flagged(...hashed),
  })),
  { name: 'key flags that are not hashed', use: 'none', make: bound({ hashed: [flags(2)], unhashed: [ENCRYPTS] }) },
  { name: 'a subkey that expires later', use: 'sub', make: flagged(ENCRYPTS, keyLifetime(9000 * DAY)) },
  { name: 'a subkey that has expired', use: 'none', make: flagged(ENCRYPTS, keyLifetime(DAY)) },
  { name: 'a subkey with a lifetime of zero', use: 'sub', make: flagged(ENCRYPTS, keyLifetime(0)) },
  { name: 'a subkey with the longest lifetime', use: 'none', make: flagged(ENCRYPTS, keyLifetime(0xffffffff)) },
  { name: 'a lifetime of a subkey that is not hashed', use: 'sub', make: bound({ unhashed: [keyLifetime(DAY)] }) },
  { name: 'two lifetimes of a subkey, the first short', use: 'none', make: flagged(ENCRYPTS, ...BOTH_LIVES) },
  {
    name: 'two lifetimes of a subkey, the second short',
    use: 'sub',
    make: flagged(ENCRYPTS, ...[...BOTH_LIVES].reverse()),
  },
  { name: 'a lifetime of a subkey of three octets', use: 'sub', make: flagged(ENCRYPTS, [9, Buffer.of(0, 0, 1)]) },
  {
    name: 'two dates of a binding, the first before the key',
    use: 'none',
    make: (s) => bound({ first: [[2, Buffer.of(0, 0, 0, 1)]], created: s.made + 60 })(s),
  },
  {
    name: 'a signing subkey without a back signature beside one that encrypts',
    use: 'sub',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), ...s.subkey({ hashed: [flags(2)] }, rsaKey(s.made))],
  },
  {
    name: 'two subkeys of one second',
    use: 'sub',
    keys: (made) => ({ sub2: cv25519Key(made) }),
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), ...s.subkey({}, s.sub2)],
  },
  {
    name: 'two subkeys, the newer first',
    use: 'sub2',
    make: (s) => [s.pk, ...s.user(), ...s.subkey({}, s.sub2), ...s.subkey()],
  },
  {
    name: 'a newer subkey of the future',
    use: 'sub',
    keys: () => ({ sub2: cv25519Key(NOW + DAY) }),
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), ...s.subkey({ created: NOW + DAY }, s.sub2)],
  },
  {
    name: 'a newer subkey of the future, bound today',
    use: 'sub',
    keys: () => ({ sub2: cv25519Key(NOW + DAY) }),
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), ...s.subkey({}, s.sub2)],
  },
  {
    name: 'a primary key that encrypts beside a subkey of the future',
    use: 'primary',
    keys: (made) => ({ primary: rsaKey(made), sub: cv25519Key(NOW + DAY) }),
    make: (s) => [s.pk, ...s.user({ hashed: [flags(0x0f)] }), ...s.subkey({ created: NOW + DAY })],
  },
  ...([1, 2, 3] as const).map((algorithm): CertificateCase => ({
    ...{ name: `an RSA subkey of algorithm ${algorithm}`, use: algorithm === 3 ? 'none' : 'sub' },
    ...{ keys: (made) => ({ sub: rsaKey(made, algorithm) }), make: bound({}) },
  })),
  ...([16, 20, 25, 99] as const).map((algorithm): CertificateCase => ({
    ...{ name: `a subkey of algorithm ${algorithm}`, use: algorithm === 16 ? 'sub' : 'none' },
    ...{ keys: (made) => ({ sub: strangeKey(made, algorithm) }), make: bound({}) },
  })),
];
