import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Notify } from './encryptors/encryptor.js';
import { EyamlError, errnoOf } from './errors.js';
import { realPathOf } from './files.js';
import { isKeyText } from './key-text.js';
import { forgetLeftover, noteLeftover } from './leftovers.js';

/** A new key, and the file it goes to. */
export interface NewKeyFile {
  readonly file: string;
  readonly content: string;
  /** A private key can be read by its owner alone. */
  readonly isPrivate: boolean;
}

/** The parts of making keys that need a person. */
export interface KeyFilesHost {
  /** Asks whether a file that is there may be replaced. */
  confirmOverwrite(file: string): Promise<boolean>;
  readonly notify: Notify;
}

/**
 * Makes sure that each file can be one: no two of them are the same, and none is a folder, a device or the like.
 *
 * @throws {@link EyamlError} `USAGE`, `FILE_UNWRITABLE`.
 */
export async function checkKeyFiles(files: readonly string[]): Promise<void> {
  if (files.some(isKeyText)) throw new EyamlError('USAGE', 'what is given as the file of a key is no path');
  const realPaths = await Promise.all(files.map(realPathFor));
  if (new Set(realPaths).size < files.length) {
    throw new EyamlError('USAGE', `${files.join(' and ')} are one file, and each key needs its own`);
  }
  for (const file of files) {
    const status = await stat(file).catch(() => undefined);
    if (status && !status.isFile()) throw notRegular(file);
  }
}

/**
 * Asks about each of the files that is there already.
 *
 * @throws {@link EyamlError} `ABORTED` when one of them is to stay.
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
 * Writes key files, making their folders where needed. All are complete on the disk before the first takes its name, so that a pair
 * does not end up with one old and one new half.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function writeKeyFiles(keys: readonly NewKeyFile[], { notify }: KeyFilesHost): Promise<void> {
  const ready: { temporary: string; realPath: string }[] = [];
  try {
    for (const { file, content, isPrivate } of keys) {
      const realPath = await realPathFor(file);
      await makeFolder(path.dirname(realPath), path.dirname(file), notify);
      const temporary = `${realPath}.${randomBytes(6).toString('hex')}.tmp`;
      noteLeftover(temporary);
      ready.push({ temporary, realPath });
      const handle = await open(temporary, 'wx', isPrivate ? 0o600 : 0o644);
      try {
        // Who makes new keys as root must not take the old private key's successor away from the Puppet server.
        const old = await stat(realPath).catch(() => undefined);
        if (old) await handle.chown(old.uid, old.gid).catch(() => undefined);
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    putInPlace(ready);
  } catch (error) {
    if (error instanceof EyamlError) throw error;
    const names = keys.map(({ file }) => file).join(' and ');
    throw new EyamlError('FILE_UNWRITABLE', `cannot write ${names} (${errnoOf(error) ?? 'unknown error'})`);
  } finally {
    for (const { temporary } of ready) {
      await unlink(temporary).catch(() => undefined);
      forgetLeftover(temporary);
    }
  }
}

// In one go, so that no signal ends the process between the two halves of a pair; and if the second cannot take its place, the first
// gives way again to what was there.
function putInPlace(ready: readonly { readonly temporary: string; readonly realPath: string }[]): void {
  const done: { realPath: string; backup: string | undefined }[] = [];
  try {
    for (const { temporary, realPath } of ready) {
      const backup = existsSync(realPath) ? temporary.replace(/tmp$/, 'old') : undefined;
      if (backup && !statSync(realPath).isFile()) throw notRegular(realPath);
      if (backup) renameSync(realPath, backup);
      done.push({ realPath, backup });
      renameSync(temporary, realPath);
    }
  } catch (error) {
    for (const { realPath, backup } of done.reverse()) {
      if (backup) renameSync(backup, realPath);
      else rmSync(realPath, { force: true });
    }
    throw error;
  }
  for (const { backup } of done) if (backup) rmSync(backup, { force: true });
}

function notRegular(file: string): EyamlError {
  return new EyamlError('FILE_UNWRITABLE', `${file} is no regular file`);
}

async function realPathFor(file: string): Promise<string> {
  return realPathOf(file).catch(() => path.resolve(file));
}

async function makeFolder(folder: string, name: string, notify: Notify): Promise<void> {
  if ((await mkdir(folder, { recursive: true })) !== undefined) notify(`Created key directory: ${name}`);
}
