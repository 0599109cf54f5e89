import { EyamlCommand } from '../src/cli/command.js';
import { askLine } from '../src/cli/questions.js';
import { createPkcs7Keys, EyamlError } from '../src/index.js';

export default class Createkeys extends EyamlCommand {
  static override summary = 'make a key pair';
  static override description =
    'Makes a PKCS7 pair: a private RSA key for the Puppet server, and a certificate, valid for 50 years, for all who encrypt.';
  static override examples = [
    '<%= config.bin %> createkeys',
    '<%= config.bin %> createkeys --pkcs7-private-key /etc/eyaml/private.pem --pkcs7-public-key /etc/eyaml/public.pem',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(Createkeys);
    const { options, config, ui } = await this.begin(flags);
    const method = config.encryptMethod ?? 'PKCS7';
    if (method !== 'PKCS7') throw new EyamlError('METHOD_UNAVAILABLE', `eyaml makes no keys for the method ${method}`);
    const keys = {
      ...config.pkcs7,
      bits: Number(options['pkcs7-keysize'] ?? 2048),
      subject: options['pkcs7-subject'] ?? '/',
      digest: options['pkcs7-digest'] ?? 'SHA256',
    };
    const confirmOverwrite = async (file: string) =>
      /^y(?:es)?$/i.test(await askLine(`Are you sure you want to overwrite "${file}"? (y/N): `));
    await createPkcs7Keys(keys, { confirmOverwrite, notify: ui.notify });
    ui.notify('Keys created OK');
    ui.detail(`private key: ${keys.privateKey.file}, for the Puppet server and nobody else; never commit it`);
    ui.detail(`public key: ${keys.publicKey.file}, for everybody who encrypts`);
  }
}
