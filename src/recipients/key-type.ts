import type { KeyPart, PublicKey } from '../keys/keystore.js';

// RFC 9580, section 9.1; 8 and 20 are GnuPG's (common/openpgpdefs.h).
const ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [1, 'rsa'],
  [2, 'rsa'],
  [3, 'rsa'],
  [8, 'kyber'],
  [16, 'elg'],
  [17, 'dsa'],
  [18, 'ecdh'],
  [19, 'ecdsa'],
  [20, 'elg'],
  [22, 'eddsa'],
  [25, 'x25519'],
  [26, 'x448'],
  [27, 'ed25519'],
  [28, 'ed448'],
]);

/** The type of a key as GnuPG names it: `rsa4096`, `cv25519`. */
export function keyTypeOf({ algorithm, bits }: KeyPart): string {
  if (algorithm === ECDH && bits === 255) return 'cv25519';
  if (algorithm === ECDH && bits === 448) return 'cv448';
  if (algorithm === 22 && bits === 255) return 'ed25519';
  if (algorithm >= 25 && algorithm <= 28) return ALGORITHMS.get(algorithm) ?? '';
  return `${ALGORITHMS.get(algorithm) ?? `algorithm-${algorithm}-`}${bits}`;
}

const ECDH = 18;
const KYBER = 8;
const RFC_9580 = 25;

/** Which versions of GnuPG cannot encrypt to a key or read what is encrypted to it; undefined if all that are in use can. */
export function unreadableFor({ primaryKey }: PublicKey, subkey: KeyPart | undefined): string | undefined {
  const parts = subkey ? [primaryKey, subkey] : [primaryKey];
  // The algorithms of RFC 9580, and those of its extensions; GnuPG implements neither.
  if (parts.some(({ algorithm }) => algorithm >= RFC_9580)) return 'every GnuPG: the key follows RFC 9580 (version 6)';
  if (parts.some(({ algorithm }) => algorithm === KYBER)) return 'GnuPG before 2.5: the key is for Kyber';
  // A fingerprint has 64 digits from version 5 on.
  if (primaryKey.fingerprint.length > 40) return 'GnuPG before 2.3: the key has version 5';
  return parts.some(({ bits, algorithm }) => bits === 448 && algorithm >= ECDH)
    ? 'GnuPG before 2.3: the key is on Curve448'
    : undefined;
}
