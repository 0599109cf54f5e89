import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../../src/cli/command.js';
import { LIST_FLAGS, offerRecrypt, tellChange } from '../../src/cli/list-change.js';
import { ACCEPT_FLAG } from '../../src/cli/seen.js';
import { tick } from '../../src/cli/tick.js';
import { shownPath } from '../../src/files/shown.js';
import { addMembers } from '../../src/verbs/recipients/add.js';
import { openListFile } from '../../src/verbs/recipients/list-file.js';
import { membersOf } from '../../src/verbs/recipients/remove.js';
import { listKeys } from '../../src/verbs/init.js';

export default class RecipientsAdd extends EyamlCommand {
  static override summary = 'add people to a recipients file';
  static override description =
    'Writes the fingerprint of each key, copies the key into .eyaml/public-keys where that folder is, and offers to re-encrypt. Without KEY, shows a list to choose from.';
  static override examples = [
    '<%= config.bin %> recipients add ann@example.com',
    '<%= config.bin %> recipients add --to production --recrypt "E756 AF42 DB0A ECA4 3B30  25F4 DD44 B685 AFB1 8D7A"',
    '<%= config.bin %> recipients add --new --to secrets ann@example.com',
  ];
  static override strict = false;
  static override args = { key: Args.string({ name: 'KEY', description: 'fingerprint, address or user ID' }) };
  static override flags = {
    to: LIST_FLAGS.to,
    new: Flags.boolean({ summary: 'make a recipients file in that folder', default: false }),
    recrypt: LIST_FLAGS.recrypt,
    ...ACCEPT_FLAG,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RecipientsAdd);
    const { options, context, ui } = await this.begin(flags);
    const listFile = await openListFile({ to: options.to, isNew: options.new }, context);
    const { keysFolder } = listFile.list;
    const choose = async () => {
      const there = new Set((await membersOf(listFile, context)).map(({ fingerprint }) => fingerprint));
      const keys = await listKeys(context.keystore, keysFolder);
      const others = keys.filter(({ fingerprint }) => !there.has(fingerprint));
      const entries = others.map(({ userId, fingerprint }) => ({
        text: `${userId} ${fingerprint}`,
        value: fingerprint,
      }));
      return tick(`Add to ${shownPath(listFile.file)}`, entries, 'eyaml recipients add ADDRESS, or a fingerprint');
    };
    const change = await addMembers(listFile, argv.length > 0 ? (argv as string[]) : await choose(), context);
    tellChange(change, context, ui);
    await offerRecrypt(change, options, context, ui);
  }
}
