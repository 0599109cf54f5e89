import { openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import type { Config } from '../config/config.js';
import { givenPassphrase } from '../context/keystores.js';
import { EyamlError } from '../errors.js';
import type { LockedKey } from '../keys/keyfiles/unlock.js';
import { printable } from '../text/printable.js';
import { answered } from './asking.js';

interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly close: () => void;
}

/** Asks at the terminal for the passphrase of a key file. Resolves to undefined without a terminal. */
export async function askPassphrase({ userId, keyId, name }: LockedKey, attempt: number): Promise<Buffer | undefined> {
  return askSecret(`${attempt > 1 ? 'That was wrong. ' : ''}Passphrase of ${userId} (${keyId}, ${name}):`);
}

/** Asks at the terminal for the passphrase of a private key in PEM, in OpenSSL's words. Resolves to undefined without a terminal. */
export async function askPemPassphrase(name: string, attempt: number): Promise<Buffer | undefined> {
  return askSecret(`${attempt > 1 ? 'That was wrong. ' : ''}Enter PEM pass phrase for ${name}:`);
}

/** Asks for something that is not shown. Resolves to undefined without a terminal. */
export async function askSecret(message: string): Promise<Buffer | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  const { password } = await import('@inquirer/prompts');
  try {
    const theme = { prefix: '', style: { maskedText: '' } };
    return Buffer.from(await answered(password({ message: printable(message), toggleMask: false, theme }, terminal)));
  } finally {
    terminal.close();
  }
}

// Standard input may be used for the value, from a pipe or typed to its end; the user is still at the terminal.
function openTerminal(): Terminal | undefined {
  if (process.stdin.isTTY && !process.stdin.readableEnded && process.stderr.isTTY) {
    return { input: process.stdin, output: process.stderr, close: () => undefined };
  }
  try {
    const input = new ReadStream(openSync('/dev/tty', 'r'));
    const output = new WriteStream(openSync('/dev/tty', 'w'));
    return { input, output, close: () => (input.destroy(), output.destroy()) };
  } catch {
    return undefined;
  }
}

/**
 * Gets the passphrase for a new key: from the file or environment variable that the configuration names, else asked for twice, until
 * both are the same.
 *
 * @returns undefined when the user confirmed that the key is to have none.
 * @throws `EyamlError` `USAGE` when there is none, and nobody to ask.
 */
export async function newPassphrase(config: Config, warn: (message: string) => void): Promise<Buffer | undefined> {
  const given = await givenPassphrase(config.keyfiles, process.env, warn);
  if (given && given.length > 0) return given;
  if (given) throw noPassphrase();
  for (let first = await askNew(''); ; first = await askNew('The two were not the same. ')) {
    while (first.length === 0) {
      if (await confirmNoPassphrase()) return undefined;
      first = await askNew('');
    }
    const second = await askSecret('Enter the passphrase again:');
    if (second !== undefined && Buffer.compare(first, second) === 0) return first;
  }
}

async function askNew(before: string): Promise<Buffer> {
  const answer = await askSecret(`${before}Passphrase for the new key:`);
  if (answer === undefined) throw noPassphrase();
  return answer;
}

function noPassphrase(): EyamlError {
  return new EyamlError('USAGE', 'a new key needs a passphrase', {
    suggestions: [
      'for a key without a passphrase (for servers): --no-passphrase',
      'without a terminal: --gpg-passphrase-file or --gpg-passphrase-env-var',
    ],
  });
}

async function confirmNoPassphrase(): Promise<boolean> {
  const terminal = openTerminal();
  if (terminal === undefined) return false;
  const { confirm } = await import('@inquirer/prompts');
  const message = 'Create the key without a passphrase? Everyone who can read its file can then use it.';
  try {
    return await answered(confirm({ message, default: false, theme: { prefix: '' } }, terminal));
  } finally {
    terminal.close();
  }
}
