import { formatKeyPath } from '../eyaml/key-path.js';
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
