import { EyamlError } from '../errors.js';
import { parseKeyPath, type KeyPath } from '../eyaml/key-path.js';

/**
 * Reads a key path that the user typed.
 *
 * @throws {@link EyamlError} `USAGE`, without the text: something else may have been typed in its place.
 */
export function keyArgument(text: string): KeyPath {
  const path = parseKeyPath(text);
  if (path !== undefined && path.length > 0) return path;
  throw new EyamlError('USAGE', 'the key is not a key path', {
    suggestions: [
      `a dot and a number lead down: db::users[0].password; a key with dots, blanks, brackets or quotes in its name stands in quotes: '"a.b".c'`,
    ],
  });
}
