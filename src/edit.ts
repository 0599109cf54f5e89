import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createOpener, openValues, plaintextOf, problemsOf, type Opened } from './decrypt.js';
import { fillBuffer } from './encrypt.js';
import type { Notify } from './encryptors/encryptor.js';
import { EyamlError, errnoOf, isAboutOneValue } from './errors.js';
import { readBuffer, showBuffer, type EditBuffer, type ReadBuffer } from './eyaml/buffer.js';
import { yamlFault } from './eyaml/document.js';
import { normalizeText, type NormalizedText } from './eyaml/lines.js';
import { markPassedOver } from './eyaml/passed-over.js';
import { preamble, stripPreamble } from './eyaml/preamble.js';
import { scan } from './eyaml/scan.js';
import { isValue, type Token, type ValueToken } from './eyaml/token.js';
import { checkWritable, readSnapshot, replaceFile, textOf, type Snapshot } from './files.js';
import { LIMITS, readLimited } from './files/read.js';
import { createPrivateFolder, removeStaleFolders } from './private-folder.js';
import type { Toolbox } from './toolbox.js';

/** The parts of an edit that need a person: the editor, and the question after a mistake. */
export interface EditHost {
  /** Opens a file in the editor and waits for it. Throws `EDITOR_FAILED` when the editor reports failure. */
  openEditor(file: string): Promise<void>;
  /** Shows what is wrong and asks whether to go back to the editor. */
  returnToEditor(error: EyamlError): Promise<boolean>;
  readonly notify: Notify;
  /** Details that only a verbose run shows. */
  readonly detail: Notify;
  /** Where to look for a place in memory. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface EditOptions {
  /** False leaves existing values as they are; no secret key is needed then. */
  readonly decrypt: boolean;
  /** Whether help stands above the buffer. */
  readonly preamble: boolean;
}

/** How an edit ended. */
export type EditOutcome =
  | { readonly kind: 'unchanged'; /** How long the editor was open, in milliseconds. */ readonly editorTime: number }
  | { readonly kind: 'written' };

/** All that stays the same while the editor is opened, maybe several times. */
interface EditSession {
  readonly snapshot: Snapshot;
  readonly original: NormalizedText;
  readonly buffer: EditBuffer;
  readonly preamble: string;
  readonly wasYaml: boolean;
  readonly toolbox: Toolbox;
}

const NEW_FILE = '---\n';

/**
 * Lets a person edit a file with its values in the clear. The clear text lives in a private folder for as long as the editor is
 * open; the file is replaced at one stroke, and only if something changed. A mistake leads back to the editor.
 *
 * @throws {@link EyamlError} for whatever keeps the edit from being done; the file is then untouched. `FILE_CHANGED` says where the
 * result went when the file had changed meanwhile.
 */
export async function edit(file: string, options: EditOptions, toolbox: Toolbox, host: EditHost): Promise<EditOutcome> {
  tellOfKilledEdits(removeStaleFolders(host.environment), host);
  const session = await startSession(file, options, toolbox, host);
  const folder = await createPrivateFolder(host.environment);
  try {
    if (!folder.inMemory) host.detail(`no folder in memory was found: the edit buffer is on disk, in ${folder.path}`);
    const bufferFile = path.join(folder.path, `${path.parse(file).name}.yaml`);
    writeBuffer(bufferFile, session.preamble + session.buffer.text);
    host.detail(`Wrote temporary file: ${bufferFile}`);
    for (;;) {
      const opened = performance.now();
      await host.openEditor(bufferFile);
      try {
        const saved = await save(session, bufferFile);
        return saved ? { kind: 'written' } : { kind: 'unchanged', editorTime: performance.now() - opened };
      } catch (error) {
        const final = !(error instanceof EyamlError) || error.code === 'FILE_CHANGED';
        if (final || !(await host.returnToEditor(error))) throw error;
      }
    }
  } finally {
    folder.remove();
  }
}

// What was not saved is gone; that it was plaintext is why.
function tellOfKilledEdits(count: number, host: EditHost): void {
  if (count === 0) return;
  const buffers = count === 1 ? 'the edit buffer of an edit that was' : `the edit buffers of ${count} edits that were`;
  host.notify(`removed ${buffers} killed; what was not saved there is lost`);
}

// In one go: a signal amid it would find a folder that cannot be removed, as the file comes into it at that moment.
function writeBuffer(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new EyamlError(
      'FILE_UNWRITABLE',
      `cannot write the edit buffer in ${path.dirname(file)} (${errnoOf(error) ?? 'unknown error'})`,
    );
  }
}

async function startSession(
  file: string,
  options: EditOptions,
  toolbox: Toolbox,
  host: EditHost,
): Promise<EditSession> {
  const snapshot = await readSnapshot(file);
  await checkWritable(snapshot);
  if (snapshot.octets === undefined) host.notify(`${file} doesn't exist, editing new file`);
  const original = normalizeText(snapshot.octets ? textOf(snapshot.octets, file) : NEW_FILE);
  const tokens = await markPassedOver(original.text, scan(original.text));

  const forNew = await toolbox.encryptorForNew(file).catch((error: unknown) => {
    // A file of values of another method, or without any, can be edited all the same; only a new value needs a method.
    if (!(error instanceof EyamlError) || error.code !== 'METHOD_UNAVAILABLE') throw error;
    host.notify(`no new values can be added: ${error.message}`);
    return undefined;
  });
  const values = tokens.filter(isValue);
  const tags = new Set(values.map(({ tag }) => tag).filter((tag) => tag !== forNew?.tag));
  await Promise.all([forNew?.prepare(file), ...[...tags].map((tag) => prepareExisting(tag, file, toolbox, host))]);

  const opened = options.decrypt
    ? await openValues(
        values.filter(({ tag }) => toolbox.encryptors.has(tag)),
        createOpener(toolbox.encryptors),
      )
    : new Map<ValueToken, Opened>();
  await tellWhatStaysEncrypted(file, original.text, tokens, opened, host);
  const buffer = showBuffer(tokens, (value) => plaintextOf(opened, value), 'numbered');
  return {
    snapshot,
    original,
    buffer,
    preamble: options.preamble ? preamble(await tagsForNew(file, forNew?.tag, toolbox, host)) : '',
    wasYaml: (await yamlFault(original.text)) === undefined,
    toolbox,
  };
}

