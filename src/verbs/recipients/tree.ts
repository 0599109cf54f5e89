import path from 'node:path';
import type { Context } from '../../context/context.js';
import { findNamed, type TreeOptions } from '../../files/find.js';
import { shownPath } from '../../files/shown.js';
import { findRecipientsFiles } from '../../recipients/find.js';
import type { FileRule } from '../../recipients/rule.js';
import { createDescriber, type Governed, type Person } from './show.js';

/**
 * Shows who reads where: one row for each named folder, for each folder below with a recipients file of its own, and for each rule.
 *
 * @throws {@link EyamlError} as {@link showRecipients} does, and `FILE_UNREADABLE` when a folder cannot be listed.
 */
export async function recipientsTree(
  folders: readonly string[],
  options: Pick<TreeOptions, 'exclude'>,
  context: Context,
): Promise<readonly Governed[]> {
  const describe = await createDescriber(context);
  const below = (await findRecipientsFiles(folders, options)).map((file) => path.dirname(file));
  const rows: Governed[] = [];
  for (const folder of new Set([...folders, ...below.sort()].map(shownPath))) rows.push(await describe.target(folder));
  const configured = await findNamed(CONFIGURATION, folders, options);
  const ruled = [...folders, ...configured.map((file) => path.dirname(path.dirname(file)))];
  const rules = new Set<FileRule>();
  for (const folder of ruled) for (const rule of await context.rules.rulesAt(folder)) rules.add(rule);
  for (const rule of rules) rows.push(await describe.rule(rule));
  return rows;
}

const CONFIGURATION = '.eyaml/config.yaml';

/** The people in rows, each key once. */
export function peopleIn(rows: readonly Governed[]): readonly NonNullable<Person['key']>[] {
  const keys = rows.flatMap(({ people }) => people.flatMap(({ key }) => key ?? []));
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
}
