import { expandTilde, type Configuration, type Settings } from '../config/configuration.js';
import { EyamlError, type Place } from '../errors.js';
import type { RecipientOrigins } from '../recipients/source.js';
import { printable } from '../text/printable.js';

/** What is known of an option: whether it is a switch, and whether it may be given several times. */
export type KnownOptions = Readonly<
  Record<
    string,
    {
      readonly type: 'boolean' | 'option';
      readonly multiple?: boolean | undefined;
      /** The values that it may have, if not any. */
      readonly options?: readonly string[] | undefined;
      /** The least that it may be, for a whole number. */
      readonly min?: number | undefined;
      readonly max?: number | undefined;
    }
  >
>;

// What a command works on is said on the command line alone; a configuration file that sets it for every command is mistaken.
const COMMAND_LINE_ONLY = [
  'password',
  'string',
  'file',
  'eyaml',
  'stdin',
  'staged',
  'help',
  'version',
  'no_folder_config',
];

/**
 * The options that configuration files set for a command; dashes in a name are underscores there. What they may be set to is what the
 * options may be.
 *
 * @throws {@link EyamlError} `CONFIG_INVALID`.
 */
export function optionsFrom(
  settings: Settings,
  known: KnownOptions,
  homeFolder: string,
): Record<string, string | boolean | readonly string[]> {
  const options: Record<string, string | boolean | readonly string[]> = {};
  for (const [option, { type, multiple, options: choices, ...limits }] of Object.entries(known)) {
    const setting = settings.get(keyOf(option));
    if (setting === undefined || COMMAND_LINE_ONLY.includes(keyOf(option))) continue;
    const value =
      type === 'boolean' ? switchOf(setting.value) : multiple ? textsOf(setting.value) : textOf(setting.value);
    if (value === undefined) {
      throw new EyamlError(
        'CONFIG_INVALID',
        `${setting.file}: ${keyOf(option)} must be ${type === 'boolean' ? 'true or false' : 'text'}`,
      );
    }
    if (choices && typeof value === 'string' && !choices.includes(value)) {
      throw new EyamlError('CONFIG_INVALID', `${setting.file}: ${keyOf(option)} must be one of ${choices.join(', ')}`);
    }
    if (limits.min !== undefined && !(typeof value === 'string' && isWholeNumber(value, limits))) {
      throw new EyamlError('CONFIG_INVALID', `${setting.file}: ${keyOf(option)} must be ${wholeNumberText(limits)}`);
    }
    const expand = (text: string) => expandTilde(text, homeFolder);
    options[option] =
      typeof value === 'boolean' ? value : typeof value === 'string' ? expand(value) : value.map(expand);
  }
  return options;
}

/** Where an option was set, as a person would look for it: the option itself, or a configuration file's line. */
export function placeOf(option: string, given: object, settings: Settings): Place {
  const setting = settings.get(keyOf(option));
  const isGiven = Object.entries(given).some(([name, value]) => name === option && value !== undefined);
  return isGiven || setting === undefined ? { option: `--${option}` } : { file: setting.file, setting: keyOf(option) };
}

// What the command line says of one thing is stronger than all that configuration files say of it by other options.
const SAME_THING: Readonly<Record<string, readonly string[]>> = {
  'gpg-trust': ['gpg-always-trust'],
  'gpg-recipients-file': ['gpg-recipients'],
  'pkcs7-public-key': ['pkcs7-public-key-env-var', 'pkcs7-b64-public-key-env-var'],
  'pkcs7-private-key': ['pkcs7-private-key-env-var', 'pkcs7-b64-private-key-env-var'],
};

/** What configuration files set, but for what the command line overrules. */
export function withoutOverruled<T>(configured: Readonly<Record<string, T>>, given: object): Record<string, T> {
  const overruled = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : (SAME_THING[name] ?? []),
  );
  return Object.fromEntries(Object.entries(configured).filter(([name]) => !overruled.includes(name)));
}

/** Warnings about settings that no command knows. */
export function unknownSettings(settings: Settings, allOptions: readonly string[]): readonly string[] {
  const known = new Set(['plugins', ...allOptions.map(keyOf)]);
  return [...settings].flatMap(([name, { file }]) => {
    if (COMMAND_LINE_ONLY.includes(name)) return [`${file}: ${name} is for the command line only and is ignored`];
    return known.has(name) ? [] : [`${file}: there is no option ${name}`];
  });
}

// A cloned repository brings its own configuration; who works in it shall know what that decides.
const NAMED_WHEN_LOCAL =
  /^(?:disable_rule|include|exclude|expiry_days|gpg_(?:always_trust|trust|recipients|recipients_file|gnupghome|public_keys|private_key|private_key_env_var|passphrase_file|passphrase_env_var)|pkcs7_(?:b64_)?(?:private|public)_key(?:_env_var)?)$/;

