import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { initAtTerminal } from '../src/cli/init.js';

export default class Init extends EyamlCommand {
  static override summary = 'set up a folder for encrypted values: recipients file, public keys, configuration';
  static override description =
    'Writes hiera-eyaml-gpg.recipients, .eyaml/public-keys/ and .eyaml/config.yaml, and creates your own key if you have none. Run it again to add people.';
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
    await initAtTerminal(args.folder, flags, await this.begin(flags));
  }
}
