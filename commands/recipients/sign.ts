import { EyamlCommand } from '../../src/cli/command.js';
import { REPOSITORY_ARGS, setting } from '../../src/cli/flags.js';
import { confirmSigning, tellSigned } from '../../src/cli/signed-text.js';
import type { Draft } from '../../src/verbs/recipients/draft.js';
import { signRecipients } from '../../src/verbs/recipients/sign.js';

export default class RecipientsSign extends EyamlCommand {
  static override summary = 'sign who may read: all recipients files and rules of the repository';
  static override description =
    'Writes .eyaml/recipients.asc at the top of the repository. If it says what is true now, your signature is added to it; else a new one is made, with the same signers. To begin, or to change who signs, name all signers with --signers: the change counts when enough of the signers of before have signed it. At a terminal it shows what will be signed and asks; a script signs without a question.';
  static override examples = [
    '<%= config.bin %> recipients sign',
    '<%= config.bin %> recipients sign --signers "FINGERPRINT OF ANN,FINGERPRINT OF BOB" --threshold 2',
  ];
  static override args = REPOSITORY_ARGS;
  static override flags = {
    signer: setting('signer', {
      helpValue: 'FINGERPRINT',
      summary: 'your key to sign with (default: the only one that you have)',
    }),
    signers: setting('signers', {
      helpValue: 'FINGERPRINT,…',
      summary: 'all who may sign from now on (default: those of before; at first, you)',
    }),
    threshold: setting('threshold', {
      helpValue: 'N',
      summary: 'how many of them must sign (default: as before; at first, 1)',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RecipientsSign);
    const { options, context, ui } = await this.begin(flags);
    const { signer, signers, threshold } = options;
    const how = { signer: signer?.[0], signers, threshold };
    const confirm = (draft: Draft) => confirmSigning(draft, ui);
    tellSigned(await signRecipients(args.path ?? '.', how, context, confirm), ui);
  }
}
