import path from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { chooseKeys } from '../src/cli/questions.js';
import { EyamlError } from '../src/errors.js';
import { nearestKeysFolder, RECIPIENTS_FILE } from '../src/recipients/file.js';
import { findKeys, initFolder, listKeys, type ListedKey } from '../src/verbs/init.js';

export default class Init extends EyamlCommand {
  static override summary = 'make a folder ready for values: recipients file, public keys, configuration';
  static override description =
    'Writes hiera-eyaml-gpg.recipients, .eyaml/public-keys/ and .eyaml/config.yaml. What is there already stays as it is.';
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
      summary: 'take this key (fingerprint, address or user ID) without asking; may be given several times',
    }),
    'all-keys': Flags.boolean({ summary: 'take every key that is found without asking', exclusive: ['recipient'] }),
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
    for (const file of kept) ui.notify(`${file} is there already and stays as it is`);
    for (const file of written) ui.notify(`wrote ${file}`);
    if (!chosen.some(({ isOwn }) => isOwn)) {
      ui.notify('warning: no private key for these is at hand: you will not be able to read what you encrypt here');
    }
    if (kept.some((file) => file.endsWith(RECIPIENTS_FILE))) {
      ui.notify('a line for the recipients file names each of them:');
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
  'Compare each fingerprint with its owner: who is in the recipients file can read what is encrypted from now on.',
  'Commit these files. Never commit a private key, a passphrase, or the output of eyaml decrypt.',
  'Then: eyaml edit common.eyaml',
];

async function chooseFrom(keys: readonly ListedKey[], all: boolean): Promise<readonly ListedKey[]> {
  if (keys.length > 0) return all ? keys : chooseKeys(keys);
  throw new EyamlError('RECIPIENTS_MISSING', 'there is no key to encrypt for', {
    suggestions: [
      'name a file or folder of public keys with --gpg-public-keys, or import them into GnuPG',
      'make a key for yourself with: eyaml createkeys -n gpg',
    ],
  });
}
