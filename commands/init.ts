import path from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { chooseKeys } from '../src/cli/questions.js';
import { EyamlError } from '../src/errors.js';
import { nearestKeysFolder, RECIPIENTS_FILE } from '../src/recipients/file.js';
import { findKeys, initFolder, listKeys, type ListedKey } from '../src/verbs/init.js';

export default class Init extends EyamlCommand {
  static override summary = 'set up a folder for encrypted values: recipients file, public keys, configuration';
  static override description =
    'Writes hiera-eyaml-gpg.recipients, .eyaml/public-keys/ and .eyaml/config.yaml. Existing files are not changed.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --gpg-public-keys ~/team-keys hieradata',
    '<%= config.bin %> init --recipient ann@example.com --recipient puppet hieradata/production',
  ];
  static override args = {
    folder: Args.string({ name: 'DIR', description: 'the folder (default: the current one)', default: '.' }),
  };
  static override flags = {
    recipient: Flags.string({
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'add this key (fingerprint, address or user ID) without asking; may be given several times',
    }),
    'all-keys': Flags.boolean({ summary: 'add all keys that are found, without asking', exclusive: ['recipient'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init);
    const { options, context, ui } = await this.begin(flags);
    const keysFolder = await nearestKeysFolder(path.join(args.folder, 'new.yaml'));
    const chosen = options.recipient
      ? await findKeys(options.recipient, '--recipient', context.keystore, keysFolder)
      : await chooseFrom(await listKeys(context.keystore, keysFolder), options['all-keys']);
    if (chosen.length === 0) throw new EyamlError('ABORTED', 'no key was chosen; nothing was written');
    const { written, kept } = await initFolder(args.folder, chosen, context.keystore);
    for (const file of kept) ui.notify(`${file} already exists and was not changed`);
    for (const file of written) ui.notify(`wrote ${file}`);
    if (!chosen.some(({ isOwn }) => isOwn)) {
      ui.notify('warning: you have no private key for any of them: you will not be able to read what you encrypt here');
    }
    if (kept.some((file) => file.endsWith(RECIPIENTS_FILE))) {
      ui.notify('their lines for the recipients file:');
      for (const { fingerprint, userId } of chosen) ui.notify(`  ${fingerprint} # ${userId}`);
    }
    if (context.trust === 'wot' && !chosen.every(({ isVouchedFor }) => isVouchedFor)) {
      ui.notify(
        'GnuPG does not trust all of these keys: sign them, or trust the fingerprints in the recipients file, with gpg_trust: pinned in ~/.eyaml/config.yaml',
      );
    }
    if (written.length > 0) ADVICE.forEach(ui.notify);
  }
}

const ADVICE = [
  'Compare each fingerprint with its owner: everyone in the recipients file can read what is encrypted from now on.',
  'Commit these files. Never commit a private key, a passphrase, or the output of eyaml decrypt.',
  'Next step: eyaml edit common.eyaml',
];

async function chooseFrom(keys: readonly ListedKey[], all: boolean): Promise<readonly ListedKey[]> {
  if (keys.length > 0) return all ? keys : chooseKeys(keys);
  throw new EyamlError('RECIPIENTS_MISSING', 'no keys found to encrypt for', {
    suggestions: [
      'name a file or folder of public keys with --gpg-public-keys, or import them into GnuPG',
      'create your own key with: eyaml createkeys -n gpg',
    ],
  });
}
