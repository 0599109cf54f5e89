import { constants } from 'node:fs';
import { access, stat } from '../../files/at-once.js';
import path from 'node:path';
import { EyamlError, type ErrorCode } from '../../errors.js';
import { faultOf, isClosed } from '../../files/fault.js';
import type { Gpg } from './gpg.js';

/**
 * Makes sure that the GnuPG home is a folder that this user may read. GnuPG's own default need not be there yet.
 *
 * @throws {@link EyamlError} `GNUPG_HOME_MISSING`, `GNUPG_HOME_UNREADABLE`; `GNUPG_HOME_CLOSED` for GnuPG's own default in a HOME that is another user's.
 */
export async function checkHome(gpg: Gpg): Promise<void> {
  const fault = await homeFault(gpg);
  if (fault) throw fault;
}

/** The error of {@link checkHome}, or undefined when the GnuPG home is fine. */
export async function homeFault({ home, defaultHome }: Gpg): Promise<EyamlError | undefined> {
  const folder = home ?? defaultHome;
  if (folder === undefined) return undefined;
  try {
    const isFolder = (await stat(folder)).isDirectory();
    if (!isFolder) return home === undefined ? undefined : missing(home, 'GNUPG_HOME_INVALID');
    await access(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { isAbsent, reason } = faultOf(folder, error);
    if (isAbsent) return home === undefined ? undefined : missing(home);
    const isAnothers = home === undefined && (await isClosed(path.dirname(folder)));
    const code = isAnothers ? 'GNUPG_HOME_CLOSED' : 'GNUPG_HOME_UNREADABLE';
    return invalid(code, `cannot read the GnuPG home ${folder}: ${reason}`);
  }
}

function missing(home: string, code: ErrorCode = 'GNUPG_HOME_MISSING'): EyamlError {
  return invalid(code, `there is no GnuPG home at ${home}`);
}

function invalid(code: ErrorCode, message: string): EyamlError {
  return new EyamlError(code, message, {
    suggestions: ['check --gpg-gnupghome, HIERA_EYAML_GPG_GNUPGHOME, the configuration files, GNUPGHOME and HOME'],
  });
}
