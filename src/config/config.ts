import path from 'node:path';
import { EyamlError, type Place } from '../errors.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { MEGABYTE } from '../openpgp/plaintext-limit.js';
import type { KeySource } from '../pkcs7/keys.js';
import type { TrustMode } from '../recipients/match.js';
import type { RecipientOrigins, RecipientsTree } from '../recipients/source.js';
import { placeText } from '../text/problems.js';
import { expandTilde, type Environment } from './configuration.js';
import { SETTINGS, type ValueOf } from './settings.js';

/** The options for encrypting and decrypting, each from the source with the highest precedence. */
export interface Config {
  /** The tag of the method for new values, in upper case; undefined if none was given. */
  readonly encryptMethod: string | undefined;
  /** Undefined for GNUPGHOME or GnuPG's own default. */
  readonly gnupgHome: string | undefined;
  /** Which keys of recipients are accepted; undefined for the default of the keystore. */
  readonly trust: TrustMode | undefined;
  readonly recipients: readonly string[] | undefined;
  readonly recipientsFile: string | undefined;
  /** Where these were set, if not on the command line. */
  readonly origins?: RecipientOrigins | undefined;
  /** Where to look for recipients files; by default in folders. */
  readonly tree?: RecipientsTree | undefined;
  readonly keyfiles: KeyfilesConfig;
  readonly pkcs7: Pkcs7Config;
  /** Who must have signed the recipients of a repository, whatever the repository says; undefined if the user names nobody. */
  readonly recipientsSigners: readonly Fingerprint[] | undefined;
  /** The names of the options that outrank the rules of folders. */
  readonly outranking: ReadonlySet<string>;
  /** The user's home folder. */
  readonly homeFolder: string;
  /** How many octets one value may hold. */
  readonly maxPlaintext: number;
  /** The folder that relative paths start from. */
  readonly cwd: string;
}

