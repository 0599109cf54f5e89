import type { Context } from '../../context/context.js';
import type { TreeOptions } from '../../files/find.js';
import { readMatrix, type Matrix } from '../../verbs/recipients/matrix/matrix.js';
import { createSteps } from '../exposure/steps.js';
import { matrixHtml } from './html.js';
import { matrixCsv, matrixJson } from './tables.js';
import { matrixText } from './text.js';

const WITHOUT_TERMINAL = 80;

const FORMS = {
  text: (matrix: Matrix) => matrixText(matrix, process.stdout.columns || WITHOUT_TERMINAL),
  csv: matrixCsv,
  json: matrixJson,
  html: (matrix: Matrix) => matrixHtml(matrix, new Date()),
} as const satisfies Readonly<Record<string, (matrix: Matrix) => string>>;

/** The names of the forms of a matrix. */
export const MATRIX_FORMATS = Object.keys(FORMS) as (keyof typeof FORMS)[];

/** What the user chose. */
export interface MatrixReportOptions extends Pick<TreeOptions, 'exclude'> {
  readonly format?: keyof typeof FORMS | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Who can read what in a tree, in the form that was chosen. Throws as `readMatrix` does. */
export async function matrixReport(
  paths: readonly string[],
  { exclude, format, json, quiet }: MatrixReportOptions,
  context: Context,
): Promise<string> {
  const { onStep, end } = createSteps(quiet === true || !process.stderr.isTTY);
  const onFile = (of: number) => onStep('files', of);
  const matrix = await readMatrix(paths, { exclude, onFile }, context).finally(end);
  return FORMS[format ?? (json ? 'json' : 'text')](matrix);
}
