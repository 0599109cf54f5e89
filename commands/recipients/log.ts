import * as Args from '@oclif/core/args';
import { EyamlCommand } from '../../src/cli/command.js';
import { openHistory } from '../../src/cli/history.js';
import { loggedText } from '../../src/cli/recipients-log-text.js';
import { logRecipients } from '../../src/verbs/recipients/log.js';

export default class RecipientsLog extends EyamlCommand {
  static override summary = 'show who was added to and removed from the recipients, in which commit';
  static override description =
    'Every change of recipients files and rules in the history of git, the newest first. Of a folder or file, the changes that concern it.';
  static override examples = ['<%= config.bin %> recipients log', '<%= config.bin %> recipients log production'];
  static override args = {
    path: Args.string({ name: 'PATH', description: 'a file or folder (default: the current folder)', default: '.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RecipientsLog);
    const { context, ui } = await this.begin(flags);
    // Warns if older commits are missing.
    await openHistory(args.path, ui);
    for await (const logged of logRecipients(args.path, context, process.env)) await ui.print(loggedText(logged));
  }
}
