import { EyamlError } from '../index.js';
import { errorText } from './ui.js';

/**
 * Shows what is wrong with an edit and asks whether to go back to the editor.
 *
 * @returns false when there is no terminal to ask at; the error is then still to be shown.
 * @throws {@link EyamlError} `ABORTED` when the person does not want to.
 */
export async function returnToEditor(error: EyamlError): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  process.stderr.write(`${errorText(error)}\n`);
  const { confirm } = await import('@inquirer/prompts');
  const again = await confirm(
    { message: 'Return to the editor?', default: true, theme: { prefix: '' } },
    { output: process.stderr },
  );
  if (!again) throw new EyamlError('ABORTED', 'the edit is abandoned, the file is as it was');
  return true;
}
