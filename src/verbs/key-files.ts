import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Notify } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import { cannot } from '../files/cannot.js';
import { finishKeyPair, putKeyPair } from '../files/key-pair.js';
import { realPathOf } from '../files/snapshot.js';
import { isKeyText } from '../text/key-text.js';

/** A new key, and the file it goes to. */
export interface NewKeyFile {
  readonly file: string;
  readonly content: string;
}

/** Both files of a new key pair. Only the owner can read the private one. */
export interface NewKeyPair {
  readonly privateKey: NewKeyFile;
  readonly publicKey: NewKeyFile;
  /** The mode of folders that are made; by default what the user's umask leaves. */
  readonly folderMode?: number;
}

/** The parts of creating keys that need the user. */
export interface KeyFilesHost {
  /** Asks whether an existing file may be replaced. */
  confirmOverwrite(file: string): Promise<boolean>;
  readonly notify: Notify;
}

/**
 * Makes sure that each path can be a key file: no two are the same file, and none is a folder, a device or the like.
 *
 * @throws {@link EyamlError} `USAGE`, `FILE_UNWRITABLE`.
 */
export async function checkKeyFiles(files: readonly string[]): Promise<void> {
  if (files.some(isKeyText)) throw new EyamlError('USAGE', 'this looks like key material, not a path: name a key file');
  const realPaths = await Promise.all(files.map(realPathFor));
  if (new Set(realPaths).size < files.length) {
    throw new EyamlError('USAGE', `${files.join(' and ')} are the same file; each key needs its own file`);
  }
  for (const file of files) {
    const status = await stat(file).catch(() => undefined);
    if (status && !status.isFile()) throw notRegular(file);
  }
}

/**
 * Asks about each file that already exists.
 *
 * @throws {@link EyamlError} `ABORTED` if one of them must not be replaced.
 */
export async function confirmOverwrites(files: readonly string[], host: KeyFilesHost): Promise<void> {
  for (const file of files) {
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    if (isThere && !(await host.confirmOverwrite(file))) throw new EyamlError('ABORTED', 'User aborted');
  }
}

/**
 * Finishes the key pair of a killed run of {@link writeKeyFiles} beside a private key, and removes its leftovers.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function finishKeyFiles(privateFile: string, { notify }: KeyFilesHost): Promise<void> {
  const folder = path.dirname(await realPathFor(privateFile));
  const finished = tryToWrite([privateFile], () => finishKeyPair(folder, path.dirname(privateFile)));
  if (finished.length > 0) notify(`finished the key pair of a killed createkeys: ${finished.join(' and ')}`);
}

/**
 * Writes both files of a key pair and creates their folders if needed. After a crash they are the old pair, or the new one as soon as
 * {@link finishKeyFiles} has run.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`; the files are then unchanged.
 */
export async function writeKeyFiles(
  { publicKey, privateKey, folderMode = 0o777 }: NewKeyPair,
  { notify }: KeyFilesHost,
): Promise<void> {
  const files = [privateKey.file, publicKey.file];
  const [privatePath = '', publicPath = ''] = await Promise.all(files.map(realPathFor));
  tryToWrite(files, () => {
    const tell = (name: string) => notify(`Created key directory: ${name}`);
    if (makeFolder(path.dirname(privatePath), folderMode)) tell(path.dirname(privateKey.file));
    if (makeFolder(path.dirname(publicPath), folderMode)) tell(path.dirname(publicKey.file));
    putKeyPair(
      { realPath: publicPath, content: publicKey.content, mode: 0o644 },
      { realPath: privatePath, content: privateKey.content, mode: 0o600 },
    );
  });
}

function tryToWrite<T>(files: readonly string[], step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw cannot('write', files.join(' and '), error);
  }
}

function notRegular(file: string): EyamlError {
  return new EyamlError('FILE_UNWRITABLE', `${file} is not a regular file`);
}

async function realPathFor(file: string): Promise<string> {
  return realPathOf(file).catch(() => path.resolve(file));
}

function makeFolder(folder: string, mode: number): boolean {
  return mkdirSync(folder, { recursive: true, mode }) !== undefined;
}
