import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { acknowledge } from '../../src/cli/ack.js';
import { EyamlCommand } from '../../src/cli/command.js';
import { ACCEPT_FLAG } from '../../src/cli/seen.js';

export default class RecipientsAck extends EyamlCommand {
  static override summary = 'accept the recipients of a repository as they are now';
  static override description =
    'Shows who was added or removed since you last encrypted there, in all recipients files and rules, and asks. Nothing is encrypted.';
  static override examples = [
    '<%= config.bin %> recipients ack',
    '<%= config.bin %> recipients ack --accept-recipients E756AF42DB0AECA43B3025F4DD44B685AFB18D7A',
  ];
  static override args = {
    path: Args.string({ name: 'PATH', description: 'a file or folder (default: the current folder)', default: '.' }),
  };
  static override flags = {
    ...ACCEPT_FLAG,
    yes: Flags.boolean({ char: 'y', summary: 'do not ask', exclusive: ['accept-recipients'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RecipientsAck);
    const { context, ui } = await this.begin(flags);
    await acknowledge(args.path, flags, context, ui);
  }
}
