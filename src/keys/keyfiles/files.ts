import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { faultOf, LIMITS, readLimited, type ReadFault } from '../../files/read.js';

/** What to tell people. Never called with a secret. */
export interface KeyfilesMessages {
  /** What everybody should know: files that cannot be used, secrets that lie open. */
  readonly warn: (message: string) => void;
  /** Where each key came from. */
  readonly detail: (message: string) => void;
}

/** A file that may hold keys. */
export interface KeyFile {
  readonly file: string;
  readonly octets: Buffer;
  /** Whether its name, or that it was named itself, says that it holds keys. */
  readonly mustHoldKeys: boolean;
}

/** Files that were found, and what could not be read. */
export interface FoundKeyFiles {
  readonly files: readonly KeyFile[];
  readonly faults: readonly string[];
}

const KEY_EXTENSION = /\.(?:asc|gpg|pgp|pub|key)$/i;

// Of all files in a folder together: thousands of people's keys, and far less than the memory of a machine.
const FOLDER_LIMIT = 1 << 26;

/**
 * Reads what may hold public keys: the file itself, or the files that stand directly in the folder. In a folder every regular file
 * counts whose name does not start with a dot; whether it holds keys its content decides. Only a name that ends in `.asc`, `.gpg`,
 * `.pgp`, `.pub` or `.key` must hold some.
 *
 * @throws {@link EyamlError} `KEY_FILE_UNREADABLE` for a folder whose files are larger together than such a folder may be: one that is
 * not read may say that a key is revoked.
 */
export async function findKeyFiles(fileOrFolder: string): Promise<FoundKeyFiles> {
  try {
    if ((await stat(fileOrFolder)).isDirectory()) return await readAll(fileOrFolder);
  } catch (error) {
    if (error instanceof EyamlError) throw error;
    return { files: [], faults: [unreadable(fileOrFolder, await faultOf(fileOrFolder, error))] };
  }
  // What is named itself may be a pipe: <(gpg --export …).
  const read = await readLimited(fileOrFolder, { limit: LIMITS.openpgpKeys, pipes: 'inherited' });
  if ('fault' in read) return { files: [], faults: [unreadable(fileOrFolder, read.fault)] };
  return { files: [{ file: fileOrFolder, octets: read.octets, mustHoldKeys: true }], faults: [] };
}

/** Whether others than its owner may read a file; never on Windows, where its mode does not tell. */
export async function isReadByOthers(file: string): Promise<boolean> {
  const { mode } = await stat(file);
  return process.platform !== 'win32' && (mode & 0o044) !== 0;
}

async function readAll(folder: string): Promise<FoundKeyFiles> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  const files: KeyFile[] = [];
  const faults: string[] = [];
  let left = FOLDER_LIMIT;
  for (const name of names) {
    const file = path.join(folder, name);
    const mustHoldKeys = KEY_EXTENSION.test(name);
    const isRegular = await stat(file).then(
      (status) => status.isFile(),
      () => true,
    );
    if (!isRegular) continue;
    const read = await readLimited(file, { limit: LIMITS.openpgpKeys });
    if ('octets' in read) files.push({ file, octets: read.octets, mustHoldKeys });
    else if (mustHoldKeys) faults.push(unreadable(file, read.fault));
    left -= 'octets' in read ? read.octets.length : 0;
    if (left < 0) throw tooLarge(folder);
  }
  return { files, faults };
}

function tooLarge(folder: string): EyamlError {
  const reason = `its files hold more than ${FOLDER_LIMIT >> 20} MiB`;
  return new EyamlError('KEY_FILE_UNREADABLE', `cannot look into the public keys of ${folder}: ${reason}`, {
    file: folder,
    suggestions: ['keep nothing there but the files of public keys'],
  });
}

function unreadable(file: string, { reason }: ReadFault): string {
  return `${file} cannot be read (${reason})`;
}
