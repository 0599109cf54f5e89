import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, hasCode } from '../../errors.js';
import { readSnapshot, replaceFile, textOf } from '../../files/snapshot.js';
import { shownPath } from '../../files/shown.js';
import {
  isRecipientsFile,
  readLines,
  RECIPIENTS_FILE,
  renderLines,
  type RecipientList,
  type RecipientsLine,
} from '../../recipients/file.js';
import type { Followed } from '../../recipients/find.js';
import { nearestKeysFolder } from '../../recipients/nearest.js';
import { noRecipients, type Governing } from '../../recipients/source.js';
import { placeText } from '../../text/problems.js';
import { targetIn } from './show.js';

/** A recipients file that is to be changed. */
export interface ListFile extends Followed {
  /** Its content; without recipients if it is to be made. */
  readonly list: RecipientList;
  readonly isNew: boolean;
}

/** Which recipients file is to be changed. */
export interface ListChoice {
  /** A folder or a file: the recipients file that governs it; or a recipients file itself. */
  readonly to: string;
  /** Whether to make one in that folder. */
  readonly isNew: boolean;
}

/**
 * Finds the recipients file that governs a folder or file, and reads it.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND`; `RECIPIENTS_MISSING` if none governs it; `USAGE` if an option or a rule does, or if the file
 * to make exists; `RECIPIENTS_UNREADABLE`.
 */
export async function openListFile({ to, isNew }: ListChoice, { recipients }: Context): Promise<ListFile> {
  const status = await stat(to).catch(() => undefined);
  // A new file is named by its future path.
  const parent = await stat(path.dirname(to)).catch(() => undefined);
  if (status === undefined && (isNew || !parent?.isDirectory()))
    throw new EyamlError('FILE_NOT_FOUND', `no such file or folder: ${to}`);
  if (status?.isFile() && isRecipientsFile(to)) {
    return { file: to, folders: [path.dirname(to)], list: await recipients.listIn(to), isNew: false };
  }
  const target = await targetIn(to);
  const found = await recipients.governing(target);
  if (isNew) return newListFile(path.join(path.dirname(target), RECIPIENTS_FILE), target, found);
  if (found === undefined) throw noRecipients(to, ['eyaml recipients add --new KEY makes one']);
  if (found.kind === 'options') {
    const by = `the recipients come from ${placeText(found.place)}`;
    throw new EyamlError('USAGE', `${by}: there is no recipients file to change`);
  }
  const { file, rule } = found;
  const folders = [...new Set([path.dirname(file), ...(rule ? [rule.folder] : [])])];
  return {
    file,
    folders: outermost(folders).map(shownPath),
    list: await recipients.listOf(found, target),
    isNew: false,
  };
}

async function newListFile(file: string, target: string, found: Governing | undefined): Promise<ListFile> {
  const decides = found?.kind === 'options' ? placeText(found.place) : found?.rule && `the rule ${found.rule.pattern}`;
  if (decides !== undefined)
    throw new EyamlError('USAGE', `${decides} decides there: a new recipients file would not count`);
  if ((await stat(file).catch(() => undefined)) !== undefined)
    throw new EyamlError('USAGE', `${file} already exists`, { suggestions: ['leave out --new to add to it'] });
  const list = { source: file, specs: [], keysFolder: await nearestKeysFolder(target) };
  return { file, folders: [path.dirname(file)], list, isNew: true };
}

// A file in both would count twice.
function outermost(folders: readonly string[]): readonly string[] {
  const isBelow = (folder: string, other: string) => {
    const relative = path.relative(other, folder);
    return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
  };
  return folders.filter((folder) => !folders.some((other) => isBelow(folder, other)));
}

// Each time somebody else changed the file in between.
const TRIES = 100;

/**
 * Changes the lines of a recipients file; what `change` leaves as it is keeps its bytes. If the file changes in the meantime, the change
 * is made again on what it holds then.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`, `FILE_LOCKED`, `RECIPIENTS_FILE_MISSING`, `NOT_UTF8`.
 */
export async function changeLines(
  file: string,
  change: (lines: readonly RecipientsLine[]) => readonly RecipientsLine[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await readSnapshot(file);
    if (snapshot.octets === undefined) throw new EyamlError('RECIPIENTS_FILE_MISSING', `there is no file ${file}`);
    const before = textOf(snapshot.octets, file);
    const after = renderLines(change(readLines(before)));
    if (after === before) return;
    try {
      await replaceFile(snapshot, Buffer.from(after), { onConflict: 'fail' });
      return;
    } catch (error) {
      if (attempt === TRIES || !hasCode(error, 'FILE_CHANGED')) throw error;
    }
  }
}
