import { EyamlCommand } from '../../src/cli/command.js';
import { LIST_FLAGS, offerRecrypt, tellChange } from '../../src/cli/list-change.js';
import { openListFile } from '../../src/verbs/recipients/list-file.js';
import { updateKeys } from '../../src/verbs/recipients/update.js';

export default class RecipientsUpdate extends EyamlCommand {
  static override summary = 'take renewed keys into .eyaml/public-keys';
  static override description =
    'For the people of a recipients file, from GnuPG and from --gpg-public-keys. What is there is added to, never replaced. Then offers to re-encrypt.';
  static override examples = [
    '<%= config.bin %> recipients update',
    '<%= config.bin %> recipients update --gpg-public-keys ~/Downloads/ann.asc',
  ];
  static override flags = LIST_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(RecipientsUpdate);
    const { options, config, context, ui } = await this.begin(flags);
    const listFile = await openListFile({ to: options.to, isNew: false }, context);
    const change = await updateKeys(listFile, config.keyfiles.publicKeys, context);
    tellChange(change, context, ui);
    await offerRecrypt(change, options, context, ui);
  }
}
