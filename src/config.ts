import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, errnoOf } from './errors.js';
import { readMapping } from './eyaml/document.js';
import type { KeySource } from './pkcs7/keys.js';
import type { TrustMode } from './recipients/match.js';

/** One setting from a configuration file. */
export interface Setting {
  readonly value: unknown;
  /** The file it comes from. */
  readonly file: string;
}

/** What all configuration files say together, by option name with underscores. */
export type Settings = ReadonlyMap<string, Setting>;

/** What was found in the configuration files. */
export interface Configuration {
  readonly settings: Settings;
  /** The files that were read, the strongest last. */
  readonly files: readonly string[];
  /** Paths of plugins to load: from EYAML_PLUGINS, else from the system's or the home folder's configuration file. */
  readonly plugins: readonly string[];
  /** Settings that a file may not make, and which were not obeyed. */
  readonly refused: readonly { readonly name: string; readonly file: string }[];
}

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
  /** What makes a recipient's key acceptable; undefined for what fits the place where keys are. */
  readonly trust: TrustMode | undefined;
  readonly recipients: readonly string[] | undefined;
  readonly recipientsFile: string | undefined;
  readonly keyfiles: KeyfilesConfig;
  readonly pkcs7: Pkcs7Config;
}

/** OpenPGP keys in plain files. */
export interface KeyfilesConfig {
  /** Files and folders. */
  readonly publicKeys: readonly string[];
  readonly privateKeys: readonly string[];
  /** The name of an environment variable that holds a private key. */
  readonly privateKeyVariable: string | undefined;
  readonly passphraseFile: string | undefined;
  /** The name of an environment variable that holds the passphrase. */
  readonly passphraseVariable: string | undefined;
}

/** Where the PKCS7 key pair is. */
export interface Pkcs7Config {
  readonly publicKey: KeySource;
  readonly privateKey: KeySource;
}

/** The options as they were given, undefined where they were not. */
export interface GivenOptions {
  readonly 'encrypt-method'?: string | undefined;
  readonly 'gpg-gnupghome'?: string | undefined;
  readonly 'gpg-always-trust'?: boolean | undefined;
  readonly 'gpg-recipients'?: string | undefined;
  readonly 'gpg-recipients-file'?: string | undefined;
  readonly 'gpg-trust'?: string | undefined;
  readonly 'gpg-public-keys'?: readonly string[] | undefined;
  readonly 'gpg-private-key'?: readonly string[] | undefined;
  readonly 'gpg-private-key-env-var'?: string | undefined;
  readonly 'gpg-passphrase-file'?: string | undefined;
  readonly 'gpg-passphrase-env-var'?: string | undefined;
  readonly 'pkcs7-private-key'?: string | undefined;
  readonly 'pkcs7-public-key'?: string | undefined;
  readonly 'pkcs7-private-key-env-var'?: string | undefined;
  readonly 'pkcs7-public-key-env-var'?: string | undefined;
  readonly 'pkcs7-b64-private-key-env-var'?: string | undefined;
  readonly 'pkcs7-b64-public-key-env-var'?: string | undefined;
}

/**
 * Reads the configuration files: `/etc/eyaml/config.yaml`, `~/.eyaml/config.yaml`, `.eyaml/config.yaml` in the current folder, and
 * the file that EYAML_CONFIG names; later ones win.
 *
 * @throws {@link EyamlError} `CONFIG_INVALID` for a file that cannot be read or is no YAML mapping.
 */
