import { readdir, stat } from '../../files/at-once.js';
import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { faultOf, type ReadFault } from '../../files/fault.js';
import { LIMITS, readLimited } from '../../files/read.js';

/** Messages for the user. Never called with a secret. */
export interface KeyfilesMessages {
  /** What every user should see: files that cannot be used, secrets that others can read. */
  readonly warn: (message: string) => void;
  /** Where each key came from. */
  readonly detail: (message: string) => void;
}

/** A file that may hold keys. */
export interface KeyFile {
  readonly file: string;
  readonly octets: Buffer;
  /** Whether it must hold keys: because of its name, or because the user named it. */
  readonly mustHoldKeys: boolean;
}

/**
 * A file or folder of keys. `named` is one that the user names, `shared` one that a repository holds for its readers, `home` the user's
 * own key home, where private keys belong too.
 */
export interface KeyPlace {
  readonly fileOrFolder: string;
  readonly kind: 'named' | 'shared' | 'home';
}

/** Files that were found, and what could not be read. */
export interface FoundKeyFiles {
  readonly files: readonly KeyFile[];
  readonly faults: readonly string[];
}

const KEY_EXTENSION = /\.(?:asc|gpg|pgp|pub|key)$/i;
// A key home may hold keys of other kinds as well, `server.key` in PEM for instance.
const OPENPGP_EXTENSION = /\.(?:asc|gpg|pgp)$/i;

// For all files of a folder together: enough for the keys of thousands of people, and far less than a machine's memory.
const FOLDER_LIMIT = 1 << 26;

/**
 * Reads what may hold keys: the file itself, or the files directly in the folder. In a folder every regular file
 * counts whose name does not start with a dot; its content decides whether it holds keys. Only a name that ends in `.asc`, `.gpg`,
 * `.pgp`, `.pub` or `.key` must hold some.
 *
 * @throws {@link EyamlError} `KEY_FILE_UNREADABLE` for a folder whose files are too large together: a file that is not read could hold
 * a revocation.
 */
export async function findKeyFiles({ fileOrFolder, kind }: KeyPlace): Promise<FoundKeyFiles> {
  const extension = kind === 'home' ? OPENPGP_EXTENSION : KEY_EXTENSION;
  try {
    if ((await stat(fileOrFolder)).isDirectory()) return await readAll(fileOrFolder, extension);
  } catch (error) {
    if (error instanceof EyamlError) throw error;
    return { files: [], faults: [unreadable(fileOrFolder, faultOf(fileOrFolder, error))] };
  }
  // A path that the user names may be a pipe: <(gpg --export …).
  const read = await readLimited(fileOrFolder, { limit: LIMITS.openpgpKeys, pipes: 'inherited' });
  if ('fault' in read) return { files: [], faults: [unreadable(fileOrFolder, read.fault)] };
  return { files: [{ file: fileOrFolder, octets: read.octets, mustHoldKeys: true }], faults: [] };
}

/** Whether users other than its owner may read a file; always false on Windows, where its mode does not tell. */
export async function isReadByOthers(file: string): Promise<boolean> {
  const { mode } = await stat(file);
  return process.platform !== 'win32' && (mode & 0o044) !== 0;
}

async function readAll(folder: string, extension: RegExp): Promise<FoundKeyFiles> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  const files: KeyFile[] = [];
  const faults: string[] = [];
  let left = FOLDER_LIMIT;
  for (const name of names) {
    const file = path.join(folder, name);
    const mustHoldKeys = extension.test(name);
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
  return new EyamlError('KEY_FILE_UNREADABLE', `cannot read the keys in ${folder}: ${reason}`, {
    file: folder,
    suggestions: ['keep only key files there'],
  });
}

function unreadable(file: string, { reason }: ReadFault): string {
  return `${file} cannot be read (${reason})`;
}
