import type { Configuration, Settings } from '../config/configuration.js';
import { COMMAND_LINE_ONLY, keyOf, optionOf, TOLD_OF_FOLDERS } from '../config/settings.js';
import { printable } from '../text/printable.js';
import { textOf } from './settings.js';

/** Warnings about settings that no command knows. */
export function unknownSettings(settings: Settings, allOptions: readonly string[]): readonly string[] {
  const known = new Set(['plugins', ...allOptions.map(keyOf)]);
  return [...settings].flatMap(([name, { file }]) => {
    if (name === 'rules') return isOfFolder(file) ? [] : [`${file}: rules count only in a folder's .eyaml/config.yaml`];
    if (COMMAND_LINE_ONLY.has(optionOf(name))) return [`${file}: ${name} is for the command line only and is ignored`];
    return known.has(name) ? [] : [`${file}: unknown option ${name}`];
  });
}

function isOfFolder(file: string): boolean {
  return file.endsWith('.eyaml/config.yaml');
}

/**
 * Notices about settings of the current folder's own configuration file that decide who can read what, with their values, and
 * about settings that are ignored.
 */
export function localNotices(
  { settings, refused }: Configuration,
  ownOptions: readonly string[],
  pluginOptions: readonly string[],
): readonly string[] {
  const own = new Set(ownOptions.map(keyOf));
  const ofPlugins = new Set(pluginOptions.map(keyOf));
  const isNamed = (name: string, value: unknown) =>
    TOLD_OF_FOLDERS.has(optionOf(name)) ||
    ofPlugins.has(name) ||
    // GPG follows the recipients files, which people review; other methods do not.
    (name === 'encrypt_method' && !/^gpg$/i.test(String(value)));
  const valueOf = (name: string, value: unknown) => (own.has(name) ? shownValue(name, value) : '');
  const named = [...settings].filter(([name, { isFromFolder, value }]) => isFromFolder && isNamed(name, value));
  return [
    ...named.map(
      ([name, { file, value }]) => `${file}, which came with this folder, sets ${name}${valueOf(name, value)}`,
    ),
    ...refused.map(({ name, file, value }) =>
      name === 'plugins'
        ? `${file} names plugins, which are not loaded: only /etc/eyaml/config.yaml, ~/.eyaml/config.yaml and EYAML_PLUGINS may name them`
        : `${file}, which came with this folder, sets ${name}${name === 'gpg_gnupghome' ? valueOf(name, value) : ''}, which is ignored: only your own configuration may set it`,
    ),
  ];
}

/** Which file set what. Values are shown only for our own options, since a plugin's might be secret. */
export function traceOf(settings: Settings, ownOptions: readonly string[]): readonly string[] {
  const own = new Set(ownOptions.map(keyOf));
  return [...settings].map(([name, { value, file }]) => {
    const isShown = own.has(name) && !COMMAND_LINE_ONLY.has(optionOf(name));
    return `${file} sets ${name}${isShown ? shownValue(name, value) : ''}`;
  });
}

const LONGEST_SHOWN = 200;
// Lists are shown in full: a long entry must not hide others.
const SHOWN_WHOLE = ['gpg_recipients', 'include', 'exclude', 'disable_rule'];

// Values are not shown if they might be a key or passphrase that was given instead of the name of its file or variable.
function shownValue(name: string, value: unknown): string {
  const text = typeof value === 'boolean' ? String(value) : textOf(value);
  const isSafe =
    text !== undefined &&
    !/[\r\n]|-----BEGIN/.test(text) &&
    (text.length <= LONGEST_SHOWN || SHOWN_WHOLE.includes(name));
  const mayBeSecret = /_env_var$|passphrase/.test(name) && typeof value !== 'boolean';
  return isSafe && !mayBeSecret ? `: ${printable(JSON.stringify(text))}` : '';
}