export async function readConfiguration({ environment, cwd, homeFolder }: Surroundings): Promise<Configuration> {
  const named = environment.EYAML_CONFIG
    ? path.resolve(cwd, expandTilde(environment.EYAML_CONFIG, homeFolder))
    : undefined;
  // Were the home folder a relative path, a cloned repository could be taken for it.
  const trusted = [SYSTEM_FILE, ...(path.isAbsolute(homeFolder) ? [path.join(homeFolder, LOCAL_FILE)] : [])];
  const settings = new Map<string, Setting>();
  const files: string[] = [];
  const refused: { name: string; file: string }[] = [];
  // The home folder may be reached by a link; the current folder is told without links.
  const isAtHome = cwd === (await realpath(homeFolder).catch(() => homeFolder));
  const local = isAtHome ? [] : [path.join(cwd, LOCAL_FILE)];
  const unnamed = [...trusted, ...local].filter((file) => file !== named);
  for (const file of [...unnamed, ...(named ? [named] : [])]) {
    const mapping = await readConfigurationFile(file, file === named);
    if (mapping === undefined) continue;
    files.push(file);
    for (const [name, value] of mapping) {
      const isRefused =
        name === 'plugins' ? !trusted.includes(file) : local.includes(file) && NOT_FOR_FOLDERS.has(name);
      if (isRefused) refused.push({ name, file });
      else settings.set(name, { value, file });
    }
  }
  const fromEnvironment = (environment.EYAML_PLUGINS ?? '').split(path.delimiter).filter(Boolean);
  const plugins = fromEnvironment.map((file) => path.resolve(cwd, expandTilde(file, homeFolder)));
  return {
    settings,
    files,
    plugins: plugins.length > 0 ? plugins : pluginsOf(settings.get('plugins'), homeFolder),
    refused,
  };
}

const SYSTEM_FILE = '/etc/eyaml/config.yaml';
const LOCAL_FILE = '.eyaml/config.yaml';
// With these a cloned repository could do things unseen and unasked, or keep them from being done.
const NOT_FOR_FOLDERS: ReadonlySet<string> = new Set([
  'quiet',
  'yes',
  'all',
  'dry_run',
  'change_encryption',
  'no_passphrase',
]);

async function readConfigurationFile(file: string, mustExist: boolean) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (!mustExist && (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')) return undefined;
    throw new EyamlError(
      'CONFIG_INVALID',
      `cannot read the configuration file ${file} (${errnoOf(error) ?? 'unknown error'})`,
    );
  });
  if (text === undefined) return undefined;
  const mapping = await readMapping(text);
  if (mapping) return mapping;
  throw new EyamlError('CONFIG_INVALID', `the configuration file ${file} is not a YAML mapping`);
}

function pluginsOf(setting: Setting | undefined, homeFolder: string): readonly string[] {
  if (setting === undefined || setting.value === null) return [];
  const paths: readonly unknown[] = Array.isArray(setting.value) ? setting.value : [setting.value];
  return paths.map((file) => {
    if (typeof file === 'string') return path.resolve(path.dirname(setting.file), expandTilde(file, homeFolder));
    throw new EyamlError('CONFIG_INVALID', `${setting.file}: plugins must be a list of paths`);
  });
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
    trust: trustOf(options),
    recipients: options['gpg-recipients'] ? recipients : undefined,
    recipientsFile: expand(options['gpg-recipients-file']),
    keyfiles: {
      publicKeys: (options['gpg-public-keys'] ?? []).map((file) => expandTilde(file, homeFolder)),
      privateKeys: (options['gpg-private-key'] ?? []).map((file) => expandTilde(file, homeFolder)),
      privateKeyVariable: options['gpg-private-key-env-var'],
      passphraseFile: expand(options['gpg-passphrase-file']),
      passphraseVariable: options['gpg-passphrase-env-var'],
    },
    pkcs7: {
      publicKey: keySource('public', options, homeFolder),
      privateKey: keySource('private', options, homeFolder),
    },
  });
}

function trustOf({ 'gpg-always-trust': always, 'gpg-trust': trust }: GivenOptions): TrustMode | undefined {
  const mode = always ? 'always' : trust;
  const known = TRUST_MODES.find((candidate) => candidate === mode);
  if (mode !== undefined && known === undefined) {
    throw new EyamlError('USAGE', `there is no trust mode "${mode}": it is ${TRUST_MODES.join(', ')}`);
  }
  return known;
}

const TRUST_MODES: readonly TrustMode[] = ['wot', 'pinned', 'always'];

function keySource(kind: 'public' | 'private', options: GivenOptions, homeFolder: string): KeySource {
  const option = `pkcs7-${kind}-key` as const;
  const file = options[option];
  return {
    option,
    file: expandTilde(file ?? `./keys/${kind}_key.pkcs7.pem`, homeFolder),
    isDefault: file === undefined,
    variable: options[`${option}-env-var`],
    base64Variable: options[`pkcs7-b64-${kind}-key-env-var`],
  };
}

/** The path with a leading `~` replaced by the home folder. */
export function expandTilde(file: string, homeFolder: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homeFolder, file.slice(1)) : file;
}
