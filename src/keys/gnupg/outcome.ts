import { EyamlError } from '../../errors.js';
import type { GpgResult } from './run.js';

// Error codes of libgpg-error: no public key; no such file.
const NO_PUBLIC_KEY = 9;
const NO_SUCH_FILE = 32_849;

/**
 * Whether a run of gpg ended without an error that matters. Its exit code does not tell: it is also 2 when gpg.conf names a keyring
 * that no longer exists, and when there is none of the keys that were asked for.
 */
export function isSound({ exitCode, status }: GpgResult): boolean {
  if (exitCode === 0) return true;
  const errors = errorsIn(status);
  return exitCode !== null && errors.length > 0 && errors.every(isHarmless);
}

/** An error in a status line: where, and libgpg-error's code without its source (GnuPG, doc/DETAILS, ERROR and FAILURE). */
type StatusError = readonly [where: string, code: number];

function errorsIn(status: readonly string[]): readonly StatusError[] {
  return status.flatMap((line): StatusError[] => {
    const [, where, code] = /^(?:ERROR|FAILURE) (\S+) (\d+)/.exec(line) ?? [];
    // gpg repeats here that its exit code is not 0.
    return where === undefined || where === 'gpg-exit' ? [] : [[where, Number(code) & 0xffff]];
  });
}

function isHarmless([where, code]: StatusError): boolean {
  return (
    (where === 'keylist.getkey' && code === NO_PUBLIC_KEY) ||
    (where === 'add_keyblock_resource' && code === NO_SUCH_FILE)
  );
}

/** The error for a run of gpg that did not do what it was asked: how it ended, and its last words. */
export function gpgFailed(what: string, { exitCode, signal, status, lastWords }: GpgResult): EyamlError {
  const end = exitCode === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${exitCode}`;
  // GnuPG 1.4, for instance, or a program that only looks like gpg.
  const isOther = status.length === 0;
  return new EyamlError('GPG_FAILED', `gpg could not ${what} (${end})${lastWords && `: ${lastWords}`}`, {
    suggestions: isOther ? ['"gpg --version" shows which gpg is on PATH; it must be a working GnuPG 2.2 or newer'] : [],
  });
}
