import type { Fingerprint, Keygrip, KeyId } from '../openpgp/identifiers.js';

/** GnuPG's one-letter validity (doc/DETAILS, field 2): how sure it is that a key belongs to its user ID. */
export type Validity = 'o' | 'i' | 'd' | 'r' | 'e' | '-' | 'q' | 'n' | 'm' | 'f' | 'u' | 'w' | 's';

/** A user ID of a public key, with its own validity. */
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
  readonly canSign: boolean;
  /** The body of its packet, if the keystore has it at hand: then the key need not be exported. Compare its fingerprint. */
  readonly body?: Uint8Array | undefined;
}

/** An OpenPGP public key: primary key, subkeys, user IDs. */
export interface PublicKey {
  readonly primaryKey: KeyPart;
  readonly subkeys: readonly KeyPart[];
  readonly userIds: readonly UserId[];
  readonly disabled: boolean;
}

/** A subkey (or primary key) of the user's own that may open messages. Its validity says whether it can be used, not whether it is trusted. */
export interface OwnSubkey extends KeyPart {
  readonly primaryFingerprint: Fingerprint;
  readonly userId: string;
}

/** A key of the user's own that can sign now. */
export interface OwnSigner {
  /** Of the primary key. */
  readonly fingerprint: Fingerprint;
  readonly userId: string;
}

/** Search terms: hex digits of a fingerprint or key ID, or a part of a user ID. The empty part matches every key. */
export type SearchTerm =
  { readonly kind: 'hex'; readonly hex: string } | { readonly kind: 'text'; readonly text: string };

/** A session key as one recipient's PKESK packet holds it. */
export type WrappedSessionKey =
  | { readonly kind: 'rsa'; readonly encrypted: Uint8Array }
  | { readonly kind: 'ecdh'; readonly ephemeralPoint: Uint8Array; readonly wrapped: Uint8Array };

/** The result of a secret key operation on a wrapped session key. */
export interface Unwrapped {
  /** A PKCS #1 v1.5 block, its content with the padding already gone, or the x coordinate of an ECDH shared point. */
  readonly form: 'pkcs1' | 'bare' | 'sharedX';
  readonly octets: Uint8Array;
}

/** What the user can do about a key, for the place where it lives or should live. */
export interface KeyHints {
  /** What the place is called. */
  readonly place: string;
  /** How to add a missing key. */
  readonly add: string;
  /** How to add a new copy of the key, after its owner did their part. */
  readonly renew: string;
  /** How to make the key trusted. */
  readonly trust: string;
  /** How to add a secret key of the user. */
  readonly own: string;
}

/** A place where keys live. Every method may throw an `EyamlError` about the place itself. */
export interface Keystore {
  /**
   * All public keys that any of the terms may mean, usable or not; the caller chooses.
   *
   * @param keysFolder - a folder of public keys that belongs to the file at hand, for a keystore that reads folders.
   */
  search(terms: readonly SearchTerm[], keysFolder?: string): Promise<readonly PublicKey[]>;
  /** Forgets the public keys that were found: the user may have added some. */
  lookAgain(): void;
  /** What to suggest about one of its keys; without a fingerprint, about a key that it lacks. */
  readonly hints: (primaryFingerprint?: Fingerprint) => KeyHints;
  /** The given public keys in binary form, one after the other. */
  exportKeys(fingerprints: readonly Fingerprint[]): Promise<Uint8Array>;
  /**
   * The user's own encryption keys, expired and revoked ones included: they open old messages.
   *
   * @param patience - how long to wait for an answer, in milliseconds, if that is less than the keystore's own limit.
   */
  ownSubkeys(patience?: number): Promise<readonly OwnSubkey[]>;
  /** The keys of {@link ownSubkeys} that have one of the given key IDs: faster where there are many keys. */
  ownAmong(keyIds: readonly KeyId[], patience?: number): Promise<readonly OwnSubkey[]>;
  /** Makes ready what {@link ownAmong} will need, while something else takes its time. A fault is told only then. */
  expectOwn?(patience?: number): void;
  /** Whether using a key of the user needs a passphrase, a PIN or a touch first. */
  needsInteraction(subkey: OwnSubkey): Promise<boolean>;
  /** The given keys of the user, sorted: first those that need no passphrase now, and among them the fastest first. */
  byCost(subkeys: readonly OwnSubkey[]): Promise<readonly OwnSubkey[]>;
  /**
   * Unwraps a session key with the secret key of a subkey. A passphrase that was refused once is not asked for again.
   * Throws when the key cannot be used.
   */
  unwrap(subkey: OwnSubkey, wrapped: WrappedSessionKey): Promise<Unwrapped>;
  /** Encrypts for exactly the given subkeys, in a slower way that supports more algorithms. */
  encrypt(plaintext: Uint8Array, encryptionSubkeys: readonly Fingerprint[]): Promise<Uint8Array>;
  /** Decrypts a whole message, in a slower way that supports more algorithms. */
  decrypt(message: Uint8Array): Promise<Uint8Array>;
  /** The user's own keys that can sign now. */
  ownSigners(): Promise<readonly OwnSigner[]>;
  /**
   * Signs a text (RFC 9580, section 5.2.1.2) with SHA-512 and the newest signing subkey of a key of the user.
   *
   * @param text - with CRLF.
   * @returns the body of the signature packet.
   */
  signText(primaryFingerprint: Fingerprint, text: Uint8Array): Promise<Uint8Array>;
  /** Closes connections. The keystore may be used again afterwards. */
  close(): void;
}
