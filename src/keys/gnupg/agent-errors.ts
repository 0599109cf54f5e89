import { EyamlError } from '../../errors.js';
import type { OwnSubkey } from '../keystore.js';
import { AssuanError } from './assuan-turn.js';
import { AssuanSilent } from './assuan.js';

// Error codes and sources of libgpg-error.
const CODE = {
  badPassphrase: 11,
  timeout: 62,
  noPinentry: 85,
  cancelled: 99,
  fullyCancelled: 198,
};
// No secret key; no card, no scdaemon, no card reader. GnuPG 2.4 looks for a key that it does not have on a card, and tells only of that.
const ABSENT: ReadonlySet<number> = new Set([17, 110, 112, 119, 32_848]);
const PINENTRY = 5;
const LIBGCRYPT = 1;

/** The error code for a command that a restricted agent refuses. */
export const FORBIDDEN = 251;

/** The error to throw when a command fails that is not about a certain key. A closed connection and our own errors stay as they are. */
export function failure(error: unknown): unknown {
  if (error instanceof AssuanSilent) return new EyamlError('AGENT_UNAVAILABLE', 'gpg-agent stopped answering');
  if (error instanceof AssuanError)
    return new EyamlError('AGENT_FAILED', `gpg-agent failed (GnuPG error ${error.code})`, {
      suggestions: [`"gpg-error ${error.code}" explains it`],
    });
  return error;
}

/** Whether an error code means that a secret key is neither on disk nor on an inserted card. */
export function isKeyAbsent(code: number): boolean {
  return ABSENT.has(code);
}

/** The error to throw when using a secret key fails. */
export function explain(error: unknown, { userId, keyId }: OwnSubkey): unknown {
  if (!(error instanceof AssuanError)) return failure(error);
  const whose = `the secret key ${keyId} (${userId})`;
  if (isKeyAbsent(error.code)) {
    return new EyamlError('NO_SECRET_KEY', `${whose} is not available: gpg-agent has only a stub of it`, {
      suggestions: ['insert the smart card that holds it, which needs scdaemon, or import the secret key'],
    });
  }
  if (error.source === LIBGCRYPT) {
    return new EyamlError('MESSAGE_INVALID', 'the message cannot be read: its session key is damaged');
  }
  return passphraseError(error.code, error.source, whose);
}

/** The error for a libgpg-error code about a passphrase; for other codes, that the agent failed. */
export function passphraseError(code: number, source: number, whose: string): EyamlError {
  if ([CODE.cancelled, CODE.fullyCancelled, CODE.timeout].includes(code)) {
    return new EyamlError('PASSPHRASE_CANCELLED', `no passphrase was given for ${whose}`);
  }
  if (code === CODE.badPassphrase) return new EyamlError('PASSPHRASE_WRONG', `the passphrase for ${whose} is wrong`);
  if (code === CODE.noPinentry || source === PINENTRY) {
    return new EyamlError('PINENTRY_UNAVAILABLE', `no pinentry can ask for the passphrase for ${whose}`, {
      suggestions: [
        'run "export GPG_TTY=$(tty)" in this terminal, or install a pinentry (Debian: apt install pinentry-curses)',
      ],
    });
  }
  return new EyamlError('AGENT_FAILED', `gpg-agent could not use ${whose} (GnuPG error ${code})`, {
    suggestions: [`"gpg-error ${code}" explains it`],
  });
}
