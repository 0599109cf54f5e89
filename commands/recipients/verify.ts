import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../../src/cli/command.js';
import { REPOSITORY_ARGS, setting } from '../../src/cli/flags.js';
import { unverifiedJson, verifiedJson, verifiedText } from '../../src/cli/signed-text.js';
import { hasCode } from '../../src/errors.js';
import { verifyRecipients } from '../../src/verbs/recipients/verify.js';

export default class RecipientsVerify extends EyamlCommand {
  static override summary = 'check that who may read is signed, and unchanged since';
  static override description =
    'Needs public keys only. What is good is remembered: from then on, every command that encrypts refuses recipients that are not signed by these signers. Exit code 0: good; 1: not; 2: wrong usage.';
  static override examples = [
    '<%= config.bin %> recipients verify',
    '<%= config.bin %> recipients verify --signer "E756 AF42 DB0A ECA4 3B30  25F4 DD44 B685 AFB1 8D7A"',
  ];
  static override args = REPOSITORY_ARGS;
  static override flags = {
    signer: setting('signer', {
      helpValue: 'FINGERPRINT,…',
      summary: 'who must have signed, besides those that are remembered: for the first time, and for CI',
    }),
    threshold: setting('threshold', { helpValue: 'N', summary: 'how many of these must have signed (default: 1)' }),
    json: Flags.boolean({ summary: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RecipientsVerify);
    const { options, context, ui } = await this.begin(flags);
    const { signer, threshold, json } = options;
    try {
      const verified = await verifyRecipients(args.path ?? '.', { signers: signer, threshold }, context);
      await ui.print(json ? verifiedJson(verified) : verifiedText(verified));
    } catch (error) {
      if (!json || !hasCode(error, 'RECIPIENTS_UNSIGNED')) throw error;
      await ui.print(unverifiedJson(error));
      process.exit(1);
    }
  }
}
