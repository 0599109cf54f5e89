import type { Problem } from '../errors.js';
import type { Validity } from '../keys/keystore.js';

/** Something that is ready to encrypt for one place in the file system. */
export interface Sealer {
  /** Where it is written who may read, a recipients file for instance. */
  readonly source: string;
  /** Who can read what it encrypts, as far as that is known. */
  readonly readers: readonly Reader[];
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
  /** What is named twice: nothing shows whether the second one is another reader under that name. */
  readonly repeated: readonly ReaderId[];
  /** What names a key of one who should read it, but a key that cannot encrypt, so that another must be behind it. */
  readonly mislabelled: readonly ReaderId[];
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

/** Whether somebody could read a value who should not, named or under another's name. */
export function isExposed({ extra, repeated, mislabelled }: Drift): boolean {
  return extra.length + repeated.length + mislabelled.length > 0;
}

/** What a list holds more than once, each once. */
export function repeatedIn<T>(list: readonly T[]): readonly T[] {
  const seen = new Set<T>();
  return [...new Set(list.filter((item) => seen.has(item) || !seen.add(item)))];
}

/** Those who should read the values of a file: what is wrong with how they are named, and what values can be compared with nevertheless. */
export interface Audience {
  /** Where they are named; undefined where nobody is. */
  readonly source: string | undefined;
  readonly problems: readonly Problem[];
  /** As in {@link Sealer}; who cannot be told to be a stranger, because a line of the list stands for no key, is left out. */
  readonly compare: (ciphertext: Uint8Array) => Drift;
}

/**
 * Reviews who should read the values of a file, or who is named in a recipients file, and needs no secret key for it.
 *
 * @param expiringBefore - keys that expire earlier are problems; in seconds since 1970.
 */
export type Review = (target: string, expiringBefore: number) => Promise<Audience>;

/** A method of encryption, known in files by its tag. */
export interface Encryptor {
  /** The tag in upper case, `GPG` in `ENC[GPG,…]`. */
  readonly tag: string;
  /**
   * Who the readers of values are that have this encryptor's tag, as far as that is known.
   *
   * @param target - the file that holds the values, beside which keys may lie.
   */
  whoReads(ids: readonly ReaderId[], target?: string): Promise<ReadonlyMap<ReaderId, Reader>>;
  /** Whether new values in a file can have this method: somebody is named to encrypt for, or the key is there. */
  isAvailable(target: string): Promise<boolean>;
  /**
   * Finds all that is needed to encrypt for values in `target`, a file that need not exist yet, so that every problem shows
   * before any work is done.
   *
   * @param again - tries anew what failed before; else a failure is remembered.
   */
  prepare(target: string, again?: boolean): Promise<Sealer>;
  /**
   * Decrypts the octets of a value.
   *
   * @param onMislabelled - told of each name of the user's own in the value that the user's key does not open. With it, all those
   * names are tried for which nobody is asked for anything; without it, the first that opens is enough.
   * @param target - the file that holds the value, for the names of its readers.
   */
  decrypt(ciphertext: Uint8Array, onMislabelled?: (id: ReaderId) => void, target?: string): Promise<Uint8Array>;
  /** Left out where nobody can tell who should read values, as those of a plugin. */
  readonly review?: Review;
}

/** The encryptors at hand, by tag. */
export type Encryptors = ReadonlyMap<string, Encryptor>;

/** Tells people something that is no error. Never called with a plaintext. */
export type Notify = (message: string) => void;

/** What to tell people while the work goes on. */
export interface Messages {
  /** What a person must be able to see before it happens, as who else will read; no wish for silence hides it. */
  readonly insist: Notify;
  /** What everybody should know. */
  readonly warn: Notify;
  /** What only those who asked for details want to know. */
  readonly detail: Notify;
  /** What happens to each value, for those who look for a fault. */
  readonly trace?: Notify | undefined;
}
