import type { Config, PartialConfig, PrivateKey, SignaturePacket, UserID } from 'openpgp';
import { CONFIG } from './config.js';
import { parseFingerprint, type Fingerprint } from './identifiers.js';
import { loadLibrary, type Library } from './library.js';

/** The types of keys that can be created; `cv25519` is Ed25519 with Curve25519 for encryption. */
export type NewKeyType = 'cv25519' | 'rsa2048' | 'rsa3072' | 'rsa4096';

/** Properties of a new key. */
export interface NewKeyOptions {
  /** `Name <address>`, a bare address, or a bare name. */
  readonly userId: string;
  readonly type: NewKeyType;
  /** Protects the secret key; without one the key is unprotected. */
  readonly passphrase?: string | undefined;
  /** How long it is valid, from now; undefined: for ever. */
  readonly expiresSeconds?: number | undefined;
}

/** A new key, armored. */
export interface NewKeyPair {
  readonly fingerprint: Fingerprint;
  readonly publicKey: string;
  readonly secretKey: string;
}

// openpgp.js declares this with too few parameters.
interface Undeclared {
  sign(key: unknown, signed: object, date: Date, detached: boolean, config: Config): Promise<void>;
}

function configWith({ enums }: Library): PartialConfig {
  return {
    ...CONFIG,
    v6Keys: false,
    aeadProtect: false,
    s2kType: enums.s2k.iterated,
    // 65,011,712 octets are hashed, the maximum of a count octet.
    s2kIterationCountByte: 255,
    preferredHashAlgorithm: enums.hash.sha256,
    preferredSymmetricAlgorithm: enums.symmetric.aes256,
    preferredCompressionAlgorithm: enums.compression.uncompressed,
  };
}

/**
 * Makes a key pair that every GnuPG since 2.1 imports: version 4, the curves under the object identifiers that GnuPG 2.2 knows, a
 * secret key protected by iterated S2K with AES-256 and SHA-256 (RFC 9580, sections 3.7.1.3 and 5.5.3), and no AEAD preference.
 *
 * @throws RangeError for a user ID that is blank or spans lines.
 */
export async function generateKeyPair({
  userId,
  type,
  passphrase,
  expiresSeconds = 0,
}: NewKeyOptions): Promise<NewKeyPair> {
  if (userId.trim() === '' || /\p{Cc}/u.test(userId)) throw new RangeError('a user ID must be one line of text');
  const openpgp = await loadLibrary();
  const config = configWith(openpgp);
  const { privateKey: open } = await openpgp.generateKey({
    ...(type === 'cv25519'
      ? { type: 'ecc', curve: 'curve25519Legacy' }
      : { type: 'rsa', rsaBits: Number(type.slice(3)) }),
    userIDs: partsOf(userId),
    keyExpirationTime: expiresSeconds,
    format: 'object',
    config,
  });
  await preferKnownHashes(open, openpgp);
  const locked = passphrase && (await openpgp.encryptKey({ privateKey: open, passphrase, config }));
  const fingerprint = parseFingerprint(open.getFingerprint());
  if (fingerprint === undefined) throw new RangeError('no fingerprint');
  return { fingerprint, publicKey: open.toPublic().armor(), secretKey: (locked || open).armor() };
}

// openpgp.js lists SHA-3 among the preferences, and GnuPG 2.2 warns at import about preferences that it does not support.
async function preferKnownHashes({ keyPacket, users }: PrivateKey, { config, enums }: Library): Promise<void> {
  const { sha256, sha512, sha384 } = enums.hash;
  for (const { userID, selfCertifications } of users) {
    for (const signature of selfCertifications as (SignaturePacket & Undeclared)[]) {
      signature.preferredHashAlgorithms = [sha256, sha512, sha384];
      signature.rawNotations = [];
      const date = signature.created ?? new Date();
      await signature.sign(keyPacket, { userID, key: keyPacket }, date, false, config);
    }
  }
}

function partsOf(userId: string): UserID {
  const [, name, email] = /^(.*?)\s*<([^<>\s]+@[^<>\s]+)>$/u.exec(userId.trim()) ?? [];
  if (email !== undefined) return name ? { name, email } : { email };
  return { name: userId.trim() };
}
