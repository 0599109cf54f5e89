import type { Problem } from '../errors.js';
import type { Validity } from '../keys/keystore.js';

/** Encrypts for the recipients of one file. */
export interface Sealer {
  /** What names the recipients, for instance a recipients file. */
  readonly source: string;
  /** The readers of what it encrypts, as far as they are known. */
  readonly readers: readonly Reader[];
  /** Encrypts a plaintext into the octets that go into `ENC[TAG,…]`. */
  encrypt(plaintext: Uint8Array): Promise<Uint8Array>;
  /**
   * How the readers of a value differ from its recipients. Needs no secret key.
   *
   * @throws `EyamlError` `MESSAGE_INVALID` when the value is damaged.
   */
  compare(ciphertext: Uint8Array): Drift;
}

/** How a value names a reader: an OpenPGP key ID, or a certificate's serial number and issuer. */
export type ReaderId = string;

/** A reader of values: a key and its owner. */
export interface Reader {
  /** An OpenPGP fingerprint, or a certificate's serial number. */
  readonly fingerprint: string;
  /** An OpenPGP user ID, or a certificate's issuer. */
  readonly userId: string;
  readonly validity: Validity;
}

/** How the readers of a value differ from its recipients. If all lists are empty, the value is up to date. */
export interface Drift {
  /** Recipients who cannot read it. */
  readonly missing: readonly Reader[];
  /** Recipients who can read it only with an older subkey. */
  readonly outdated: readonly Reader[];
  /** Readers who are not recipients. */
  readonly extra: readonly ReaderId[];
  /** IDs that the value has twice: one of the two may hide another reader. */
  readonly repeated: readonly ReaderId[];
  /** IDs of a recipient's key that cannot encrypt: each hides another reader. */
  readonly mislabelled: readonly ReaderId[];
  /** How many recipients are hidden: nobody can tell who they are. */
  readonly hidden: number;
  /** Whether a password can decrypt it. */
  readonly password: boolean;
  /** `mdc`: every GnuPG can read it; `aead`: older ones cannot; `none`: anybody can change it unnoticed. */
  readonly protection: 'mdc' | 'aead' | 'none';
}

/** A value that is up to date, or of which the readers are unknown. */
export const NO_DRIFT: Drift = {
  missing: [],
  outdated: [],
  extra: [],
  repeated: [],
  mislabelled: [],
  hidden: 0,
  password: false,
  protection: 'mdc',
};

/** Whether a value has to be encrypted again. */
export function hasDrifted(drift: Drift): boolean {
  const { missing, outdated, extra, repeated, mislabelled, hidden, password, protection } = drift;
  const readers = [missing, outdated, extra, repeated, mislabelled];
  return readers.some(({ length }) => length > 0) || hidden > 0 || password || protection !== 'mdc';
}

/** Whether a value may have readers who are not recipients, under their own name or hidden under another one. */
export function isExposed({ extra, repeated, mislabelled }: Drift): boolean {
  return extra.length + repeated.length + mislabelled.length > 0;
}

/** The items that a list holds more than once, each once. */
export function repeatedIn<T>(list: readonly T[]): readonly T[] {
  const seen = new Set<T>();
  return [...new Set(list.filter((item) => seen.has(item) || !seen.add(item)))];
}

/** The recipients of a file, reviewed: their problems, and a comparison that works in spite of these. */
export interface Audience {
  /** What names them; undefined if there are none. */
  readonly source: string | undefined;
  readonly problems: readonly Problem[];
  /** As in {@link Sealer}; `extra` is empty if a line of the list matches no key, since that line may mean the extra reader. */
  readonly compare: (ciphertext: Uint8Array) => Drift;
}

/**
 * Reviews the recipients of a file, or those in a recipients file. Needs no secret key.
 *
 * @param expiringBefore - keys that expire earlier are problems; in seconds since 1970.
 */
export type Review = (target: string, expiringBefore: number) => Promise<Audience>;

/** A method of encryption, known in files by its tag. */
export interface Encryptor {
  /** The tag in upper case, `GPG` in `ENC[GPG,…]`. */
  readonly tag: string;
  /**
   * Finds the readers of values with this encryptor's tag, as far as they are known.
   *
   * @param target - the file that holds the values; key files may be near it.
   */
  whoReads(ids: readonly ReaderId[], target?: string): Promise<ReadonlyMap<ReaderId, Reader>>;
  /** Whether new values in a file can have this method: it has recipients, or the public key exists. */
  isAvailable(target: string): Promise<boolean>;
  /**
   * Finds everything that is needed to encrypt values in `target`, a file that need not exist yet, so that every problem is
   * reported before any work is done.
   *
   * @param again - tries again what failed before; else a failure is remembered.
   */
  prepare(target: string, again?: boolean): Promise<Sealer>;
  /**
   * Decrypts the octets of a value.
   *
   * @param onMislabelled - called for each of the user's key IDs in the value that the user's key does not open. If given, all of
   * these that need no interaction are tried; else only until one opens.
   * @param target - the file that holds the value, to find the names of its readers.
   */
  decrypt(ciphertext: Uint8Array, onMislabelled?: (id: ReaderId) => void, target?: string): Promise<Uint8Array>;
  /**
   * Decrypts a value if that takes no question: with a key that needs no passphrase now.
   *
   * @param target - the file that holds the value.
   * @returns undefined if it would take one, or is not possible.
   */
  decryptUnasked?(ciphertext: Uint8Array, target: string): Promise<Uint8Array | undefined>;
  /**
   * Who can read a value, as it names them; undefined if it does not.
   *
   * @throws `EyamlError` `MESSAGE_INVALID` when the value is damaged.
   */
  readersIn?(ciphertext: Uint8Array): Promise<readonly ReaderId[]>;
  /** Undefined if nothing says who should read the values, as with a plugin. */
  readonly review?: Review;
}

/** An encryptor that can do all that one may. */
export type CompleteEncryptor = Encryptor & Required<Pick<Encryptor, 'review' | 'decryptUnasked' | 'readersIn'>>;

/** The available encryptors, by tag. */
export type Encryptors = ReadonlyMap<string, Encryptor>;

/** Shows the user a message that is not an error. Never called with a plaintext. */
export type Notify = (message: string) => void;

/** Messages for the user during the work. */
export interface Messages {
  /** What the user must see before it happens, such as new readers; shown even with `--quiet`. */
  readonly insist: Notify;
  /** What every user should see. */
  readonly warn: Notify;
  /** Details, for a verbose run. */
  readonly detail: Notify;
  /** What happens to each value, for debugging. */
  readonly trace?: Notify | undefined;
}
