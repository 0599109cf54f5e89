import path from 'node:path';
import { EyamlError, expandTilde, type Settings } from '../index.js';

/** What is known of an option: whether it is a switch. */
export type KnownOptions = Readonly<Record<string, { readonly type: 'boolean' | 'option' }>>;

// Options of the old tool for values that this version leaves as they are. Configuration files of today set them.
const PKCS7_SETTINGS = [
  ...['private_key', 'public_key', 'private_key_env_var', 'public_key_env_var', 'b64_private_key_env_var'],
  ...['b64_public_key_env_var', 'keysize', 'subject', 'digest'],
].map((name) => `pkcs7_${name}`);

// What a command works on is said on the command line alone; a configuration file that sets it for every command is mistaken.
const COMMAND_LINE_ONLY = ['password', 'string', 'file', 'eyaml', 'stdin', 'help', 'version'];

/** The options that configuration files set for a command; dashes in a name are underscores there. */
export function optionsFrom(
  settings: Settings,
  known: KnownOptions,
  homeFolder: string,
): Record<string, string | boolean> {
  const options: Record<string, string | boolean> = {};
  for (const [option, { type }] of Object.entries(known)) {
    const setting = settings.get(option.replaceAll('-', '_'));
    if (setting === undefined || COMMAND_LINE_ONLY.includes(option)) continue;
    const value = type === 'boolean' ? switchOf(setting.value) : textOf(setting.value);
    if (value === undefined) {
      throw new EyamlError(
        'CONFIG_INVALID',
        `${setting.file}: ${option.replaceAll('-', '_')} must be ${type === 'boolean' ? 'true or false' : 'text'}`,
      );
    }
    options[option] = typeof value === 'string' ? expandTilde(value, homeFolder) : value;
  }
  return options;
}

/** Warnings about settings that no command knows. */
export function unknownSettings(settings: Settings, allOptions: readonly string[]): readonly string[] {
  const known = new Set([...allOptions.map((option) => option.replaceAll('-', '_')), ...PKCS7_SETTINGS]);
  return [...settings].flatMap(([name, { file }]) => {
    if (COMMAND_LINE_ONLY.includes(name)) return [`${file}: ${name} is for the command line only and is ignored`];
    return known.has(name) ? [] : [`${file}: there is no option ${name}`];
  });
}

// A cloned repository brings its own configuration; who works in it shall know what that decides.
const DECIDES_WHO_READS = ['gpg_always_trust', 'gpg_recipients', 'gpg_recipients_file', 'gpg_gnupghome'];

/** Notices about settings of the current folder's own configuration file that decide who can read what. */
export function localNotices(settings: Settings, cwd: string): readonly string[] {
  const local = path.join(cwd, '.eyaml/config.yaml');
  const names = DECIDES_WHO_READS.filter((name) => settings.get(name)?.file === local);
  return names.length === 0 ? [] : [`${local}, which came with this folder, sets ${names.join(', ')}`];
}

function switchOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  // What the old tool's YAML 1.1 takes for a switch.
  if (/^(?:true|yes|on)$/i.test(value)) return true;
  return /^(?:false|no|off)$/i.test(value) ? false : undefined;
}

function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value.join(',') : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
