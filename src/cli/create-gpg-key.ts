import type { GivenOptions } from '../config/config.js';
import { SETTINGS, type ValueOf } from '../config/settings.js';
import { EyamlError } from '../errors.js';
import { isGpgThere } from '../keys/gnupg/gpg.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import {
  createGpgKeys,
  putIntoGnupg,
  requireGnupg,
  type CreatedGpgKeys,
  type GpgKeysPlace,
} from '../verbs/createkeys.js';
import type { KeyFilesHost } from '../verbs/key-files.js';
import type { Started } from './begin.js';
import { homeFolder } from './environment.js';
import { insideGitWarning } from './inside-git.js';
import { newPassphrase } from './passphrase.js';
import { askKeyPlace, askUserId, hasTerminal } from './questions.js';

/** The options of a new OpenPGP key. */
export interface NewKeyOptions extends GivenOptions {
  readonly 'gpg-public-key'?: string | undefined;
  readonly 'gpg-user-id'?: string | undefined;
  readonly 'gpg-key-type'?: 'cv25519' | 'rsa2048' | 'rsa3072' | 'rsa4096' | undefined;
  readonly 'no-passphrase'?: boolean | undefined;
  readonly 'into-gnupg'?: boolean | undefined;
  readonly here?: boolean | undefined;
  readonly expires?: ValueOf<'expires'> | undefined;
}

/** A new key, and where it is. */
export interface NewKey extends CreatedGpgKeys {
  readonly isInGnupg: boolean;
  readonly isInKeyHome: boolean;
}

const HERE = { privateFile: './keys/private_key.gpg.asc', publicFile: './keys/public_key.gpg.asc' };

/**
 * Creates an OpenPGP key where the options say; else, where GnuPG is there and a person to ask, where they choose; else in the key home.
 *
 * @param announce - is told the key's line for a recipients file as soon as the key is somewhere.
 * @throws {@link EyamlError} `USAGE`, `ABORTED`, `FILE_UNWRITABLE`, `GPG_NOT_FOUND`, `GPG_FAILED`.
 */
export async function createGpgKey(
  { options, config, ui }: Pick<Started<NewKeyOptions>, 'options' | 'config' | 'ui'>,
  host: KeyFilesHost,
  announce: (line: string) => unknown,
): Promise<NewKey> {
  const userId = options['gpg-user-id']?.trim() ?? (hasTerminal() ? await askUserId() : missingUserId());
  const { privateKeys, keyHome } = config.keyfiles;
  const here = options.here ? HERE : undefined;
  const named = {
    privateFile: here?.privateFile ?? privateKeys[0],
    publicFile: options['gpg-public-key'] ?? here?.publicFile,
  };
  const isNamed = named.privateFile !== undefined || named.publicFile !== undefined;
  const isInGnupg = options['into-gnupg'] ?? (!isNamed && (await wantsGnupg()));
  if (isInGnupg) requireGnupg(process.env);
  const place: GpgKeysPlace | undefined = isInGnupg && !isNamed ? undefined : { ...named, keyHome };
  const expires = options.expires ?? SETTINGS.expires.default;
  const properties = {
    userId,
    type: options['gpg-key-type'] ?? SETTINGS['gpg-key-type'].default,
    expiresSeconds: expires === 'never' ? undefined : expires,
  };
  const warn = (message: string) => ui.notify(`warning: ${message}`);
  const passphrase = () => (options['no-passphrase'] ? Promise.resolve(undefined) : newPassphrase(config, warn));
  const tell = { ...host, notify: (text: string) => host.notify(withTilde(text)) };
  const keys = await createGpgKeys(properties, place, tell, passphrase);
  const tellCreated = async () => {
    ui.notify('Keys created OK');
    const warning = keys.files && (await insideGitWarning(keys.files.privateKey));
    if (warning !== undefined) warn(withTilde(warning));
    await announce(`${keys.fingerprint} # ${userId}`);
  };
  if (keys.files) await tellCreated();
  if (isInGnupg) await putIntoGnupg(keys, config, process.env);
  if (!keys.files) await tellCreated();
  return { ...keys, isInGnupg, isInKeyHome: place !== undefined && named.privateFile === undefined };
}

async function wantsGnupg(): Promise<boolean> {
  return isGpgThere(process.env) && hasTerminal() && (await askKeyPlace()) === 'gnupg';
}

function missingUserId(): never {
  throw new EyamlError('USAGE', 'missing --gpg-user-id', {
    suggestions: ['for a person: --gpg-user-id "Ann <ann@example.com>"; for a server, its name'],
  });
}

/** Where a new key is and what to do with it, line by line. */
export function nextSteps({ files, fingerprint, isInGnupg, isInKeyHome }: NewKey): readonly string[] {
  const [privateKey, publicKey] = [files?.privateKey ?? '', files?.publicKey ?? ''].map(withTilde);
  if (files === undefined) {
    return [
      'The key is in your GnuPG. Next steps:',
      ...SET_UP,
      `  give the output of gpg --export --armor ${fingerprint} to everyone who encrypts;`,
      ...sign(fingerprint),
    ];
  }
  return [
    isInKeyHome ? 'The key is in ~/.eyaml/keys, where eyaml finds it. Next steps:' : 'Next steps:',
    ...(isInKeyHome ? SET_UP : []),
    `  give ${publicKey} to everyone who encrypts: in .eyaml/public-keys/ of the repository, or with gpg --import;`,
    ...sign(fingerprint),
    `  keep ${privateKey} secret and never commit it${isInKeyHome ? '' : `; to use it: --gpg-private-key ${privateKey}`}`,
    ...(isInGnupg
      ? [`    the key is in GnuPG too; ${privateKey} is a copy of it`]
      : [`    or with GnuPG: gpg --import ${privateKey} && echo ${fingerprint}:6: | gpg --import-ownertrust`]),
    '  for a Puppet server: as its user, import the private key with gpg --homedir DIR --import, and set gpg_gnupghome: DIR in hiera.yaml',
  ];
}

const SET_UP = [
  '  set up a folder for secrets: eyaml init; where it is set up already, add the line above to the recipients file',
];
const sign = (fingerprint: string) => [
  `    they compare its fingerprint with you: ${groupedFingerprint(fingerprint)}`,
  '    then, with GnuPG, they sign the key: gpg --quick-sign-key FINGERPRINT',
];

// As a person would type it.
function withTilde(text: string): string {
  return text.replaceAll(`${homeFolder()}/.eyaml/`, '~/.eyaml/');
}
