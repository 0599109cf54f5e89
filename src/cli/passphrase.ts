import { openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import type { LockedKey } from '../index.js';

interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly close: () => void;
}

/** Asks at the terminal for the passphrase of a key file. Resolves to undefined where there is no terminal. */
export async function askPassphrase({ userId, keyId, name }: LockedKey, attempt: number): Promise<Buffer | undefined> {
  return askSecret(`${attempt > 1 ? 'That was wrong. ' : ''}Passphrase of ${userId} (${keyId}, ${name}):`);
}

/** Asks for something that is not shown. Resolves to undefined where there is no terminal. */
export async function askSecret(message: string): Promise<Buffer | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  const { password } = await import('@inquirer/prompts');
  try {
    const theme = { prefix: '', style: { maskedText: '' } };
    return Buffer.from(await password({ message, toggleMask: false, theme }, terminal));
  } finally {
    terminal.close();
  }
}

// Standard input may carry the value that is to be worked on; the person is at the terminal all the same.
function openTerminal(): Terminal | undefined {
  if (process.stdin.isTTY && process.stderr.isTTY) {
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
