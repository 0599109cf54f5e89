import * as Flags from '@oclif/core/flags';
import type { Started } from '../src/cli/begin.js';
import { EyamlCommand } from '../src/cli/command.js';
import { pkcs7KeyFlags, setting } from '../src/cli/flags.js';
import { createGpgKey, nextSteps, type NewKeyOptions } from '../src/cli/create-gpg-key.js';
import { insideGitWarning } from '../src/cli/inside-git.js';
import { askLine } from '../src/cli/questions.js';
import { SETTINGS, type ValueOf } from '../src/config/settings.js';
import { EyamlError } from '../src/errors.js';
import { createPkcs7Keys } from '../src/verbs/createkeys.js';
import type { KeyFilesHost } from '../src/verbs/key-files.js';

/** Options of this command only. */
interface Options extends NewKeyOptions {
  readonly 'pkcs7-keysize'?: ValueOf<'pkcs7-keysize'> | undefined;
  readonly 'pkcs7-subject'?: string | undefined;
  readonly 'pkcs7-digest'?: string | undefined;
}

const GPG_ONLY = [
  ...(['gpg-user-id', 'gpg-key-type', 'gpg-public-key', 'no-passphrase', 'expires', 'into-gnupg', 'here'] as const),
];

export default class Createkeys extends EyamlCommand {
  static override summary = 'create a key pair';
  static override description =
    'PKCS7: an RSA private key for the Puppet server, and a certificate (valid for 50 years) for everyone who encrypts. GPG: an OpenPGP key for a person or a server, in ~/.eyaml/keys/ or in GnuPG.';
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
      summary: 'where to write the public key, instead of ~/.eyaml/keys/',
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
    'into-gnupg': Flags.boolean({
      summary: 'put the key into GnuPG; files are written only where --here or an option names them',
      helpGroup: 'GPG KEY',
    }),
    here: Flags.boolean({ summary: 'write the keys to ./keys/ in the current folder', helpGroup: 'GPG KEY' }),
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
  const warning = await insideGitWarning(privateKey);
  if (warning !== undefined) ui.notify(`warning: ${warning}`);
  ui.detail(`private key: ${privateKey}, for the Puppet server and nobody else; never commit it`);
  ui.detail(`public key: ${publicKey}, for everyone who encrypts`);
}

async function createGpg(started: Started<Options>, host: KeyFilesHost): Promise<void> {
  const key = await createGpgKey(started, host, (line) => started.ui.print(`${line}\n`));
  nextSteps(key).forEach(started.ui.notify);
}
