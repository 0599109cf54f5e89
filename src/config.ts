import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, errnoOf } from './errors.js';
import { readMapping } from './eyaml/document.js';

/** One setting from a configuration file. */
export interface Setting {
  readonly value: unknown;
  /** The file it comes from. */
  readonly file: string;
}

/** What all configuration files say together, by option name with underscores. */
export type Settings = ReadonlyMap<string, Setting>;

/** Where configuration files and relative paths are looked for. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly homeFolder: string;
}

/** The options that decide how values are encrypted and decrypted, each from its strongest source. */
export interface Config {
  /** The tag of the method for new values, upper case; undefined when nobody asked for one. */
  readonly encryptMethod: string | undefined;
  /** Undefined for GNUPGHOME or GnuPG's own default. */
  readonly gnupgHome: string | undefined;
  readonly alwaysTrust: boolean;
  readonly recipients: readonly string[] | undefined;
  readonly recipientsFile: string | undefined;
}

/** The options as they were given, undefined where they were not. */
export interface GivenOptions {
  readonly 'encrypt-method'?: string | undefined;
  readonly 'gpg-gnupghome'?: string | undefined;
  readonly 'gpg-always-trust'?: boolean | undefined;
  readonly 'gpg-recipients'?: string | undefined;
  readonly 'gpg-recipients-file'?: string | undefined;
}

/**
 * Reads the configuration files: `/etc/eyaml/config.yaml`, `~/.eyaml/config.yaml`, `.eyaml/config.yaml` in the current folder, and
 * the file that EYAML_CONFIG names; later ones win.
 *
 * @throws {@link EyamlError} `CONFIG_INVALID` for a file that cannot be read or is no YAML mapping.
 */
export async function readSettings({ environment, cwd, homeFolder }: Surroundings): Promise<Settings> {
  const named = environment.EYAML_CONFIG ? expandTilde(environment.EYAML_CONFIG, homeFolder) : undefined;
  const files = [
    '/etc/eyaml/config.yaml',
    path.join(homeFolder, '.eyaml/config.yaml'),
    path.join(cwd, '.eyaml/config.yaml'),
  ];
  const settings = new Map<string, Setting>();
  for (const file of [...files, ...(named ? [named] : [])]) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (file !== named && (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')) return undefined;
      throw new EyamlError(
        'CONFIG_INVALID',
        `cannot read the configuration file ${file} (${errnoOf(error) ?? 'unknown error'})`,
      );
    });
    if (text === undefined) continue;
    const mapping = await readMapping(text);
    if (mapping === undefined)
      throw new EyamlError('CONFIG_INVALID', `the configuration file ${file} is not a YAML mapping`);
    for (const [name, value] of mapping) settings.set(name, { value, file });
  }
  return settings;
}

/** Puts together what the options and the environment say; options include what configuration files set. */
export function resolveConfig(
  options: GivenOptions,
  { environment, homeFolder }: Surroundings,
  homeFromFile: boolean,
): Config {
  const expand = (file: string | undefined) => (file ? expandTilde(file, homeFolder) : undefined);
  for (const option of ['gpg-recipients', 'gpg-recipients-file'] as const) {
    // An unset variable in a script must not quietly mean the people of the nearest file.
    if (options[option] === '') throw new EyamlError('USAGE', `--${option} is empty`);
  }
  const fromEnvironment = environment.HIERA_EYAML_GPG_GNUPGHOME;
  // An option on the command line is stronger than the environment, a configuration file weaker.
  const gnupgHome = homeFromFile
    ? fromEnvironment || options['gpg-gnupghome']
    : options['gpg-gnupghome'] || fromEnvironment;
  const recipients = options['gpg-recipients']
    ?.split(',')
    .map((spec) => spec.trim())
    .filter(Boolean);
  return Object.freeze({
    encryptMethod: options['encrypt-method']?.toUpperCase(),
    gnupgHome: expand(gnupgHome),
    alwaysTrust: options['gpg-always-trust'] ?? false,
    recipients: options['gpg-recipients'] ? recipients : undefined,
    recipientsFile: expand(options['gpg-recipients-file']),
  });
}

/** The path with a leading `~` replaced by the home folder. */
export function expandTilde(file: string, homeFolder: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homeFolder, file.slice(1)) : file;
}
