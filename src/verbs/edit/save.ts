import { EyamlError } from '../../errors.js';
import { readBuffer } from '../../eyaml/buffer.js';
import { conflictsIn, readConflicts } from '../../eyaml/conflicts.js';
import { normalizeText } from '../../eyaml/lines.js';
import { stripPreamble } from '../../eyaml/preamble.js';
import { isYamlWithoutConflicts, yamlProblem } from '../../eyaml/validity.js';
import { LIMITS, readLimited } from '../../files/read.js';
import { textOf } from '../../files/snapshot.js';
import { fillBuffer } from '../encrypt.js';
import type { EditSession } from './session.js';

/** What was written. */
export interface Saved {
  /** How many merge conflicts are left in it. */
  readonly conflicts: number;
}

/**
 * Writes the content of the buffer to the file, if it changed.
 *
 * @returns undefined if it did not.
 * @throws {@link EyamlError} for every mistake in the buffer, and for everything that prevents encryption of a value.
 */
export async function saveBuffer(session: EditSession, bufferFile: string): Promise<Saved | undefined> {
  const { eyaml, buffer } = session;
  const asSaved = await readBack(bufferFile);
  // An editor may have converted the line ends of a buffer without CR; a buffer that had CR is taken as it is.
  const saved = buffer.text.includes('\r') ? asSaved : normalizeText(asSaved).text;
  const { text, lines } = stripPreamble(saved, session.preamble);
  if (text === buffer.text) return undefined;
  const fault = (problems: readonly { line: number; message: string }[]) =>
    new EyamlError('MARKER_INVALID', `${eyaml.path} is not saved`, {
      problems: problems.map(({ line, message }) => ({ place: { line: line + lines }, message })),
    });
  if (text.trim() === '') throw fault([{ line: 1, message: 'the edited text is blank' }]);
  const read = readBuffer(text, buffer, session.knownTags);
  if (read.problems.length > 0) throw fault(read.problems);
  const { untagged } = eyaml;
  const filled = await fillBuffer(read, session.sealerFor, { untagged, passedOver: await eyaml.passedOver() });
  const conflicts = conflictsIn(readConflicts(filled.whole.text)).length;
  const mustBeYaml = conflicts === 0 && (await isYamlWithoutConflicts(eyaml));
  const notYaml = mustBeYaml ? await yamlProblem(read.pieces, filled) : undefined;
  if (notYaml) throw fault([notYaml]);
  const written = await eyaml.replace(filled.whole.text);
  if (written.conflict) {
    throw new EyamlError('FILE_CHANGED', `${eyaml.path} changed while you edited it; it was not overwritten`, {
      suggestions: [`your edit, encrypted, is in ${written.path}: compare the two and keep what you need`],
    });
  }
  return { conflicts };
}

async function readBack(bufferFile: string): Promise<string> {
  const read = await readLimited(bufferFile, { limit: LIMITS.eyaml });
  if ('octets' in read) return textOf(read.octets, 'the edited text');
  throw new EyamlError('EDITOR_FAILED', `the editor moved or removed the edit buffer: ${read.fault.reason}`);
}
