import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../../context/context.js';
import { EyamlError } from '../../../errors.js';
import { findNamed, type TreeOptions } from '../../../files/find.js';
import { shownPath } from '../../../files/shown.js';
import { findRecipientsFiles } from '../../../recipients/find.js';
import { CONFIGURATION_FILE, type FileRule } from '../../../recipients/rule.js';
import { idOfList, orProblem, type Describer, type Governed } from '../show.js';
import { createTally, type Tally } from './tally.js';

/** What governs a part of a tree, and the values of its files. */
export interface Row {
  readonly governed: Governed;
  readonly tally: Tally;
}

/** The rows of a tree. */
export interface Rows {
  readonly all: () => readonly Row[];
  /**
   * The row of a file: that of the rule that decides about it, else that of the nearest folder with the same recipients and keys. A new
   * one if there is none, for instance where keys are nearer than the recipients file.
   */
  readonly rowOf: (file: string) => Promise<Row>;
}

/**
 * Makes the rows of a tree: one for each path, for each folder below with a recipients file of its own, and for each rule.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND` for a path that does not exist, `FILE_UNREADABLE` when a folder cannot be listed.
 */
export async function createRows(
  paths: readonly string[],
  options: Pick<TreeOptions, 'exclude'>,
  { describe, context }: { readonly describe: Describer; readonly context: Context },
): Promise<Rows> {
  const { recipients, rules } = context;
  const places: { readonly row: Row; readonly place: string }[] = [];
  for (const given of await placesIn(paths, options))
    places.push({ row: rowFor(await describe.target(given)), place: path.resolve(given) });
  const ruled: { readonly row: Row; readonly rule: FileRule }[] = [];
  for (const rule of await rulesIn(paths, options, rules.rulesAt))
    ruled.push({ row: rowFor(await describe.rule(rule)), rule });
  return {
    all: () => [...places, ...ruled].map(({ row }) => row),
    rowOf: async (file) => {
      const id = idOfList(await orProblem(recipients.listFor(file)));
      const rule = await rules.ruleFor(file);
      const absolute = path.resolve(file);
      const isSame = ({ governed: { list } }: Row) => list.id === id;
      const ofRule = ruled.find((one) => one.rule === rule && isSame(one.row));
      const around = places.filter(({ row, place }) => isSame(row) && isWithin(absolute, place));
      const found = ofRule ?? around.sort((one, other) => other.place.length - one.place.length)[0];
      if (found) return found.row;
      const folder = path.dirname(file);
      const row = rowFor({ ...(await describe.target(file)), path: shownPath(folder) });
      places.push({ row, place: path.resolve(folder) });
      return row;
    },
  };
}

function rowFor(governed: Governed): Row {
  return { governed, tally: createTally(governed.list) };
}

function isWithin(absolute: string, place: string): boolean {
  return absolute === place || absolute.startsWith(place.endsWith(path.sep) ? place : place + path.sep);
}

async function placesIn(paths: readonly string[], options: Pick<TreeOptions, 'exclude'>): Promise<readonly string[]> {
  for (const given of paths)
    await stat(given).catch(() => {
      throw new EyamlError('FILE_NOT_FOUND', `no such file or folder: ${given}`);
    });
  const below = (await findRecipientsFiles(paths, options)).map((file) => path.dirname(file));
  return [...new Set([...paths, ...below.sort()].map(shownPath))];
}

async function rulesIn(
  paths: readonly string[],
  options: Pick<TreeOptions, 'exclude'>,
  rulesAt: Context['rules']['rulesAt'],
): Promise<ReadonlySet<FileRule>> {
  const configured = await findNamed(CONFIGURATION_FILE, paths, options);
  const ruled = [...paths, ...configured.map((file) => path.dirname(path.dirname(file)))];
  const rules = new Set<FileRule>();
  for (const folder of ruled) for (const rule of await rulesAt(folder)) rules.add(rule);
  return rules;
}
