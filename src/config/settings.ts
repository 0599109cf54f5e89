import { DIGEST, DURATION, FINGERPRINTS, LIST, RULE_LIST, TEXT, wholeNumber, type Kind } from './kinds.js';

/**
 * The settings that are not just any text, or have a default: their types, the same on the command line and in files. The choices of a
 * setting with a fixed list are in its option.
 */
export const SETTINGS = {
  // The text of more than 256 MB would not fit into a JavaScript string.
  'max-plaintext-size': { kind: wholeNumber({ min: 1, max: 256, of: 'megabytes' }), default: 64 },
  'gpg-recipients': { kind: LIST, default: undefined },
  'gpg-public-key': { kind: TEXT, default: undefined },
  'gpg-key-type': { kind: TEXT, default: 'cv25519' },
  expires: { kind: DURATION, default: 'never' },
  'pkcs7-private-key': { kind: TEXT, default: './keys/private_key.pkcs7.pem' },
  'pkcs7-public-key': { kind: TEXT, default: './keys/public_key.pkcs7.pem' },
  'pkcs7-keysize': { kind: wholeNumber({ min: 2048, max: 4096, of: 'bits' }), default: 2048 },
  'pkcs7-subject': { kind: TEXT, default: '/' },
  'pkcs7-digest': { kind: DIGEST, default: 'SHA256' },
  output: { kind: TEXT, default: 'examples' },
  format: { kind: TEXT, default: 'text' },
  'expiry-days': { kind: wholeNumber({ min: 0 }), default: 30 },
  'disable-rule': { kind: RULE_LIST, default: [] },
  'recipients-signers': { kind: FINGERPRINTS, default: undefined },
  signer: { kind: FINGERPRINTS, default: undefined },
  signers: { kind: FINGERPRINTS, default: undefined },
  threshold: { kind: wholeNumber({ min: 1, max: 1000 }), default: undefined },
} as const satisfies Readonly<Record<string, { readonly kind: Kind<unknown>; readonly default: unknown }>>;

export type SettingName = keyof typeof SETTINGS;

/** What a setting holds. */
export type ValueOf<N extends SettingName> = (typeof SETTINGS)[N]['kind'] extends Kind<infer T> ? T : never;

/** How the text of any setting is read. */
export function kindOf(name: string): Kind<unknown> {
  return Object.hasOwn(SETTINGS, name) ? SETTINGS[name as SettingName].kind : TEXT;
}

/** Settings of configuration files that are not options of any command. */
export const FILE_ONLY: readonly SettingName[] = ['recipients-signers'];

/** The input of a command is given only on the command line; setting it in a configuration file is a mistake. */
export const COMMAND_LINE_ONLY: ReadonlySet<string> = new Set([
  ...['password', 'string', 'file', 'eyaml', 'stdin', 'staged', 'value', 'for', 'onto', 'json'],
  ...['help', 'version', 'no-folder-config', 'to', 'new', 'tree', 'local', 'global', 'show', 'no-decrypt', 'since'],
  ...['accept-recipients', 'against', 'signer', 'signers', 'threshold'],
  ...['rev', 'list-readers', 'no-states', 'age', 'older-than'],
]);

/**
 * What the current folder's own file may not set: with these settings a cloned repository could act without the user's knowledge, or
 * prevent what the user wants.
 */
export const NOT_FOR_FOLDERS: ReadonlySet<string> = new Set([
  ...['quiet', 'yes', 'all', 'dry-run', 'change-encryption', 'recrypt'],
  ...['no-passphrase', 'all-keys', 'recipient', 'into-gnupg', 'here', 'gpg-public-key'],
  ...['no-folder-config', 'max-plaintext-size', 'keep-unreadable', 'recipients-signers'],
]);

/** Settings that are reported when that file sets them: the user of a cloned repository must see what it decides. */
export const TOLD_OF_FOLDERS: ReadonlySet<string> = new Set([
  ...['disable-rule', 'include', 'exclude', 'expiry-days'],
  ...['gpg-always-trust', 'gpg-trust', 'gpg-recipients', 'gpg-recipients-file', 'gpg-gnupghome', 'gpg-public-keys'],
  ...['gpg-private-key', 'gpg-private-key-env-var', 'gpg-passphrase-file', 'gpg-passphrase-env-var'],
  ...['pkcs7-private-key', 'pkcs7-private-key-env-var', 'pkcs7-b64-private-key-env-var'],
  ...['pkcs7-public-key', 'pkcs7-public-key-env-var', 'pkcs7-b64-public-key-env-var'],
]);

/** The setting of an option's name in a file, with underscores. */
export function keyOf(option: string): string {
  return option.replaceAll('-', '_');
}

/** The option of a setting's name. A file writes names with underscores alone. */
export function optionOf(key: string): string {
  return key.includes('-') ? '' : key.replaceAll('_', '-');
}
