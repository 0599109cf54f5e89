import type { Context } from '../../context/context.js';
import type { Notify } from '../../encryptors/encryptor.js';
import type { EyamlError } from '../../errors.js';
import { showBuffer, type EditBuffer } from '../../eyaml/buffer.js';
import { conflictsIn, readConflicts } from '../../eyaml/conflicts.js';
import { openEyamlFile, type EyamlFile } from '../../eyaml/file.js';
import { preamble } from '../../eyaml/preamble.js';
import { createEyamlText } from '../../eyaml/text.js';
import type { ValueToken } from '../../eyaml/token.js';
import { withWholeValues } from '../../eyaml/whole-values.js';
import { problemLines } from '../../text/problems.js';
import { isAboutOneValue } from '../about-one-value.js';
import { checkWritable } from '../../files/snapshot.js';
import { createOpener, openValues, plaintextOf, problemsOf, type Opened } from '../opener.js';
import { NEW_FILE } from '../new-file.js';
import type { OnNewReaders } from '../new-readers.js';
import { prepareSealers, type Sealers } from './sealers.js';

/** The parts of an edit that need the user: the editor, and the question after a mistake. */
export interface EditHost {
  /** Opens a file in the editor and waits for it. Throws `EDITOR_FAILED` if the editor fails. */
  openEditor(file: string): Promise<void>;
  /** Shows what is wrong and asks whether to go back to the editor. */
  returnToEditor(error: EyamlError): Promise<boolean>;
  /** Called, before the editor opens, with the readers of changed values who cannot read other values of the file. */
  readonly onNewReaders: OnNewReaders;
  readonly notify: Notify;
  /** Details that only a verbose run shows. */
  readonly detail: Notify;
  /** The environment, to find a folder in memory. */
  readonly environment: NodeJS.ProcessEnv;
}

/** How a file is edited. */
export interface EditOptions {
  /** False leaves existing values as they are; no secret key is needed then. */
  readonly decrypt: boolean;
  /** Whether help lines are shown above the buffer. */
  readonly preamble: boolean;
}

/** Everything that stays the same while the editor is opened, perhaps several times. */
export interface EditSession {
  readonly eyaml: EyamlFile;
  readonly buffer: EditBuffer;
  readonly preamble: string;
  /** The known methods, whether they can encrypt or not. */
  readonly knownTags: readonly string[];
  readonly sealerFor: Sealers['sealerFor'];
}

/**
 * Does everything before the editor opens: reads a file, prepares the sealers and decrypts its values.
 *
 * @throws {@link EyamlError} for everything that prevents the edit. A method that cannot encrypt is only a warning, which is also in
 * the buffer, since the editor soon hides the terminal.
 */
export async function startSession(
  file: string,
  options: EditOptions,
  context: Context,
  host: EditHost,
): Promise<EditSession> {
  const { encryptors, untagged } = context;
  const eyaml = withWholeConflicts(await openEyamlFile(file, untagged, NEW_FILE));
  const { snapshot, tokens, values } = eyaml;
  await checkWritable(snapshot);
  if (snapshot.octets === undefined) host.notify(`${file} doesn't exist, editing new file`);
  const conflicts = conflictsIn(readConflicts(eyaml.text)).length;
  if (conflicts > 0) {
    const count = conflicts === 1 ? 'a merge conflict' : `${conflicts} merge conflicts`;
    host.notify(`${file} has ${count}: keep what is right, and delete the rest with the lines of <<<<, ==== and >>>>`);
  }
  const sealers = await prepareSealers(file, values, context, host.onNewReaders);
  [...sealers.warnings, ...sealers.leftOut].forEach(host.notify);
  const opened = options.decrypt
    ? await openValues(
        values.filter(({ tag }) => encryptors.has(tag)),
        createOpener(encryptors),
        file,
      )
    : new Map<ValueToken, Opened>();
  await tellWhatStaysEncrypted(eyaml, opened, host);
  return {
    eyaml,
    buffer: showBuffer(tokens, (value) => plaintextOf(opened, value), 'numbered'),
    preamble: options.preamble ? preamble(sealers.tags, sealers.warnings) : '',
    knownTags: [...encryptors.keys()],
    sealerFor: sealers.sealerFor,
  };
}

// Both sides of a conflict can be decrypted only if each has the whole of its values.
function withWholeConflicts(eyaml: EyamlFile): EyamlFile {
  const text = withWholeValues(eyaml.text);
  return text === eyaml.text ? eyaml : { ...eyaml, ...createEyamlText(text, eyaml.untagged) };
}

async function tellWhatStaysEncrypted(
  eyaml: EyamlFile,
  opened: ReadonlyMap<ValueToken, Opened>,
  host: EditHost,
): Promise<void> {
  const unopened = eyaml.values.filter((value) => {
    const result = opened.get(value);
    if (result && 'error' in result && !isAboutOneValue(result.error)) throw result.error;
    return result && 'error' in result;
  });
  const suspects = await eyaml.suspects();
  const stays = [...unopened, ...suspects].sort((a, b) => a.offset - b.offset);
  if (stays.length === 0) return;
  const count = eyaml.values.length + suspects.length;
  host.notify(`${stays.length} of ${count} values cannot be decrypted and stay as they are:`);
  problemLines(await problemsOf(eyaml, stays, eyaml.path, opened)).forEach(host.notify);
}
