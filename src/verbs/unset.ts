import type { Methods } from '../context/methods.js';
import { EyamlError } from '../errors.js';
import { removeValue } from '../eyaml/change.js';
import { openEyamlFile } from '../eyaml/file.js';
import type { KeyPath } from '../eyaml/key-path.js';
import { checkWritable } from '../files/snapshot.js';
import { changeFile } from './change-file.js';

/**
 * Takes one key with its value, or an item of a list, out of a file, and changes nothing else. Needs no keys.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND`, `YAML_INVALID`, `KEY_NOT_FOUND`, `KEY_UNUSABLE`; the file is then unchanged.
 */
export async function unsetValue(file: string, path: KeyPath, { untagged }: Methods): Promise<void> {
  const eyaml = await openEyamlFile(file, untagged);
  if (eyaml.snapshot.octets === undefined) throw new EyamlError('FILE_NOT_FOUND', `there is no file ${file}`);
  await checkWritable(eyaml.snapshot);
  await changeFile(eyaml, (now) => removeValue(now, file, path), '');
}
