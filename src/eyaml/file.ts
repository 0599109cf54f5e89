import {
  readSnapshot,
  replaceFile,
  textOf,
  type ReplaceOptions,
  type Snapshot,
  type Written,
} from '../files/snapshot.js';
import { normalizeText } from './lines.js';
import { pkcs7ByForm, type UntaggedTag } from './scan.js';
import { createEyamlText, type EyamlText } from './text.js';

/** A file of encrypted values that may be changed. Its text has no byte order mark, and has LF if all lines of the file end in CRLF. */
export interface EyamlFile extends EyamlText {
  /** The path as it was given. */
  readonly path: string;
  /** The file as it was read; without octets if it does not exist yet. */
  readonly snapshot: Snapshot;
  /**
   * Replaces the file, with its own line ends, if it has not changed since it was read.
   *
   * @throws as `replaceFile`.
   */
  readonly replace: (text: string, options?: ReplaceOptions) => Promise<Written>;
}

/**
 * Reads a file.
 *
 * @param untagged - the method of a value without a tag.
 * @param newText - the text for a file that does not exist.
 */
export async function openEyamlFile(
  path: string,
  untagged: UntaggedTag = pkcs7ByForm,
  newText = '',
): Promise<EyamlFile> {
  const snapshot = await readSnapshot(path);
  const { text, restore } = normalizeText(snapshot.octets ? textOf(snapshot.octets, path) : newText);
  return {
    ...createEyamlText(text, untagged),
    path,
    snapshot,
    replace: (changed, options) => replaceFile(snapshot, Buffer.from(restore(changed)), options),
  };
}
