import { rsaKey } from '../certificate-keys.js';
import { packet, type SignatureOptions, type Subpacket } from '../certificates.js';
import { DAY, ENCRYPTS, keyLifetime, lifetime, type Scene } from './case.js';

/** The primary key is an RSA key. */
export const RSA = { keys: (made: number) => ({ primary: rsaKey(made) }) };
/** A key with one user ID, certified so, and a subkey. */
export const certified = (options: SignatureOptions) => (s: Scene) => [s.pk, ...s.user(options), ...s.subkey()];
/** The same, with these subpackets. */
export const says = (...hashed: readonly Subpacket[]) => certified({ hashed });
/** A signature so many seconds later than usual. */
export const at = (s: Scene, later: number, ...hashed: readonly Subpacket[]): SignatureOptions => ({
  created: s.made + 60 + later,
  hashed,
});
/** A key with one user ID, these signatures behind it, and a subkey. */
export const two = (make: (s: Scene) => readonly Buffer[]) => (s: Scene) => [
  s.pk,
  packet.userId(s.uid),
  ...make(s),
  ...s.subkey(),
];
/** A key with a signature over the key alone. */
export const direct =
  (options: SignatureOptions, user: SignatureOptions = {}) =>
  (s: Scene) => [s.pk, s.direct(options), ...s.user(user), ...s.subkey()];
/** Another user ID. */
export const other = (s: Scene) => `Other ${s.uid}`;
/** Of a key that has expired. */
export const DEAD = keyLifetime(DAY);
/** The content of a user attribute. */
export const photo = Buffer.concat([
  Buffer.of(21, 1, 16, 0, 1, 1),
  Buffer.alloc(12),
  Buffer.of(0xff, 0xd8, 0xff, 0xe0),
]);
/** A key with one subkey, bound so. */
export const bound = (options: SignatureOptions) => (s: Scene) => [s.pk, ...s.user(), ...s.subkey(options)];
/** The same, with these subpackets. */
export const flagged = (...more: readonly Subpacket[]) => bound({ hashed: more });
/** A short one and a long one. */
export const BOTH_LIVES = [keyLifetime(DAY), keyLifetime(9000 * DAY)] as const;
/** A key with one subkey, bound twice. */
export const twoBindings =
  (first: (s: Scene) => SignatureOptions, second: (s: Scene) => SignatureOptions) => (s: Scene) => [
    ...[s.pk, ...s.user(), packet.subkey(s.sub), s.bind(first(s)), s.bind(second(s))],
  ];
/** A binding of a subkey that has expired. */
export const dead = (s: Scene, later = 0): SignatureOptions => ({
  created: s.made + 60 + later,
  hashed: [ENCRYPTS, keyLifetime(DAY)],
});
/** A binding of a subkey that has not. */
export const live = (s: Scene, later = 0): SignatureOptions => ({ created: s.made + 60 + later, hashed: [ENCRYPTS] });
/** A binding that is over itself. */
export const ended = (s: Scene, later = 0): SignatureOptions => ({
  created: s.made + 60 + later,
  hashed: [ENCRYPTS, lifetime(DAY)],
});
/** A key that is revoked so. */
export const withKeyRevocation = (options: SignatureOptions) => (s: Scene) => [
  s.pk,
  s.revoke(options),
  ...s.user(),
  ...s.subkey(),
];
/** A key whose subkey is revoked so. */
export const withSubkeyRevocation = (options: SignatureOptions) => (s: Scene) => [
  s.pk,
  ...s.user(),
  ...s.subkey(),
  s.unbind(options),
];
