import type { Context } from '../../../context/context.js';
import { hasCode, type Problem } from '../../../errors.js';
import { createEyamlText } from '../../../eyaml/text.js';
import { findFiles, type TreeOptions } from '../../../files/find.js';
import { readOctets, textOf } from '../../../files/snapshot.js';
import { createDescriber, type Governed } from '../show.js';
import { columnsOf, findOwners, type Column } from './columns.js';
import { differingIn, standingsOf, type Differing, type Standings } from './differences.js';
import { createRows, type Row } from './rows.js';
import type { ValuePlace } from './tally.js';

/** Who can read what: rows of files with the same recipients, and columns of keys. */
export interface Matrix {
  readonly columns: readonly Column[];
  readonly rows: readonly MatrixRow[];
}

/** Files with the same recipients, and the values that others can read, or not all of them. */
export interface MatrixRow extends Governed {
  /** How many GPG values there are. */
  readonly values: number;
  /** What each key can read of them. */
  readonly standings: Standings;
  readonly differing: readonly Differing[];
  /** GPG values that are damaged: nobody can tell who could read them. */
  readonly damaged: readonly ValuePlace[];
  /** How many values of each other method there are: they do not say who can read them. */
  readonly otherMethods: ReadonlyMap<string, number>;
  /** Files that cannot be read. */
  readonly unread: readonly Problem[];
}

/** How a matrix is made. */
export interface MatrixOptions extends Pick<TreeOptions, 'exclude'> {
  /** Called after each file with the number of all. */
  readonly onFile?: (of: number) => void;
}

/**
 * Finds who can read what in a tree today, from what stands in the files: nothing is decrypted, and no secret key is needed.
 *
 * @throws `EyamlError` as {@link createRows} does, and for configuration files and public keys that cannot be used.
 */
export async function readMatrix(
  paths: readonly string[],
  options: MatrixOptions,
  { forOneRun }: Pick<Context, 'forOneRun'>,
): Promise<Matrix> {
  const context = forOneRun();
  const describe = await createDescriber(context);
  const rows = await createRows(paths, options, { describe, context });
  const unread = new Map<Row, Problem[]>();
  const { files } = await findFiles(paths, options);
  for (const file of files) {
    const error = await addFile(file);
    if (error !== undefined) {
      const row = await rows.rowOf(file);
      unread.set(row, [...(unread.get(row) ?? []), { place: { file }, message: error }]);
    }
    options.onFile?.(files.length);
  }
  const all = rows.all();
  const owners = await findOwners(all, context.keystore);
  const columns = columnsOf(all, owners, describe.key);
  return {
    columns,
    rows: all.map((row) => {
      const differing = differingIn(row, owners);
      return {
        ...row.governed,
        values: row.tally.values(),
        standings: standingsOf(row.governed, differing),
        differing,
        damaged: row.tally.damaged,
        otherMethods: row.tally.others,
        unread: unread.get(row) ?? [],
      };
    }),
  };

  async function addFile(file: string): Promise<string | undefined> {
    try {
      const eyaml = createEyamlText(textOf(await readOctets(file), file), context.untagged);
      if (eyaml.values.length > 0) await (await rows.rowOf(file)).tally.add(file, eyaml);
      return undefined;
    } catch (error) {
      // Any other error would happen at the next file too.
      if (!hasCode(error, 'FILE_NOT_FOUND', 'FILE_UNREADABLE', 'NOT_UTF8')) throw error;
      return error.message;
    }
  }
}
