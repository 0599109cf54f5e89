import { EyamlCommand } from '../../src/cli/command.js';
import { REPOSITORY_ARGS } from '../../src/cli/flags.js';
import { askForgetting } from '../../src/cli/signed-text.js';
import { forgetSigners } from '../../src/verbs/recipients/reset-trust.js';

export default class RecipientsResetTrust extends EyamlCommand {
  static override summary = 'forget who signs the recipients of a repository, when all signers are gone';
  static override description =
    'Only for you, on this machine, and only at a terminal. Afterwards anybody who can push may say who reads, until you verify or sign again.';
  static override examples = ['<%= config.bin %> recipients reset-trust'];
  static override args = REPOSITORY_ARGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RecipientsResetTrust);
    const { context, ui } = await this.begin(flags);
    const forgotten = await forgetSigners(args.path ?? '.', askForgetting(ui), context);
    ui.notify(
      forgotten
        ? 'forgot the signers; to begin again: eyaml recipients verify --signer FINGERPRINT'
        : 'nothing to forget: no signed recipients were accepted here',
    );
  }
}
