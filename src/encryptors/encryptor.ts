import type { Validity } from '../keys/keystore.js';

/** Something that is ready to encrypt for one place in the file system. */
export interface Sealer {
  /** Where it is written who may read, a recipients file for instance. */
  readonly source: string;
  /** Encrypts a plaintext into the octets that go into `ENC[TAG,…]`. */
  encrypt(plaintext: Uint8Array): Promise<Uint8Array>;
  /**
   * How those who can read a value differ from those who should, found without any secret key.
   *
   * @throws `EyamlError` `MESSAGE_INVALID` when the value is damaged.
   */
  compare(ciphertext: Uint8Array): Drift;
}

/** What a value names a reader by: an OpenPGP key ID, or a certificate's serial number and issuer. */
export type ReaderId = string;

/** Somebody who reads values: a key, and whose it is. */
export interface Reader {
  /** An OpenPGP fingerprint, or a certificate's serial number. */
  readonly fingerprint: string;
  /** An OpenPGP user ID, or a certificate's issuer. */
  readonly userId: string;
  readonly validity: Validity;
}

/** How the readers of a value differ from those it should have. Nothing but empty lists: it is as it should be. */
export interface Drift {
  /** Should be able to read it, and cannot. */
  readonly missing: readonly Reader[];
  /** Can read it with an older subkey of theirs only. */
  readonly outdated: readonly Reader[];
  /** Those who can read it and are none of those who should. */
  readonly extra: readonly ReaderId[];
  /** How many recipients are hidden, so that nobody can tell who they are. */
  readonly hidden: number;
  /** Whether a password opens it. */
  readonly password: boolean;
  /** `mdc` is what every GnuPG reads; `aead` is not; `none` can be changed by anybody. */
  readonly protection: 'mdc' | 'aead' | 'none';
}

/** A value that is as it should be, or of which nobody can tell. */
export const NO_DRIFT: Drift = {
  missing: [],
  outdated: [],
  extra: [],
  hidden: 0,
  password: false,
  protection: 'mdc',
};

/** Whether a value has to be encrypted again. */
export function hasDrifted({ missing, outdated, extra, hidden, password, protection }: Drift): boolean {
  return missing.length + outdated.length + extra.length + hidden > 0 || password || protection !== 'mdc';
}

/** A method of encryption, known in files by its tag. */
export interface Encryptor {
  /** The tag in upper case, `GPG` in `ENC[GPG,…]`. */
  readonly tag: string;
  /** Who the readers of values are that have this encryptor's tag, as far as that is known. */
  whoReads(ids: readonly ReaderId[]): Promise<ReadonlyMap<ReaderId, Reader>>;
  /** Whether new values in a file can have this method: somebody is named to encrypt for, or the key is there. */
  isAtHand(target: string): Promise<boolean>;
  /**
   * Finds all that is needed to encrypt for values in `target`, a file that need not exist yet, so that every problem shows
   * before any work is done.
   */
  prepare(target: string): Promise<Sealer>;
  /** Decrypts the octets of a value. */
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** The encryptors at hand, by tag. */
export type Encryptors = ReadonlyMap<string, Encryptor>;

/** Tells people something that is no error. Never called with a plaintext. */
export type Notify = (message: string) => void;

/** What to tell people while the work goes on. */
export interface Messages {
  /** What everybody should know. */
  readonly warn: Notify;
  /** What only those who asked for details want to know. */
  readonly detail: Notify;
  /** What everybody must know, who asked for silence too; without it, it is a warning. */
  readonly insist?: Notify;
}
