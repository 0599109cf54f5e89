import { stat } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { EyamlError } from '../errors.js';
import { readOctets } from '../files/snapshot.js';
import { answered } from './asking.js';

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
  /** Gives the octets. A password is asked for, and standard input read, only when this is called. */
  readonly octets: () => Promise<Buffer>;
  /** For messages: a file's name, or another source. */
  readonly name: string;
  /** The file whose folder is searched for recipients. */
  readonly target: string;
}

/** Finds what the source option names; `askPassword` is for the source `--password`. */
export async function findSource(options: SourceOptions, askPassword?: () => Promise<Buffer>): Promise<Source> {
  const file = options.file ?? options.eyaml;
  const here = path.join(process.cwd(), 'standard-input');
  if (file !== undefined) {
    const read = await readOctets(file);
    // A pipe given as a file, <(…) or /dev/stdin, is not in a folder with a recipients file.
    return { octets: () => Promise.resolve(read), name: file, target: (await isPipe(file)) ? here : file };
  }
  if (options.string?.includes('\ufffd')) {
    throw new EyamlError('NOT_UTF8', 'the text given with an option is not UTF-8', {
      suggestions: ['--stdin takes any bytes'],
    });
  }
  if (options.string !== undefined) {
    const given = Buffer.from(options.string);
    return { octets: () => Promise.resolve(given), name: 'the given string', target: here };
  }
  if (options.stdin) return { octets: () => buffer(process.stdin), name: 'standard input', target: here };
  if (askPassword === undefined) throw new EyamlError('USAGE', 'nothing to work on was given');
  return { octets: askPassword, name: 'the password', target: here };
}

/** The file that a value is for, as `--for` names it: a file that need not exist, or some file of a folder. */
export async function targetOf(named: string): Promise<string> {
  const status = await stat(named).catch(() => undefined);
  return status?.isDirectory() ? path.join(named, 'new-value') : named;
}

/** Removes the `-` that many scripts give after `--stdin`: it means standard input as well. */
export function withoutDash(argv: readonly string[]): string[] {
  const isRepeated = argv.at(-1) === '-' && argv.at(-2) === '--stdin';
  return isRepeated ? argv.slice(0, -1) : [...argv];
}

const PROMPT = 'Enter password:';

/**
 * Asks for a password without showing it. Where standard input is not a terminal, the answer is its next line, as scripts give it,
 * without waiting for the end of the input.
 */
export async function askPassword(confirm: boolean, prompt = PROMPT): Promise<Buffer> {
  if (!process.stdin.isTTY) {
    process.stderr.write(`${PROMPT} `);
    const line = await firstLine(process.stdin);
    process.stderr.write('\n');
    if (line === undefined) throw new EyamlError('USAGE', 'no password: standard input is empty');
    return line;
  }
  const { password } = await import('@inquirer/prompts');
  const quiet = { prefix: '', style: { maskedText: '' } };
  const ask = (message: string) =>
    answered(password({ message, toggleMask: false, theme: quiet }, { output: process.stderr }));
  const answer = await ask(prompt);
  if (confirm && answer !== (await ask('Enter it again:')))
    throw new EyamlError('USAGE', 'the two answers are not the same');
  return Buffer.from(answer);
}

/** The first line of a stream without its line end, LF or CRLF; undefined when the stream is empty. */
async function firstLine(stream: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    if (chunk.includes(0x0a)) break;
  }
  if (chunks.length === 0) return undefined;
  const octets = Buffer.concat(chunks);
  const end = octets.indexOf(0x0a);
  const line = end === -1 ? octets : octets.subarray(0, end);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

async function isPipe(file: string): Promise<boolean> {
  const status = await stat(file);
  return !status.isFile();
}