/**
 * Notices about settings of the current folder's own configuration file that decide who can read what, each with its value, and
 * about those that are not obeyed.
 */
export function localNotices(
  { settings, refused }: Configuration,
  ownOptions: readonly string[],
  pluginOptions: readonly string[],
): readonly string[] {
  const own = new Set(ownOptions.map(keyOf));
  const ofPlugins = new Set(pluginOptions.map(keyOf));
  const isNamed = (name: string, value: unknown) =>
    NAMED_WHEN_LOCAL.test(name) ||
    ofPlugins.has(name) ||
    // GPG follows the recipients files, which are there to be reviewed; any other method does not.
    (name === 'encrypt_method' && !/^gpg$/i.test(String(value)));
  const valueOf = (name: string, value: unknown) => (own.has(name) ? shownValue(name, value) : '');
  const named = [...settings].filter(([name, { isFromFolder, value }]) => isFromFolder && isNamed(name, value));
  return [
    ...named.map(
      ([name, { file, value }]) => `${file}, which came with this folder, sets ${name}${valueOf(name, value)}`,
    ),
    ...refused.map(({ name, file, value }) =>
      name === 'plugins'
        ? `${file} names plugins, which are not loaded: only /etc/eyaml/config.yaml, ~/.eyaml/config.yaml and EYAML_PLUGINS may`
        : `${file}, which came with this folder, sets ${name}${name === 'gpg_gnupghome' ? valueOf(name, value) : ''}, which is ignored: only your own configuration may set it`,
    ),
  ];
}

/** Which configuration files have a say in who the recipients are, `given` being the options of the command line. */
export function recipientOrigins(settings: Settings, given: object, cwd: string): RecipientOrigins {
  const options = new Map<string, unknown>(Object.entries(given));
  const inEffect = [...settings].filter(([name]) => options.get(name.replaceAll('_', '-')) === undefined);
  const origins = new Map(inEffect.map(([name, { file }]) => [name, { file, setting: name }]));
  const folder = inEffect.find(([name, { isFromFolder }]) => isFromFolder && CHOOSES_READERS.test(name));
  return {
    recipients: origins.get('gpg_recipients'),
    recipientsFile: origins.get('gpg_recipients_file'),
    chosenIn: origins.has('gpg_recipients_file') && settings.get('gpg_recipients_file')?.isFromFolder ? cwd : undefined,
    folder: folder?.[1].file,
  };
}

const CHOOSES_READERS = /^gpg_(?:recipients|recipients_file|trust|always_trust|public_keys|gnupghome)$/;

/** Which file set what. The values are shown of options of our own alone, since a plugin's might be secret. */
export function traceOf(settings: Settings, ownOptions: readonly string[]): readonly string[] {
  const own = new Set(ownOptions.map(keyOf));
  return [...settings].map(([name, { value, file }]) => {
    const isShown = own.has(name) && !COMMAND_LINE_ONLY.includes(name);
    return `${file} sets ${name}${isShown ? shownValue(name, value) : ''}`;
  });
}

const LONGEST_SHOWN = 200;
// Lists, of which nothing may be hidden behind something long.
const SHOWN_WHOLE = ['gpg_recipients', 'include', 'exclude', 'disable_rule'];

// Nothing is shown that might be a key or a passphrase that somebody put where its file or its variable is to be named.
function shownValue(name: string, value: unknown): string {
  const text = typeof value === 'boolean' ? String(value) : textOf(value);
  const isSafe =
    text !== undefined &&
    !/[\r\n]|-----BEGIN/.test(text) &&
    (text.length <= LONGEST_SHOWN || SHOWN_WHOLE.includes(name));
  const mayBeSecret = /_env_var$|passphrase/.test(name) && typeof value !== 'boolean';
  return isSafe && !mayBeSecret ? `: ${printable(JSON.stringify(text))}` : '';
}

function keyOf(option: string): string {
  return option.replaceAll('-', '_');
}

function switchOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  // What the old tool's YAML 1.1 takes for a switch.
  if (/^(?:true|yes|on)$/i.test(value)) return true;
  return /^(?:false|no|off)$/i.test(value) ? false : undefined;
}

interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

// As the options are read.
function isWholeNumber(text: string, { min = -Infinity, max = Infinity }: Limits): boolean {
  return /^-?\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
}

/** What a whole number has to be. */
export function wholeNumberText({ min, max }: Limits): string {
  if (max !== undefined) return `a whole number from ${min ?? 0} to ${max}`;
  return `a whole number${min === undefined ? '' : `, ${min} or more`}`;
}

function textsOf(value: unknown): readonly string[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every((item) => typeof item === 'string') ? values : undefined;
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value.join(',') : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
