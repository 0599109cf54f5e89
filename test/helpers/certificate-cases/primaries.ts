import { cv25519Key, ed25519Key, rsaKey, u32 } from '../certificate-keys.js';
import { CERTIFIES, DAY, ENCRYPTS, flags, NOW, type CertificateCase } from './case.js';
import { RSA, certified, says, at, other, DEAD } from './shapes.js';

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
