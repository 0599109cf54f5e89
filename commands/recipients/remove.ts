import * as Args from '@oclif/core/args';
import { EyamlCommand } from '../../src/cli/command.js';
import { LIST_FLAGS, offerRecrypt, tellChange } from '../../src/cli/list-change.js';
import { tick } from '../../src/cli/tick.js';
import { shownPath } from '../../src/files/shown.js';
import { openListFile } from '../../src/verbs/recipients/list-file.js';
import { membersOf, removeMembers } from '../../src/verbs/recipients/remove.js';

export default class RecipientsRemove extends EyamlCommand {
  static override summary = 'remove people from a recipients file';
  static override description =
    'Removes every line of these people and their keys in .eyaml/public-keys, if no other recipients file needs them, and offers to re-encrypt. Without KEY, shows a list to choose from.';
  static override examples = [
    '<%= config.bin %> recipients remove bob@example.com',
    '<%= config.bin %> recipients remove --to production --recrypt bob@example.com',
  ];
  static override strict = false;
  static override args = { key: Args.string({ name: 'KEY', description: 'fingerprint, address or user ID' }) };
  static override flags = LIST_FLAGS;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RecipientsRemove);
    const { options, context, ui } = await this.begin(flags);
    const listFile = await openListFile({ to: options.to, isNew: false }, context);
    const choose = async () => {
      const members = await membersOf(listFile, context);
      const entries = members.map(({ userId, fingerprint, pin }) => ({ text: `${userId} ${fingerprint}`, value: pin }));
      return tick(
        `Remove from ${shownPath(listFile.file)}`,
        entries,
        'eyaml recipients remove ADDRESS, or a fingerprint',
      );
    };
    const change = await removeMembers(listFile, argv.length > 0 ? (argv as string[]) : await choose(), context);
    tellChange(change, context, ui);
    await offerRecrypt(change, options, context, ui);
  }
}