// Every problem with who may read shall show before any work is done. A method of existing values that cannot encrypt here is no
// reason not to change the values of another.
async function prepareExisting(tag: string, file: string, toolbox: Toolbox, host: EditHost): Promise<void> {
  const encryptor = toolbox.encryptors.get(tag);
  if (encryptor === undefined) {
    host.notify(`warning: values of the method ${tag} stay as they are: nothing here knows it`);
    return;
  }
  try {
    await encryptor.prepare(file);
  } catch (error) {
    if (!(error instanceof EyamlError) || !/^(?:METHOD_UNAVAILABLE|KEY_FILE_(?:MISSING|UNREADABLE))$/.test(error.code))
      throw error;
    host.notify(`warning: values of ${tag} cannot be changed: ${error.message}`);
  }
}

/** The methods that new values in a file can have, the one they get when nobody asks for another first. */
async function tagsForNew(
  file: string,
  first: string | undefined,
  { encryptors }: Toolbox,
  host: EditHost,
): Promise<readonly string[]> {
  const tags = first === undefined ? [] : [first];
  for (const encryptor of encryptors.values()) {
    if (encryptor.tag === first) continue;
    const isAtHand = await encryptor.isAtHand(file).catch((error: unknown) => {
      if (!(error instanceof EyamlError)) throw error;
      host.notify(`warning: no new values of ${encryptor.tag} can be added: ${error.message}`);
      return false;
    });
    if (isAtHand) tags.push(encryptor.tag);
  }
  return tags;
}

async function tellWhatStaysEncrypted(
  file: string,
  text: string,
  tokens: readonly Token[],
  opened: ReadonlyMap<ValueToken, Opened>,
  host: EditHost,
): Promise<void> {
  const stays = tokens.filter((token) => {
    const result = token.kind === 'value' ? opened.get(token) : undefined;
    if (result && 'error' in result && !isAboutOneValue(result.error)) throw result.error;
    return token.kind === 'suspect' || (result && 'error' in result);
  });
  if (stays.length === 0) return;
  host.notify(
    `${stays.length} of ${tokens.filter(({ kind }) => kind !== 'text').length} values cannot be decrypted and stay as they are:`,
  );
  for (const { place, keyPath, message } of await problemsOf(text, stays, file, opened)) {
    host.notify(`  ${place ?? ''}  ${keyPath ? `${keyPath}: ` : ''}${message}`);
  }
}

/** Writes what the buffer says, if it says anything new. */
async function save(session: EditSession, bufferFile: string): Promise<boolean> {
  const { snapshot, original, buffer, toolbox } = session;
  const asSaved = await readBack(bufferFile);
  // An editor may have turned the line ends of a buffer without CR into its own; a buffer that had CR is taken as it stands.
  const saved = buffer.text.includes('\r') ? asSaved : normalizeText(asSaved).text;
  const { text, lines } = stripPreamble(saved, session.preamble);
  if (text === buffer.text) return false;
  const fault = (problems: readonly { line: number; message: string }[]) =>
    new EyamlError('MARKER_INVALID', `${snapshot.path} is not saved`, {
      problems: problems.map(({ line, message }) => ({ place: `line ${line + lines}`, message })),
    });
  if (text.trim() === '') throw fault([{ line: 1, message: 'the edited text is blank' }]);
  const read = readBuffer(text, buffer, [...toolbox.encryptors.keys()]);
  if (read.problems.length > 0) throw fault(read.problems);
  const texts = await fillBuffer(read, snapshot.path, toolbox.encryptors);
  const notYaml = session.wasYaml ? await yamlProblem(read, texts) : undefined;
  if (notYaml) throw fault([notYaml]);
  const written = await replaceFile(snapshot, Buffer.from(original.restore(texts.join(''))));
  if (written.conflict) {
    throw new EyamlError('FILE_CHANGED', `${snapshot.path} was changed by somebody else meanwhile and is left alone`, {
      suggestions: [`your edit, encrypted, is in ${written.path}: compare the two and keep what you need`],
    });
  }
  return true;
}

async function readBack(bufferFile: string): Promise<string> {
  const read = await readLimited(bufferFile, { limit: LIMITS.eyaml });
  if ('octets' in read) return textOf(read.octets, 'the edited text');
  throw new EyamlError('EDITOR_FAILED', `the editor moved or removed the edit buffer: ${read.fault.reason}`);
}

async function yamlProblem(
  { pieces }: ReadBuffer,
  texts: readonly string[],
): Promise<{ line: number; message: string } | undefined> {
  const fault = await yamlFault(texts.join(''));
  if (fault === undefined) return undefined;
  let start = 0;
  const at = texts.findIndex((text) => {
    if (fault.offset < start + text.length) return true;
    start += text.length;
    return false;
  });
  const piece = pieces.at(at);
  const before = texts.at(at)?.slice(0, Math.max(fault.offset - start, 0)) ?? '';
  const line = piece?.kind === 'text' ? piece.line + before.split('\n').length - 1 : (piece?.marker.line ?? 1);
  return { line, message: `the file would no longer be valid YAML (${fault.reason})` };
}
