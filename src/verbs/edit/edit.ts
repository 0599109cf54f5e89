import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, hasCode } from '../../errors.js';
import { cannot } from '../../files/cannot.js';
import { createPrivateFolder, removeStaleFolders } from '../../files/private-folder.js';
import { saveBuffer } from './save.js';
import { startSession, type EditHost, type EditOptions } from './session.js';

/** How an edit ended. */
export type EditOutcome =
  | { readonly kind: 'unchanged'; /** How long the editor was open, in milliseconds. */ readonly editorTime: number }
  | { readonly kind: 'written' };

/**
 * Lets a person edit a file with its values in the clear. The clear text lives in a private folder for as long as the editor is
 * open; the file is replaced at one stroke, and only if something changed. A mistake leads back to the editor.
 *
 * @throws {@link EyamlError} for whatever keeps the edit from being done; the file is then untouched. `FILE_CHANGED` says where the
 * result went when the file had changed meanwhile.
 */
export async function edit(file: string, options: EditOptions, context: Context, host: EditHost): Promise<EditOutcome> {
  tellOfKilledEdits(removeStaleFolders(host.environment), host);
  const session = await startSession(file, options, context, host);
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
        const saved = await saveBuffer(session, bufferFile);
        return saved ? { kind: 'written' } : { kind: 'unchanged', editorTime: performance.now() - opened };
      } catch (error) {
        const final = !(error instanceof EyamlError) || hasCode(error, 'FILE_CHANGED');
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
  const buffers =
    count === 1 ? 'the edit buffer of a killed edit; its' : `the edit buffers of ${count} killed edits; their`;
  host.notify(`removed ${buffers} unsaved changes are lost`);
}

// In one go: a signal amid it would find a folder that cannot be removed, as the file comes into it at that moment.
function writeBuffer(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw cannot('write', `the edit buffer in ${path.dirname(file)}`, error);
  }
}
