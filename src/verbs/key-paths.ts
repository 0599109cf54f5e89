import { EyamlError } from '../errors.js';
import { formatKeyPath, parseKeyPath, type KeyPath } from '../eyaml/key-path.js';
import { createEyamlText } from '../eyaml/text.js';
import { readSnapshot, textOf } from '../files/snapshot.js';

/** The key paths of the scalars in a file, a line each, for a shell; none for a file that cannot be read. */
export async function keyPathsIn(file: string): Promise<string> {
  try {
    const { octets } = await readSnapshot(file);
    if (octets === undefined) return '';
    const { spans } = await createEyamlText(textOf(octets, file)).yaml();
    return spans.flatMap(({ path, isKey }) => (isKey ? [] : [`${formatKeyPath(path)}\n`])).join('');
  } catch {
    // Nobody sees an error in the middle of a line that is being typed.
    return '';
  }
}

/**
 * Reads a key path that the user typed.
 *
 * @throws {@link EyamlError} `USAGE`, without the text: something else may have been typed in its place.
 */
export function readKeyPath(text: string): KeyPath {
  const path = parseKeyPath(text);
  if (path !== undefined && path.length > 0) return path;
  throw new EyamlError('USAGE', 'the key is not a key path', {
    suggestions: [
      `a dot and a number lead down: db::users[0].password; a key with dots, blanks, brackets or quotes in its name stands in quotes: '"a.b".c'`,
    ],
  });
}
