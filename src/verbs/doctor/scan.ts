import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../config/config.js';
import type { Context } from '../../context/context.js';
import { asEyamlError, hasCode, type EyamlError } from '../../errors.js';
import { createEyamlText } from '../../eyaml/text.js';
import { findFiles } from '../../files/find.js';
import { faultAt } from '../../files/fault.js';
import { readOctets, realPathOf, textOf } from '../../files/snapshot.js';
import type { KeyId } from '../../openpgp/identifiers.js';
import { readHead } from '../../openpgp/inspect.js';
import { hasKey } from '../../pkcs7/keys.js';
import { RECIPIENTS_FILE } from '../../recipients/file.js';
import { findHieraFile } from './hiera-file.js';
import { fileIn } from './target.js';

/** A value, as far as it can be known without any key. */
export interface ScannedValue {
  /** Counted from 1. */
  readonly line: number;
  readonly tag: string;
  /** Of a GPG value. */
  readonly readers: readonly KeyId[];
  /** Whether a password can open it too. */
  readonly hasPassword: boolean;
  readonly isDamaged: boolean;
}

/** A file that was read, or why it could not be. A file without values has none. */
export interface ScannedFile {
  readonly file: string;
  readonly realPath: string;
  readonly values: readonly ScannedValue[];
  readonly fault?: EyamlError;
}

/** What is read, and what says whether it may have values. */
export interface ScanOptions {
  /** The file or folder, as it was given. */
  readonly target: string;
  /** Whether a person named it; else it is the current folder. */
  readonly isNamed: boolean;
  readonly config: Config;
  readonly context: Context;
  readonly environment: NodeJS.ProcessEnv;
}

type Search = (file: string) => Promise<unknown>;

/**
 * Reads the files below the target. The current folder is searched only if something says that it has values: in a home folder
 * there may be a million files.
 *
 * @returns undefined when it is not searched.
 * @throws {@link EyamlError} as `findFiles`.
 */
export async function scanTarget(
  options: ScanOptions,
  recipientsFor: Search,
): Promise<readonly ScannedFile[] | undefined> {
  if (!options.isNamed && !(await hasSigns(options, recipientsFor))) return undefined;
  const { files } = await findFiles([options.target]);
  const scanned: ScannedFile[] = [];
  for (const file of files) scanned.push(await scanFile(file, options));
  return scanned;
}

async function hasSigns({ target, config, environment }: ScanOptions, recipientsFor: Search): Promise<boolean> {
  const isThere = (found: Promise<unknown>) =>
    found.then(
      (one) => one !== undefined && one !== false,
      () => true,
    );
  const { publicKey, privateKey } = config.pkcs7;
  return (
    (await isThere(recipientsFor(await fileIn(target)))) ||
    (await isThere(findHieraFile(target))) ||
    (await isThere(hasKey(publicKey, environment))) ||
    (await isThere(hasKey(privateKey, environment))) ||
    (await hasSignsInside(target))
  );
}

async function hasSignsInside(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.some(({ name }) => name === '.git' || name.endsWith('.eyaml'))) return true;
  const folders = entries.filter((entry) => entry.isDirectory());
  return folders.some(({ name }) => faultAt(path.join(folder, name, RECIPIENTS_FILE), 'file') === undefined);
}

async function scanFile(file: string, { context }: ScanOptions): Promise<ScannedFile> {
  const realPath = await realPathOf(file).catch(() => path.resolve(file));
  try {
    const { values } = createEyamlText(textOf(await readOctets(file), file), context.untagged);
    return { file, realPath, values: values.map(({ line, tag, payload }) => ({ line, tag, ...headOf(tag, payload) })) };
  } catch (error) {
    return { file, realPath, values: [], fault: asEyamlError(error) };
  }
}

function headOf(tag: string, payload: string): Omit<ScannedValue, 'line' | 'tag'> {
  const unknown = { readers: [], hasPassword: false };
  if (tag !== 'GPG') return { ...unknown, isDamaged: false };
  try {
    const { readers, hasPassword } = readHead(Buffer.from(payload, 'base64'));
    return { readers, hasPassword, isDamaged: false };
  } catch (error) {
    if (!hasCode(error, 'MESSAGE_INVALID')) throw error;
    return { ...unknown, isDamaged: true };
  }
}
