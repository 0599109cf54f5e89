import { EyamlError, errnoOf, hasCode } from '../errors.js';
import { removeLeftovers } from '../files/cleanup.js';
import { endPinentry } from '../keys/gnupg/pinentry.js';
import { printable } from '../text/printable.js';
import { isAsking } from './asking.js';
import { editorIsOpen, endEditor } from './editor.js';
import { withoutWebCryptoWarnings } from './node-warnings.js';
import { overview } from './overview.js';
import { errorText } from './ui.js';
import type { Program } from './run.js';
import { isRefusal } from './usage.js';

const USAGE_ERROR = 2;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR2: 12, SIGALRM: 14, SIGTERM: 15, SIGXCPU: 24 } as const;
// The terminal sends these to the editor as well as to us; while it is open they are for the editor alone.
const FROM_KEYBOARD: readonly string[] = ['SIGINT', 'SIGQUIT'];

/** Runs the program with the arguments of the command line, to the end of the process. */
export function main(argv: readonly string[], program: Program): void {
  listen();
  withoutWebCryptoWarnings();
  start(argv, program).then(() => process.exit(0), fail);
}

function listen(): void {
  for (const [signal, number] of Object.entries(SIGNALS) as [NodeJS.Signals, number][]) {
    process.on(signal, () => {
      if (FROM_KEYBOARD.includes(signal) && editorIsOpen()) return;
      endEditor(signal, () => {
        removeLeftovers();
        process.exit(128 + number);
      });
    });
  }
  process.on('exit', removeLeftovers);
  process.on('exit', endPinentry);
  process.on('uncaughtException', fail);
  process.stdout.on('error', (error) => {
    // The reader closed the pipe because it has read enough: not an error message.
    if (errnoOf(error) !== 'EPIPE')
      process.stderr.write(`error: cannot write the output (${errnoOf(error) ?? 'unknown error'}) [FILE_UNWRITABLE]\n`);
    process.exit(1);
  });
  // A promise that never settles (of a plugin, for instance) would let the process end as if it had succeeded.
  process.exitCode = 1;
  process.on('beforeExit', () => {
    if (isAsking()) {
      // The rest of a list is left on the screen.
      process.stderr.write('\x1b[J\n');
      abort();
    }
    process.stderr.write('error: exited before finishing: something (a plugin?) never answered [UNEXPECTED]\n');
    process.exit(1);
  });
}

async function start(argv: readonly string[], program: Program): Promise<void> {
  if (argv.length === 0) {
    process.stderr.write(overview(Object.values(program.manifest.commands)));
    process.exit(USAGE_ERROR);
  }
  const { run } = await import('./run.js');
  // Every command takes --version; as the value of an option it comes later.
  await run(argv.slice(0, 2).includes('--version') ? ['version'] : argv, program);
}

function fail(error: unknown): never {
  if (error instanceof EyamlError) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(hasCode(error, 'USAGE') ? USAGE_ERROR : 1);
  }
  if (!(error instanceof Error)) process.exit(1);
  if (error.name === 'ExitPromptError') abort();
  if (isRefusal(error)) process.exit(error.oclif.exit ?? USAGE_ERROR);
  // A third-party message may quote the data, so only its type and place are shown.
  process.stderr.write(
    `error: unexpected ${printable(error.name)}: this is a bug in eyaml, please report it [UNEXPECTED]\n`,
  );
  const trace = process.argv.some((argument) => argument === '-t' || argument === '--trace');
  process.stderr.write(trace ? `${framesOf(error)}\n` : 'hint: --trace shows where it happened\n');
  process.exit(1);
}

// For somebody who leaves a question unanswered, with Ctrl-C or Ctrl-D.
function abort(): never {
  process.stderr.write('aborted\n');
  process.exit(128 + SIGNALS.SIGINT);
}

// The message comes before the frames, and a line of it may look like a frame.
function framesOf({ stack = '', message }: Error): string {
  return stack
    .slice(stack.indexOf(message) + message.length)
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .map(printable)
    .join('\n');
}
