import { EyamlError } from '../errors.js';
import type { Pkesk } from './packets.js';
import type { SessionKey } from './session-key.js';

/** An encrypted OpenPGP message, parsed but not decrypted. */
export interface EncryptedMessage {
  readonly pkesks: readonly Pkesk[];
  /** Whether a password may open it too. */
  readonly hasPassword: boolean;
  /**
   * Decrypts the message and checks its integrity. Resolves to undefined when only GnuPG supports its cipher;
   * throws `MESSAGE_INVALID` when the integrity check fails or it does not hold exactly one text, `MESSAGE_TOO_LARGE` when that has more
   * than the given number of octets.
   */
  readonly open: (sessionKey: SessionKey, maxPlaintext?: number) => Promise<Uint8Array | undefined>;
}

/** The error for a message that cannot be read. */
export function invalidMessage(reason: string): EyamlError {
  return new EyamlError('MESSAGE_INVALID', `the message cannot be read: ${reason}`);
}
