import { stat } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { EyamlError, readOctets } from '../index.js';

/** The source options of `encrypt` and `decrypt`; exactly one of them is given. */
export interface SourceOptions {
  readonly string?: string | undefined;
  readonly file?: string | undefined;
  readonly eyaml?: string | undefined;
  readonly stdin?: boolean | undefined;
  readonly password?: boolean | undefined;
}

/** What a command works on. */
export interface Source {
  readonly octets: Buffer;
  /** For messages: a file's name, or where else it came from. */
  readonly name: string;
  /** The file whose folder is searched for recipients. */
  readonly target: string;
}

/** Reads what the source option names; `askPassword` is for the one source that asks. */
export async function readSource(options: SourceOptions, askPassword?: () => Promise<Buffer>): Promise<Source> {
  const file = options.file ?? options.eyaml;
  const here = path.join(process.cwd(), 'standard-input');
  // A pipe given as a file, <(…) or /dev/stdin, lies in no folder whose recipients it could follow.
  if (file !== undefined)
    return { octets: await readOctets(file), name: file, target: (await isPipe(file)) ? here : file };
  if (options.string?.includes('\ufffd')) {
    throw new EyamlError('NOT_UTF8', 'the text given with -s is not UTF-8', {
      suggestions: ['--stdin takes any bytes'],
    });
  }
  if (options.string !== undefined)
    return { octets: Buffer.from(options.string), name: 'the given string', target: here };
  if (options.stdin) return { octets: await buffer(process.stdin), name: 'standard input', target: here };
  if (askPassword === undefined) throw new EyamlError('USAGE', 'no source was given');
  return { octets: await askPassword(), name: 'the password', target: here };
}

/**
 * Asks for a password without showing it. Without a terminal at standard input the answer is its first line, as scripts do it.
 */
export async function askPassword(confirm: boolean): Promise<Buffer> {
  if (!process.stdin.isTTY) {
    const octets = await buffer(process.stdin);
    if (octets.length === 0) throw new EyamlError('USAGE', 'there is no password: standard input is empty');
    const end = octets.indexOf(0x0a);
    const line = end === -1 ? octets : octets.subarray(0, end);
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }
  const { password } = await import('@inquirer/prompts');
  const quiet = { prefix: '', style: { maskedText: '' } };
  const ask = (message: string) => password({ message, toggleMask: false, theme: quiet }, { output: process.stderr });
  const answer = await ask('Enter password:');
  if (confirm && answer !== (await ask('Enter it again:')))
    throw new EyamlError('USAGE', 'the two passwords are not the same');
  return Buffer.from(answer);
}

async function isPipe(file: string): Promise<boolean> {
  const status = await stat(file);
  return !status.isFile();
}
