import { EyamlCommand } from '../../src/cli/command.js';
import { LIST_FLAGS, offerRecrypt, tellChange } from '../../src/cli/list-change.js';
import { canonicalizeMembers } from '../../src/verbs/recipients/canonicalize.js';
import { openListFile } from '../../src/verbs/recipients/list-file.js';

export default class RecipientsCanonicalize extends EyamlCommand {
  static override summary = 'name everyone in a recipients file by fingerprint';
  static override description = 'Each line becomes "FINGERPRINT # Name <address>". Comments and order stay.';
  static override examples = ['<%= config.bin %> recipients canonicalize --to production'];
  static override flags = LIST_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(RecipientsCanonicalize);
    const { options, context, ui } = await this.begin(flags);
    const change = await canonicalizeMembers(await openListFile({ to: options.to, isNew: false }, context), context);
    tellChange(change, context, ui);
    await offerRecrypt(change, options, context, ui);
  }
}
