import { expandTilde, settingRefused, type Settings } from '../config/configuration.js';
import type { Refused } from '../config/kinds.js';
import { COMMAND_LINE_ONLY, keyOf, kindOf, optionOf } from '../config/settings.js';
import type { RecipientOrigins } from '../recipients/source.js';

/** An option: whether it is a switch, and whether it may be given several times. */
export type KnownOptions = Readonly<
  Record<
    string,
    {
      readonly type: 'boolean' | 'option';
      readonly multiple?: boolean | undefined;
      /** The allowed values, if they are limited. */
      readonly options?: readonly string[] | undefined;
    }
  >
>;

/**
 * The options that configuration files set for a command; dashes in a name are underscores there. They accept the same values
 * as the options.
 *
 * @throws {@link EyamlError} `CONFIG_INVALID`.
 */
export function optionsFrom(settings: Settings, known: KnownOptions, homeFolder: string): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [option, flag] of Object.entries(known)) {
    const setting = settings.get(keyOf(option));
    if (setting === undefined || COMMAND_LINE_ONLY.has(option)) continue;
    const read = valueIn(setting.value, option, flag, homeFolder);
    if ('fault' in read) throw settingRefused(keyOf(option), setting, read.fault, read.suggestions);
    options[option] = read.value;
  }
  return options;
}

function valueIn(
  value: unknown,
  option: string,
  { type, multiple, options: choices }: KnownOptions[string],
  homeFolder: string,
): { readonly value: unknown } | Refused {
  if (type === 'boolean') {
    const isOn = switchOf(value);
    return isOn === undefined ? { fault: ' must be true or false' } : { value: isOn };
  }
  const expand = (text: string) => expandTilde(text, homeFolder);
  if (multiple) {
    const texts = textsOf(value);
    return texts === undefined ? NO_TEXT : { value: texts.map(expand) };
  }
  const text = textOf(value);
  if (text === undefined) return NO_TEXT;
  if (choices && !choices.includes(text)) return { fault: ` must be one of ${choices.join(', ')}` };
  return kindOf(option).read(expand(text));
}

const NO_TEXT = { fault: ' must be text' };

// An option on the command line also overrules related options in configuration files.
const SAME_THING: Readonly<Record<string, readonly string[]>> = {
  'gpg-trust': ['gpg-always-trust'],
  'gpg-recipients-file': ['gpg-recipients'],
  'pkcs7-public-key': ['pkcs7-public-key-env-var', 'pkcs7-b64-public-key-env-var'],
  'pkcs7-private-key': ['pkcs7-private-key-env-var', 'pkcs7-b64-private-key-env-var'],
};

/** The settings of configuration files that no option on the command line overrules. */
export function withoutOverruled<T>(configured: Readonly<Record<string, T>>, given: object): Record<string, T> {
  const overruled = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : (SAME_THING[name] ?? []),
  );
  return Object.fromEntries(Object.entries(configured).filter(([name]) => !overruled.includes(name)));
}

/** Which configuration files influence who the recipients are; `given` are the options of the command line. */
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

/** The options that outrank the rules of folders: those of the command line, and those in the file that EYAML_CONFIG names. */
export function outrankingRules(settings: Settings, given: object): ReadonlySet<string> {
  const typed = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const named = [...settings].flatMap(([name, { isNamed }]) => (isNamed ? [optionOf(name)] : []));
  return new Set([...typed, ...named]);
}

const CHOOSES_READERS = /^gpg_(?:recipients|recipients_file|trust|always_trust|public_keys|gnupghome)$/;

function switchOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  // Booleans in YAML 1.1, which the old tool uses.
  if (/^(?:true|yes|on)$/i.test(value)) return true;
  return /^(?:false|no|off)$/i.test(value) ? false : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every((item) => typeof item === 'string') ? values : undefined;
}

/** A setting of any type as the text that it would be on the command line; undefined if it has none. */
export function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value.join(',') : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