/** OpenPGP keys in plain files. */
export interface KeyfilesConfig {
  /** Files and folders. */
  readonly publicKeys: readonly string[];
  readonly privateKeys: readonly string[];
  /** The folder for the user's own keys, whether it exists or not. */
  readonly keyHome: string;
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

/** The options as they were given; undefined for those that were not. */
export interface GivenOptions {
  readonly 'encrypt-method'?: string | undefined;
  readonly 'gpg-gnupghome'?: string | undefined;
  readonly 'gpg-always-trust'?: boolean | undefined;
  readonly 'gpg-recipients'?: ValueOf<'gpg-recipients'> | undefined;
  readonly 'gpg-recipients-file'?: string | undefined;
  readonly 'gpg-trust'?: TrustMode | undefined;
  readonly 'gpg-public-keys'?: readonly string[] | undefined;
  readonly 'gpg-private-key'?: readonly string[] | undefined;
  readonly 'gpg-private-key-env-var'?: string | undefined;
  readonly 'gpg-passphrase-file'?: string | undefined;
  readonly 'gpg-passphrase-env-var'?: string | undefined;
  readonly 'recipients-signers'?: ValueOf<'recipients-signers'> | undefined;
  readonly 'max-plaintext-size'?: ValueOf<'max-plaintext-size'> | undefined;
  readonly 'pkcs7-private-key'?: string | undefined;
  readonly 'pkcs7-public-key'?: string | undefined;
  readonly 'pkcs7-private-key-env-var'?: string | undefined;
  readonly 'pkcs7-public-key-env-var'?: string | undefined;
  readonly 'pkcs7-b64-private-key-env-var'?: string | undefined;
  readonly 'pkcs7-b64-public-key-env-var'?: string | undefined;
}

/** Combines the options, those of configuration files included, with the environment. */
export function resolveConfig(
  options: GivenOptions,
  { environment, cwd, homeFolder }: Environment,
  homeFromFile: boolean,
  origins?: RecipientOrigins,
): Config {
  const at = (file: string) => pathFrom(cwd, expandTilde(file, homeFolder));
  const expand = (file: string | undefined) => (file ? at(file) : undefined);
  const named: Readonly<Record<string, Place | undefined>> = {
    'gpg-recipients': origins?.recipients,
    'gpg-recipients-file': origins?.recipientsFile,
  };
  for (const [option, value] of Object.entries(options)) {
    // An unset variable in a script must not silently mean the recipients of the nearest file, or the key at the default path.
    const isNobody = option === 'gpg-recipients' && Array.isArray(value) && value.length === 0;
    const isEmpty = value === '' || (Array.isArray(value) && value.includes(''));
    if ((isNobody || isEmpty) && DECISIVE.test(option))
      throw new EyamlError('USAGE', `${placeText(named[option] ?? { option: `--${option}` })} is empty`);
  }
  const fromEnvironment = environment.HIERA_EYAML_GPG_GNUPGHOME;
  if (fromEnvironment === '' && (homeFromFile || options['gpg-gnupghome'] === undefined)) {
    const message = 'the environment variable HIERA_EYAML_GPG_GNUPGHOME is empty: unset it, or name a GnuPG home';
    throw new EyamlError('GNUPG_HOME_INVALID', message);
  }
  // The command line takes precedence over the environment, the environment over configuration files.
  const gnupgHome = homeFromFile
    ? fromEnvironment || options['gpg-gnupghome']
    : options['gpg-gnupghome'] || fromEnvironment;
  return Object.freeze({
    encryptMethod: options['encrypt-method']?.toUpperCase(),
    gnupgHome: expand(gnupgHome),
    trust: trustOf(options),
    recipients: options['gpg-recipients'],
    recipientsFile: expand(options['gpg-recipients-file']),
    origins,
    outranking: new Set(Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]))),
    homeFolder,
    keyfiles: {
      publicKeys: (options['gpg-public-keys'] ?? []).map(at),
      privateKeys: (options['gpg-private-key'] ?? []).map(at),
      keyHome: path.join(homeFolder, KEY_HOME),
      privateKeyVariable: options['gpg-private-key-env-var'],
      passphraseFile: expand(options['gpg-passphrase-file']),
      passphraseVariable: options['gpg-passphrase-env-var'],
    },
    pkcs7: {
      publicKey: keySource('public', options, at),
      privateKey: keySource('private', options, at),
    },
    recipientsSigners: options['recipients-signers'],
    maxPlaintext: (options['max-plaintext-size'] ?? SETTINGS['max-plaintext-size'].default) * MEGABYTE,
    cwd,
  });
}

/** Where a person's own OpenPGP key files are, from their home folder. */
const KEY_HOME = '.eyaml/keys';

// A path is shown as it was given where that means the same.
function pathFrom(cwd: string, file: string): string {
  return cwd === process.cwd() ? file : path.resolve(cwd, file);
}

// Options that say who can read values and where keys are.
const DECISIVE = /^(?:gpg|pkcs7|encrypt)-/;

function trustOf({ 'gpg-always-trust': always, 'gpg-trust': trust }: GivenOptions): TrustMode | undefined {
  const mode = always ? 'always' : trust;
  const known = TRUST_MODES.find((candidate) => candidate === mode);
  if (mode !== undefined && known === undefined) {
    throw new EyamlError('USAGE', `unknown trust mode "${mode}": use wot, pinned or always`);
  }
  return known;
}

const TRUST_MODES: readonly TrustMode[] = ['wot', 'pinned', 'always'];

function keySource(kind: 'public' | 'private', options: GivenOptions, at: (file: string) => string): KeySource {
  const option = `pkcs7-${kind}-key` as const;
  const file = options[option];
  return {
    option,
    file: at(file ?? SETTINGS[option].default),
    isDefault: file === undefined,
    variable: options[`${option}-env-var`],
    base64Variable: options[`pkcs7-b64-${kind}-key-env-var`],
  };
}
