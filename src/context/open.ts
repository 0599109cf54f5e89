import { resolveConfig, type GivenOptions } from '../config/config.js';
import type { Messages } from '../encryptors/encryptor.js';
import { createContext, type Context, type ContextOptions } from './context.js';

/** How a program opens a {@link Context}. */
export interface OpenOptions extends Partial<
  Pick<ContextOptions, 'others' | 'askPassphrase' | 'askPemPassphrase' | 'memory'>
> {
  /** The program's environment: PATH, GNUPGHOME and the variables that options name. */
  readonly environment: NodeJS.ProcessEnv;
  /** The folder that relative paths in `options` start from. */
  readonly cwd: string;
  /** The user's home folder, for a leading `~`. */
  readonly homeFolder: string;
  /** The options of the command line by their names, `'gpg-recipients'` for instance. Configuration files are not read. */
  readonly options?: GivenOptions;
  /** Receives warnings and notices; without it they are dropped. */
  readonly messages?: Messages;
}

/**
 * Opens all that the other functions work with: keys, encryptors, and the rules by which they are chosen.
 *
 * @returns a context; close it at the end, else connections keep the process alive.
 * @throws {@link EyamlError} `USAGE` for an option with an invalid value, `GNUPG_HOME_INVALID`.
 */
export function openContext({ environment, cwd, homeFolder, options = {}, messages, ...rest }: OpenOptions): Context {
  const silent = () => undefined;
  const config = resolveConfig(options, { environment, cwd, homeFolder }, options['gpg-gnupghome'] === undefined);
  return createContext(config, {
    environment,
    messages: messages ?? { insist: silent, warn: silent, detail: silent },
    ...rest,
  });
}
