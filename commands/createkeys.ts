import * as Flags from '@oclif/core/flags';
import type { Started } from '../src/cli/begin.js';
import { EyamlCommand } from '../src/cli/command.js';
import { pkcs7KeyFlags, setting } from '../src/cli/flags.js';
import { newPassphrase } from '../src/cli/passphrase.js';
import { askLine } from '../src/cli/questions.js';
import type { GivenOptions } from '../src/config/config.js';
import { SETTINGS, type ValueOf } from '../src/config/settings.js';
import { EyamlError } from '../src/errors.js';
import {
  createGpgKeys,
  createPkcs7Keys,
  putIntoGnupg,
  requireGnupg,
  type CreatedGpgKeys,
} from '../src/verbs/createkeys.js';
import type { KeyFilesHost } from '../src/verbs/key-files.js';

/** Options of this command only. */
interface Options extends GivenOptions {
  readonly 'gpg-public-key'?: string | undefined;
  readonly 'gpg-user-id'?: string | undefined;
  readonly 'gpg-key-type'?: 'cv25519' | 'rsa2048' | 'rsa3072' | 'rsa4096' | undefined;
  readonly 'no-passphrase'?: boolean | undefined;
  readonly 'into-gnupg'?: boolean | undefined;
  readonly 'pkcs7-keysize'?: ValueOf<'pkcs7-keysize'> | undefined;
  readonly 'pkcs7-subject'?: string | undefined;
  readonly 'pkcs7-digest'?: string | undefined;
  readonly expires?: ValueOf<'expires'> | undefined;
}

const GPG_ONLY = ['gpg-user-id', 'gpg-key-type', 'gpg-public-key', 'no-passphrase', 'expires', 'into-gnupg'] as const;

export default class Createkeys extends EyamlCommand {
  static override summary = 'create a key pair';
  static override description =
    'PKCS7: an RSA private key for the Puppet server, and a certificate (valid for 50 years) for everyone who encrypts. GPG: an OpenPGP key for a person or a server.';
  static override examples = [
    '<%= config.bin %> createkeys',
    '<%= config.bin %> createkeys -n gpg --gpg-user-id "Ann <ann@example.com>" --expires 2y',
    '<%= config.bin %> createkeys -n gpg --gpg-user-id puppet.example.com --no-passphrase',
  ];
  static override flags = {
    'gpg-user-id': Flags.string({
      helpValue: '"NAME <ADDRESS>"',
      summary: 'user ID of the key: a name and address, or the name of a server',
      helpGroup: 'GPG KEY',
    }),
    'gpg-key-type': Flags.option({
      options: ['cv25519', 'rsa2048', 'rsa3072', 'rsa4096'] as const,
      summary: `type of the key (default: ${SETTINGS['gpg-key-type'].default})`,
      helpGroup: 'GPG KEY',
    })(),
    'gpg-public-key': setting('gpg-public-key', {
      helpValue: 'FILE',
      summary: 'where to write the public key',
      helpGroup: 'GPG KEY',
    }),
    'no-passphrase': Flags.boolean({
      summary: 'create the key without a passphrase (for servers)',
      helpGroup: 'GPG KEY',
    }),
    expires: setting('expires', {
      helpValue: 'TIME',
      summary: 'how long the key is valid: 90d, 18m, 2y',
      helpGroup: 'GPG KEY',
    }),
    'into-gnupg': Flags.boolean({ summary: 'also import the key into GnuPG', helpGroup: 'GPG KEY' }),
    ...pkcs7KeyFlags({ helpGroup: 'PKCS7 KEY' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Createkeys);
    const started = await this.begin(flags);
    const confirmOverwrite = async (file: string) =>
      /^y(?:es)?$/i.test(await askLine(`Are you sure you want to overwrite "${file}"? (y/N): `));
    const host = { confirmOverwrite, notify: started.ui.notify };
    // An option that only GPG keys have means GPG: a PKCS7 pair would have no passphrase.
    const isForGpg = flags['encrypt-method'] === undefined && GPG_ONLY.some((option) => flags[option] !== undefined);
    const method = isForGpg ? 'GPG' : (started.config.encryptMethod ?? 'PKCS7');
    if (method === 'PKCS7') await createPkcs7(started, host);
    else if (method === 'GPG') await createGpg(started, host);
    else throw new EyamlError('METHOD_UNAVAILABLE', `eyaml cannot create keys for the method ${method}`);
  }
}

async function createPkcs7({ options, config, ui }: Started<Options>, host: KeyFilesHost): Promise<void> {
  const keys = {
    ...config.pkcs7,
    bits: options['pkcs7-keysize'] ?? SETTINGS['pkcs7-keysize'].default,
    subject: options['pkcs7-subject'] ?? SETTINGS['pkcs7-subject'].default,
    digest: options['pkcs7-digest'] ?? SETTINGS['pkcs7-digest'].default,
  };
  const { privateKey, publicKey } = await createPkcs7Keys(keys, host);
  ui.notify('Keys created OK');
  ui.detail(`private key: ${privateKey}, for the Puppet server and nobody else; never commit it`);
  ui.detail(`public key: ${publicKey}, for everyone who encrypts`);
}

async function createGpg({ options, config, ui }: Started<Options>, host: KeyFilesHost): Promise<void> {
  const userId = options['gpg-user-id']?.trim();
  if (userId === undefined) {
    throw new EyamlError('USAGE', 'missing --gpg-user-id', {
      suggestions: ['for a person: --gpg-user-id "Ann <ann@example.com>"; for a server, its name'],
    });
  }
  const files = {
    privateFile: config.keyfiles.privateKeys[0] ?? SETTINGS['gpg-private-key'].default,
    publicFile: options['gpg-public-key'] ?? SETTINGS['gpg-public-key'].default,
  };
  if (options['into-gnupg']) requireGnupg(process.env);
  const type = options['gpg-key-type'] ?? SETTINGS['gpg-key-type'].default;
  const expires = options.expires ?? SETTINGS.expires.default;
  const expiresSeconds = expires === 'never' ? undefined : expires;
  const warn = (message: string) => ui.notify(`warning: ${message}`);
  const passphrase = () => (options['no-passphrase'] ? Promise.resolve(undefined) : newPassphrase(config, warn));
  const keys = await createGpgKeys({ ...files, userId, type, expiresSeconds }, host, passphrase);
  ui.notify('Keys created OK');
  await ui.print(`${keys.fingerprint} # ${userId}\n`);
  if (options['into-gnupg']) {
    await putIntoGnupg(keys, config, process.env);
    ui.notify(`The key is now in GnuPG too; ${keys.privateKey} is a copy of it.`);
  }
  nextSteps(keys, options['into-gnupg'] === true).forEach(ui.notify);
}

function nextSteps({ privateKey, publicKey, fingerprint }: CreatedGpgKeys, isInGnupg: boolean): readonly string[] {
  return [
    'Add that line to the recipients file. Next steps:',
    `  give ${publicKey} to everyone who encrypts: in .eyaml/public-keys/ of the repository, or with gpg --import;`,
    '    with GnuPG they compare the fingerprint with you, then sign the key: gpg --quick-sign-key FINGERPRINT',
    `  keep ${privateKey} secret and never commit it; to use it: --gpg-private-key ${privateKey}`,
    ...(isInGnupg
      ? []
      : [`    or with GnuPG: gpg --import ${privateKey} && echo ${fingerprint}:6: | gpg --import-ownertrust`]),
    '  for a Puppet server: as its user, import the private key with gpg --homedir DIR --import, and set gpg_gnupghome: DIR in hiera.yaml',
  ];
}
