import { EyamlError } from '../errors.js';
import { askPassword, findSource } from './input.js';

/** The options that say where `set` takes the value from; at most one of them is given. */
export interface ValueOptions {
  readonly value?: string | undefined;
  readonly file?: string | undefined;
  readonly stdin?: boolean | undefined;
  readonly confirm?: boolean | undefined;
}

/**
 * Finds where a new value comes from. A person is asked, and standard input read, only when the result is called.
 *
 * @param name - the key, for the question.
 * @throws `EyamlError` `USAGE` if no option is given and there is no terminal.
 */
export async function valueSource(options: ValueOptions, name: string): Promise<() => Promise<Buffer>> {
  const { value, file, stdin } = options;
  if (value === undefined && file === undefined && stdin !== true) {
    if (process.stdin.isTTY) return () => askPassword(options.confirm ?? false, `New value of ${name}:`);
    throw new EyamlError('USAGE', 'no value: there is no terminal to ask for it', {
      suggestions: ['--stdin reads it from standard input, --file from a file'],
    });
  }
  return (await findSource({ string: value, file, stdin })).octets;
}
