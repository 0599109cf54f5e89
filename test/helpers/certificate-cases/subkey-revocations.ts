import { rsaKey } from '../certificate-keys.js';
import { packet } from '../certificates.js';
import { DAY, lifetime, notation, type CertificateCase } from './case.js';
import { withSubkeyRevocation } from './shapes.js';

/** Revocations of subkeys. */
export const subkeyRevocations: readonly CertificateCase[] = [
  { name: 'a subkey revocation', use: 'none', make: withSubkeyRevocation({}) },
  {
    name: 'a subkey revocation before its binding',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), packet.subkey(s.sub), s.unbind(), s.bind()],
  },
  {
    name: 'a subkey revocation older than its binding',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), ...s.subkey({ created: s.made + DAY }), s.unbind()],
  },
  {
    name: 'a subkey revocation that has expired',
    use: 'none',
    make: withSubkeyRevocation({ hashed: [lifetime(DAY)] }),
  },
  { name: 'a subkey revocation that is forged', use: 'sub', make: withSubkeyRevocation({ damage: 'octet' }) },
  {
    name: 'a subkey revocation by a digest that nobody knows',
    use: 'none',
    gpg: 'sub',
    make: withSubkeyRevocation({ hashNumber: 99 }),
  },
  { name: 'a subkey revocation that is cut short', use: 'none', make: withSubkeyRevocation({ damage: 'cut' }) },
  {
    name: 'a subkey revocation with a critical notation',
    use: 'none',
    gpg: 'sub',
    make: withSubkeyRevocation({ hashed: [notation('x@example.org', true)] }),
  },
  {
    name: 'a subkey revocation dated before the key',
    use: 'none',
    gpg: 'sub',
    make: (s) => withSubkeyRevocation({ created: s.made - DAY })(s),
  },
  {
    name: 'a revocation of the newer subkey under the older one',
    use: 'sub',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), s.unbind({}, s.sub2), ...s.subkey({}, s.sub2)],
  },
  {
    name: 'a revocation of the older subkey under the newer one',
    use: 'sub2',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), ...s.subkey({}, s.sub2), s.unbind()],
  },
  {
    name: 'a revocation of the newer subkey under the older one, of a digest that nobody knows',
    use: 'sub2',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), s.unbind({ hashNumber: 99 }, s.sub2), ...s.subkey({}, s.sub2)],
  },
  {
    name: 'a subkey revocation behind the user ID',
    use: 'none',
    make: (s) => [s.pk, ...s.user(), s.unbind(), ...s.subkey()],
  },
  {
    name: 'a subkey revocation behind the user ID, of a digest that nobody knows',
    use: 'none',
    gpg: 'sub',
    make: (s) => [s.pk, ...s.user(), s.unbind({ hashNumber: 99 }), ...s.subkey()],
  },
  {
    name: 'the newer of two subkeys revoked',
    use: 'sub',
    make: (s) => [s.pk, ...s.user(), ...s.subkey(), ...s.subkey({}, s.sub2), s.unbind({}, s.sub2)],
  },
  {
    name: 'a subkey revoked, and the primary key encrypts',
    use: 'primary',
    keys: (made) => ({ primary: rsaKey(made) }),
    make: (s) => [s.pk, ...s.user({ hashed: [[27, Buffer.of(0x0f)]] }), ...s.subkey(), s.unbind()],
  },
];
