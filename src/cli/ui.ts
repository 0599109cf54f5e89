import type { EyamlError } from '../errors.js';
import { printable } from '../text/printable.js';
import { detailLines } from '../text/problems.js';
import { clearBar } from './progress.js';

/**
 * What the user sees. The rules: only results go to stdout; messages, prompts and progress go to stderr; an error says what failed
 * and where, a hint says what to do.
 */
export interface Ui {
  /** A result, byte for byte. */
  readonly print: (result: string | Uint8Array) => Promise<void>;
  /** For every user; nothing with `--quiet`. */
  readonly notify: (message: string) => void;
  /** Shown even with `--quiet`: who else will read, or that a folder decided something. */
  readonly insist: (message: string) => void;
  /** Shown with `--verbose`. */
  readonly detail: (message: string) => void;
  /** Shown with `--trace`. */
  readonly trace: (message: string) => void;
}

/** How much to print. */
export interface Verbosity {
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly trace?: boolean | undefined;
}

export function createUi({ quiet, verbose, trace }: Verbosity): Ui {
  const say = (message: string) => void process.stderr.write(`${clearBar()}${printable(message)}\n`);
  return {
    print: (result) =>
      new Promise((resolve, reject) => {
        process.stdout.write(result, (error) => (error ? reject(error) : resolve()));
      }),
    notify: (message) => quiet || say(message),
    insist: say,
    detail: (message) => quiet || !(verbose || trace) || say(message),
    trace: (message) => quiet || !trace || say(message),
  };
}

/** An error as lines for a person: what failed, with the code that docs/errors.md explains, each problem with its place, then what to do. */
export function errorText(error: EyamlError): string {
  return [`error: ${error.message} [${error.code}]`, ...detailLines(error)].map(printable).join('\n');
}
