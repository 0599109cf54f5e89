import path from 'node:path';
import { EyamlError, type ErrorCode } from '../errors.js';
import { faultAt, type ReadFault } from '../files/fault.js';
import { shownPath } from '../files/shown.js';
import { realPathOf } from '../files/snapshot.js';
import { gitTop } from '../git/top.js';

/**
 * Makes sure that a recipients file which a repository chose (by its name or in its configuration) is not a file of the user: with
 * links followed, it must be in the git repository of the folder. Outside git it must be in or below that folder, or have a name that
 * ends in `.recipients`, like a list that several folders of a tree share.
 *
 * @param folder - where the repository chose it.
 * @returns the real path.
 * @throws {@link EyamlError} `RECIPIENTS_UNREADABLE`, `RECIPIENTS_FILE_MISSING`.
 */
export async function insideTree(file: string, folder: string): Promise<string> {
  const fault = faultAt(file, 'file');
  if (fault) throw recipientsUnreadable(file, fault.reason, undefined, codeOf(fault));
  const [realPath, realFolder] = await Promise.all([realPathOf(file), realPathOf(folder)]);
  const top = await gitTop(realFolder);
  const parts = path.relative(top ?? realFolder, realPath).split(path.sep);
  // Git's own files may hold a password, for instance that of a remote.
  const isInside = parts[0] !== '..' && !path.isAbsolute(parts.join(path.sep)) && !parts.includes('.git');
  if (isInside || (top === undefined && realPath.endsWith('.recipients'))) return realPath;
  const tree = top === undefined ? `the folder ${realFolder}` : `the repository ${top}`;
  const where = realPath === path.resolve(file) ? 'it is' : `it leads to ${realPath},`;
  throw recipientsUnreadable(file, `${where} outside ${tree}`, [
    'copy the file there, or name it with --gpg-recipients-file',
  ]);
}

/** The code for a recipients file that cannot be read. A missing file must not be treated as an empty list. */
export function codeOf({ isAbsent }: ReadFault): ErrorCode {
  return isAbsent ? 'RECIPIENTS_FILE_MISSING' : 'RECIPIENTS_UNREADABLE';
}

/** The error for a recipients file that applies and cannot be read. */
export function recipientsUnreadable(
  file: string,
  reason: string,
  suggestions: readonly string[] = ['fix the file, or name another one with --gpg-recipients-file'],
  code: ErrorCode = 'RECIPIENTS_UNREADABLE',
): EyamlError {
  return new EyamlError(code, `cannot read the recipients file ${shownPath(file)}: ${reason}`, {
    file: shownPath(file),
    suggestions,
  });
}
