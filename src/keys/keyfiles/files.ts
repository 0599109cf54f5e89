import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../errors.js';

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

/**
 * Reads what may hold public keys: the file itself, or the files that stand directly in the folder. In a folder every regular file
 * counts whose name does not start with a dot; whether it holds keys its content decides. Only a name that ends in `.asc`, `.gpg`,
 * `.pgp`, `.pub` or `.key` must hold some.
 */
export async function findKeyFiles(fileOrFolder: string): Promise<FoundKeyFiles> {
  try {
    // What is named itself may be a pipe: <(gpg --export …).
    if (!(await stat(fileOrFolder)).isDirectory()) {
      return {
        files: [{ file: fileOrFolder, octets: await readLimited(fileOrFolder), mustHoldKeys: true }],
        faults: [],
      };
    }
    const names = (await readdir(fileOrFolder)).filter((name) => !name.startsWith('.')).sort();
    return await readAll(
      names.map((name) => path.join(fileOrFolder, name)),
      (file) => KEY_EXTENSION.test(file),
    );
  } catch (error) {
    return { files: [], faults: [unreadable(fileOrFolder, error)] };
  }
}

/** Whether others than its owner may read a file; never on Windows, where its mode does not tell. */
export async function isReadByOthers(file: string): Promise<boolean> {
  const { mode } = await stat(file);
  return process.platform !== 'win32' && (mode & 0o044) !== 0;
}

async function readAll(paths: readonly string[], mustHoldKeys: (file: string) => boolean): Promise<FoundKeyFiles> {
  const files: KeyFile[] = [];
  const faults: string[] = [];
  for (const file of paths) {
    try {
      if (!(await stat(file)).isFile()) continue;
      files.push({ file, octets: await readLimited(file), mustHoldKeys: mustHoldKeys(file) });
    } catch (error) {
      if (mustHoldKeys(file)) faults.push(unreadable(file, error));
    }
  }
  return { files, faults };
}

// Far more than all keys of a team; a file that never ends, which a link in a repository may lead to, must stop nobody's work.
const LARGEST = 16 * 1024 * 1024;

async function readLimited(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST) throw new RangeError('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function unreadable(file: string, error: unknown): string {
  return `${file} cannot be read (${error instanceof RangeError ? 'too large for keys' : (errnoOf(error) ?? 'unknown error')})`;
}
