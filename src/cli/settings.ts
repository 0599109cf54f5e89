import path from 'node:path';
import { EyamlError, expandTilde, type Configuration, type Settings, type Surroundings } from '../index.js';

/** What is known of an option: whether it is a switch, and whether it may be given several times. */
export type KnownOptions = Readonly<
  Record<
    string,
    {
      readonly type: 'boolean' | 'option';
      readonly multiple?: boolean | undefined;
      /** The values that it may have, if not any. */
      readonly options?: readonly string[] | undefined;
    }
  >
>;

// What a command works on is said on the command line alone; a configuration file that sets it for every command is mistaken.
const COMMAND_LINE_ONLY = ['password', 'string', 'file', 'eyaml', 'stdin', 'help', 'version'];

/** The options that configuration files set for a command; dashes in a name are underscores there. */
export function optionsFrom(
  settings: Settings,
  known: KnownOptions,
  homeFolder: string,
): Record<string, string | boolean | readonly string[]> {
  const options: Record<string, string | boolean | readonly string[]> = {};
  for (const [option, { type, multiple, options: choices }] of Object.entries(known)) {
    const setting = settings.get(keyOf(option));
    if (setting === undefined || COMMAND_LINE_ONLY.includes(option)) continue;
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
    const expand = (text: string) => expandTilde(text, homeFolder);
    options[option] =
      typeof value === 'boolean' ? value : typeof value === 'string' ? expand(value) : value.map(expand);
  }
  return options;
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
  /^(?:disable_rule|include|exclude|gpg_(?:always_trust|trust|recipients|recipients_file|gnupghome|public_keys|private_key|private_key_env_var|passphrase_file|passphrase_env_var)|pkcs7_(?:b64_)?(?:private|public)_key(?:_env_var)?)$/;

/**
 * Notices about settings of the current folder's own configuration file that decide who can read what, and about those that are not
 * obeyed.
 */
export function localNotices(
  { settings, refused }: Configuration,
  { cwd, homeFolder }: Surroundings,
  pluginOptions: readonly string[],
): readonly string[] {
  const local = path.join(cwd, '.eyaml/config.yaml');
  const ofPlugins = new Set(pluginOptions.map(keyOf));
  const isNamed = (name: string, value: unknown) =>
    NAMED_WHEN_LOCAL.test(name) ||
    ofPlugins.has(name) ||
    // GPG follows the recipients files, which are there to be reviewed; any other method does not.
    (name === 'encrypt_method' && !/^gpg$/i.test(String(value)));
  const names = [...settings].flatMap(([name, { file, value }]) =>
    file === local && isNamed(name, value) ? [name] : [],
  );
  const isHome = local === path.join(homeFolder, '.eyaml/config.yaml');
  return [
    ...(names.length === 0 || isHome ? [] : [`${local}, which came with this folder, sets ${names.join(', ')}`]),
    ...refused.map(({ name, file }) =>
      name === 'plugins'
        ? `${file} names plugins, which are not loaded: only /etc/eyaml/config.yaml, ~/.eyaml/config.yaml and EYAML_PLUGINS may`
        : `${file}, which came with this folder, sets ${name}, which is not obeyed: that is for you to say`,
    ),
  ];
}

/**
 * Which file set what. The values are shown of options of our own alone, since a plugin's might be secret; and nothing that might be
 * a key or a passphrase that somebody put where its file or its variable is to be named.
 */
export function traceOf(settings: Settings, ownOptions: readonly string[]): readonly string[] {
  const own = new Set(ownOptions.map(keyOf));
  return [...settings].map(([name, { value, file }]) => {
    const isShown = own.has(name) && !COMMAND_LINE_ONLY.includes(name);
    const text = typeof value === 'boolean' ? String(value) : textOf(value);
    const isSafe = text !== undefined && text.length <= LONGEST_SHOWN && !/[\r\n]|-----BEGIN/.test(text);
    const mayBeSecret = /_env_var$|passphrase/.test(name) && typeof value !== 'boolean';
    return `${file} sets ${name}${isShown && isSafe && !mayBeSecret ? `: ${JSON.stringify(text)}` : ''}`;
  });
}

const LONGEST_SHOWN = 200;

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

function textsOf(value: unknown): readonly string[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every((item) => typeof item === 'string') ? values : undefined;
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value.join(',') : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
