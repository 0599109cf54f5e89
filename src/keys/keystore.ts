import type { Fingerprint, Keygrip, KeyId } from '../openpgp/identifiers.js';

/** GnuPG's one-letter validity (doc/DETAILS, field 2): how sure it is that a key belongs to its user ID. */
export type Validity = 'o' | 'i' | 'd' | 'r' | 'e' | '-' | 'q' | 'n' | 'm' | 'f' | 'u' | 'w' | 's';

/** A user ID of a public key, with the validity of that very user ID. */
export interface UserId {
  readonly text: string;
  readonly validity: Validity;
}

/** A primary key or subkey. Times are in seconds since 1970. */
export interface KeyPart {
  readonly fingerprint: Fingerprint;
  readonly keyId: KeyId;
  readonly keygrip: Keygrip | undefined;
  /** RFC 9580, section 9.1. */
  readonly algorithm: number;
  /** Key length in bits. */
  readonly bits: number;
  readonly validity: Validity;
  readonly created: number;
  readonly expires: number | undefined;
  readonly canEncrypt: boolean;
}

/** An OpenPGP public key: primary key, subkeys, user IDs. */
export interface PublicKey {
  readonly primaryKey: KeyPart;
  readonly subkeys: readonly KeyPart[];
  readonly userIds: readonly UserId[];
  readonly disabled: boolean;
}

/** A subkey (or primary key) of the user's own that may open messages. */
export interface OwnSubkey extends KeyPart {
  readonly primaryFingerprint: Fingerprint;
  readonly userId: string;
}

/** What to look keys up by: hex digits of a fingerprint or key ID, or a part of a user ID; every key has the empty part. */
export type SearchTerm =
  { readonly kind: 'hex'; readonly hex: string } | { readonly kind: 'text'; readonly text: string };

/** A session key as one recipient's PKESK packet holds it. */
export type WrappedSessionKey =
  | { readonly kind: 'rsa'; readonly encrypted: Uint8Array }
  | { readonly kind: 'ecdh'; readonly ephemeralPoint: Uint8Array; readonly wrapped: Uint8Array };

/** What a secret key made of a wrapped session key. */
export interface Unwrapped {
  /** A PKCS #1 v1.5 block, its content with the padding already gone, or the x coordinate of an ECDH shared point. */
  readonly form: 'pkcs1' | 'bare' | 'sharedX';
  readonly octets: Uint8Array;
}

/** What a person can do about a key, in the words of the place where it lives or should live. */
export interface KeyHints {
  /** What the place is called. */
  readonly place: string;
  /** How a key that is missing gets there. */
  readonly add: string;
  /** How a new copy of the key gets there; follows what its owner has to do. */
  readonly renew: string;
  /** How the key comes to be held for genuine. */
  readonly vouch: string;
  /** How a secret key of one's own gets there. */
  readonly own: string;
}

/** A place where keys live. Every method may throw an `EyamlError` that says what is wrong with the place itself. */
export interface Keystore {
  /**
   * All public keys that one of the terms may mean, usable or not; the caller decides which one it is.
   *
   * @param keysFolder - a folder of public keys that goes with the file at hand, for a place that looks into folders.
   */
  search(terms: readonly SearchTerm[], keysFolder?: string): Promise<readonly PublicKey[]>;
  /** Forgets which public keys were found, for when a person may have added some. */
  lookAgain(): void;
  /** What to suggest about one of its keys; without a fingerprint, about a key that it lacks. */
  readonly hints: (primaryFingerprint?: Fingerprint) => KeyHints;
  /** The given public keys in binary form, one after the other. */
  exportKeys(fingerprints: readonly Fingerprint[]): Promise<Uint8Array>;
  /**
   * The user's own encryption keys, expired and revoked ones included: they open old messages.
   *
   * @param patience - how long to wait for a place that does not answer, in milliseconds, where that is less than its own limit.
   */
  ownSubkeys(patience?: number): Promise<readonly OwnSubkey[]>;
  /** Whether somebody is asked for something (a passphrase, a PIN, a touch) before a key of the user's own works. */
  needsInteraction(subkey: OwnSubkey): Promise<boolean>;
  /** The given keys of the user's own, the ones that need no passphrase now first, and among them the fastest first. */
  byCost(subkeys: readonly OwnSubkey[]): Promise<readonly OwnSubkey[]>;
  /**
   * Lets the secret key of a subkey work on a wrapped session key. A passphrase that was refused once is not asked for again.
   * Throws when the key cannot be used.
   */
  unwrap(subkey: OwnSubkey, wrapped: WrappedSessionKey): Promise<Unwrapped>;
  /** Encrypts for exactly the given subkeys, by a slower way that knows more algorithms. */
  encrypt(plaintext: Uint8Array, encryptionSubkeys: readonly Fingerprint[]): Promise<Uint8Array>;
  /** Decrypts a whole message, by a slower way that knows more algorithms. */
  decrypt(message: Uint8Array): Promise<Uint8Array>;
  /** Lets go of connections. The keystore may be used again after that. */
  close(): void;
}
