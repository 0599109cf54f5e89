import { createInterface } from 'node:readline';
import { EyamlError } from '../errors.js';
import { printable } from '../text/printable.js';
import type { ListedKey } from '../verbs/init-folder.js';
import { answered } from './asking.js';
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
  const again = await answered(
    confirm({ message: 'Return to the editor?', default: true, theme: { prefix: '' } }, { output: process.stderr }),
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
  const goOn = await answered(confirm({ message, default: false, theme: { prefix: '' } }, { output: process.stderr }));
  if (goOn) return;
  throw new EyamlError('ABORTED', 'nothing was written', {
    suggestions: ['a reader comes from a line of the recipients file: "git log -p" shows who added it'],
  });
}

/** Asks whether values are to be encrypted for people who were not seen before; there must be a terminal. */
export async function confirmAdded(): Promise<boolean> {
  return confirmed('Encrypt for them from now on?');
}

/** Asks whether the recipients of a repository are accepted; there must be a terminal. */
export async function confirmAck(): Promise<boolean> {
  return confirmed('Accept all of this?');
}

/** Asks whether recipients are to be signed; there must be a terminal. */
export async function confirmSignature(): Promise<boolean> {
  return confirmed('Sign this?');
}

async function confirmed(message: string): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  return answered(confirm({ message, default: false, theme: { prefix: '' } }, { output: process.stderr }));
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
  return answered(confirm({ message, default: false, theme: { prefix: '' } }, { output: process.stderr }));
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
 * Lets the user select keys in a list; their own keys are already selected. Keys that are recipients already cannot be.
 *
 * @throws {@link EyamlError} `ABORTED` when there is no terminal to ask at.
 */
export async function chooseKeys(
  keys: readonly ListedKey[],
  there: ReadonlySet<ListedKey['fingerprint']>,
): Promise<readonly ListedKey[]> {
  if (!hasTerminal()) {
    throw new EyamlError('ABORTED', 'nothing was written: there is no terminal to ask who the recipients are', {
      suggestions: ['--recipient KEY names one, --all-keys takes all'],
    });
  }
  const isThere = ({ fingerprint }: ListedKey) => there.has(fingerprint);
  const selectable = keys.filter((key) => !isThere(key));
  if (selectable.length === 0) return [];
  const { checkbox } = await import('@inquirer/prompts');
  const choices = [...selectable, ...keys.filter(isThere)].map((key) => ({
    name: printable(`${key.fingerprint} ${key.userId}`),
    value: key,
    checked: key.isOwn && !isThere(key),
    disabled: isThere(key) ? '(already a recipient)' : false,
  }));
  const message =
    there.size === 0 ? 'Who may read the secrets in this folder?' : 'Who else may read the secrets in this folder?';
  return answered(checkbox({ message, choices, theme: { prefix: '' } }, { output: process.stderr }));
}

/** Where a new OpenPGP key is kept. */
export type KeyPlaceChoice = 'gnupg' | 'home';

/** Asks where a new key is to be. */
export async function askKeyPlace(): Promise<KeyPlaceChoice> {
  const { select } = await import('@inquirer/prompts');
  const choices = [
    { name: 'in GnuPG, which also asks for its passphrase', value: 'gnupg' },
    { name: 'in a file in ~/.eyaml/keys/, for eyaml alone', value: 'home' },
  ] as const;
  return answered(
    select<KeyPlaceChoice>(
      { message: 'Where should the new key be?', choices, default: 'gnupg', theme: { prefix: '' } },
      { output: process.stderr },
    ),
  );
}

/** Asks whose the new key is. */
export async function askUserId(): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  const message = 'Your name and address, like Ann <ann@example.com>:';
  return (await answered(input({ message, required: true, theme: { prefix: '' } }, { output: process.stderr }))).trim();
}

/** Asks whether a key is to be created for a user who has none. */
export async function confirmNewKey(): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  const message = 'You have no key yet to read secrets with. Create one now?';
  return answered(confirm({ message, default: true, theme: { prefix: '' } }, { output: process.stderr }));
}
