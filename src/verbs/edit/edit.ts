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
  | { readonly kind: 'written'; /** How many merge conflicts are left. */ readonly conflicts: number };

/**
 * Lets the user edit a file with its values decrypted. The plaintext is in a private folder while the editor is open; the file is
 * replaced atomically, and only if something changed. After a mistake the user can return to the editor.
 *
 * @throws {@link EyamlError} for everything that prevents the edit; the file is then unchanged. `FILE_CHANGED` says where the result
 * is if the file changed in the meantime.
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
        return saved ? { kind: 'written', ...saved } : { kind: 'unchanged', editorTime: performance.now() - opened };
      } catch (error) {
        const final = !(error instanceof EyamlError) || hasCode(error, 'FILE_CHANGED');
        if (final || !(await host.returnToEditor(error))) throw error;
      }
    }
  } finally {
    folder.remove();
  }
}

// Unsaved changes are lost: they are plaintext, so they must not stay on disk.
function tellOfKilledEdits(count: number, host: EditHost): void {
  if (count === 0) return;
  const buffers =
    count === 1 ? 'the edit buffer of a killed edit; its' : `the edit buffers of ${count} killed edits; their`;
  host.notify(`removed ${buffers} unsaved changes are lost`);
}

// Synchronous: a signal in the middle could not remove the folder, because the file appears in it at that moment.
function writeBuffer(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw cannot('write', `the edit buffer in ${path.dirname(file)}`, error);
  }
}
