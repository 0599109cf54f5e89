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

/** A file of encrypted values that may be changed. Its text is without a byte order mark, and has LF where the file has CRLF throughout. */
export interface EyamlFile extends EyamlText {
  /** The path as it was given. */
  readonly path: string;
  /** The file as it was read; without octets, one that is not there yet. */
  readonly snapshot: Snapshot;
  /**
   * Replaces the file, in its own line ends, if it is still as it was read.
   *
   * @throws as `replaceFile`.
   */
  readonly replace: (text: string, options?: ReplaceOptions) => Promise<Written>;
}

/**
 * Reads a file.
 *
 * @param untagged - which method a value without a tag has.
 * @param newText - the text of a file that is not there.
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
