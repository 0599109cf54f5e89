import { EyamlError } from '../../errors.js';

/**
 * Refuses a table that would fill the memory: values may name any number of key IDs, and each is a column.
 *
 * @param most - how many cells it may have.
 * @throws {@link EyamlError} `USAGE`.
 */
export function refuseTooLarge(format: string, rows: number, columns: number, most: number): void {
  if (rows * columns <= most) return;
  throw new EyamlError('USAGE', `the matrix is too large for ${format}: ${rows} rows and ${columns} keys`, {
    suggestions: ['use --format json or text, or name fewer folders'],
  });
}
