import { createInterface } from 'node:readline';
import { EyamlError } from '../errors.js';
import { printable } from '../text/printable.js';
import type { ListedKey } from '../verbs/init.js';
import { count } from './plan-text.js';
import { errorText } from './ui.js';

/**
 * Shows what is wrong with an edit and asks whether to go back to the editor.
 *
 * @returns false when there is no terminal to ask at; the error is then still to be shown.
 * @throws {@link EyamlError} `ABORTED` when the user says no.
 */
export async function returnToEditor(error: EyamlError): Promise<boolean> {
  if (!hasTerminal()) return false;
  process.stderr.write(`${errorText(error)}\n`);
  const { confirm } = await import('@inquirer/prompts');
  const again = await confirm(
    { message: 'Return to the editor?', default: true, theme: { prefix: '' } },
    { output: process.stderr },
  );
  if (!again) throw new EyamlError('ABORTED', 'edit abandoned; the file is unchanged');
  return true;
}

/**
 * Asks whether new readers may read what is encrypted now. Without a terminal no question is asked, and the work goes on.
 *
 * @throws {@link EyamlError} `ABORTED` when the user says no.
 */
export async function confirmNewReaders(readers: number, verb: string): Promise<void> {
  if (!hasTerminal()) return;
  const { confirm } = await import('@inquirer/prompts');
  const message = `Encrypt what you ${verb} to ${readers === 1 ? 'this new reader' : `these ${readers} new readers`}?`;
  const goOn = await confirm({ message, default: false, theme: { prefix: '' } }, { output: process.stderr });
  if (goOn) return;
  throw new EyamlError('ABORTED', 'nothing was written', {
    suggestions: ['a reader comes from a line of the recipients file: "git log -p" shows who added it'],
  });
}

/** Whether there is a person to ask. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks whether a recrypt may go on, and says how many readers it adds.
 *
 * @throws {@link EyamlError} `ABORTED` when the user says no, or there is no terminal.
 */
export async function confirmRecrypt(values: number, files: number, added: number): Promise<true> {
  if (!hasTerminal()) {
    throw new EyamlError('ABORTED', 'nothing was written: there is no terminal to ask for confirmation', {
      suggestions: ['--yes does not ask, --dry-run only shows the plan'],
    });
  }
  if (!(await askRecrypt(values, files, added))) throw new EyamlError('ABORTED', 'nothing was written');
  return true;
}

/** Asks whether values are to be encrypted again; there must be a terminal. */
export async function askRecrypt(values: number, files: number, added: number): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  const newcomers = added === 0 ? '' : `${count(added, 'reader')} ${added === 1 ? 'is' : 'are'} new. `;
  const message = `${newcomers}Re-encrypt ${count(values, 'value')} in ${count(files, 'file')}?`;
  return confirm({ message, default: false, theme: { prefix: '' } }, { output: process.stderr });
}

let answers: AsyncIterator<string> | undefined;

/**
 * Asks a question and takes the answer as a line of standard input, be that a terminal or not, as the old tool does.
 *
 * @returns the line, trimmed; empty when there is none.
 */
export async function askLine(question: string): Promise<string> {
  process.stderr.write(printable(question));
  answers ??= createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]();
  const answer = await answers.next();
  return answer.done ? '' : answer.value.trim();
}

/**
 * Lets the user select keys in a list; their own keys are already selected.
 *
 * @throws {@link EyamlError} `ABORTED` when there is no terminal to ask at.
 */
export async function chooseKeys(keys: readonly ListedKey[]): Promise<readonly ListedKey[]> {
  if (!hasTerminal()) {
    throw new EyamlError('ABORTED', 'nothing was written: there is no terminal to ask who the recipients are', {
      suggestions: ['--recipient KEY names one, --all-keys takes all'],
    });
  }
  const { checkbox } = await import('@inquirer/prompts');
  const choices = keys.map((key) => ({
    name: printable(`${key.fingerprint} ${key.userId}`),
    value: key,
    checked: key.isOwn,
  }));
  return checkbox(
    { message: 'Who may read the secrets in this folder?', choices, theme: { prefix: '' } },
    { output: process.stderr },
  );
}
