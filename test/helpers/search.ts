import { parseRecipientsFile } from '../../src/recipients/file.js';
import { nearestKeysFolder } from '../../src/recipients/nearest.js';
import type { RecipientsSearch } from '../../src/recipients/source.js';

/** A search that finds the same list of recipients for every file. */
export function searchFinding(lines: readonly (string | undefined)[]): RecipientsSearch {
  const list = () => Promise.resolve(parseRecipientsFile(lines.join('\n'), 'recipients'));
  return {
    governing: () => Promise.resolve({ kind: 'file', file: 'recipients', isNamed: true }),
    recipientsOf: list,
    recipientsFor: list,
    recipientsIn: list,
    keysFolderFor: nearestKeysFolder,
  };
}
