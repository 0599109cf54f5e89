/** Something that is ready to encrypt for one place in the file system. */
export interface Sealer {
  /** Encrypts a plaintext into the octets that go into `ENC[TAG,…]`. */
  encrypt(plaintext: Uint8Array): Promise<Uint8Array>;
}

/** A method of encryption, known in files by its tag. */
export interface Encryptor {
  /** The tag in upper case, `GPG` in `ENC[GPG,…]`. */
  readonly tag: string;
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
}
