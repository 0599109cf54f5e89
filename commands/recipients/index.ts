import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../../src/cli/command.js';
import { TREE_FLAGS } from '../../src/cli/flags.js';
import { MATRIX_FORMATS, matrixReport } from '../../src/cli/matrix/report.js';
import { governedJson, governedText } from '../../src/cli/recipients-text.js';
import { EyamlError, hasCode } from '../../src/errors.js';
import { nearest } from '../../src/text/nearest.js';
import { showRecipients } from '../../src/verbs/recipients/show.js';
import { unacceptedManifest } from '../../src/verbs/recipients/unaccepted.js';

export default class Recipients extends EyamlCommand {
  static override summary = 'show who may read files, and which recipients file or rule says so';
  static override description =
    'For a folder it shows who may read a new file in it. Nothing is decrypted. To change who may read: eyaml recipients add, remove, update or canonicalize.';
  static override examples = [
    '<%= config.bin %> recipients',
    '<%= config.bin %> recipients production/common.eyaml',
    '<%= config.bin %> recipients --tree hieradata',
    '<%= config.bin %> recipients --tree --format csv hieradata > readers.csv',
  ];
  static override strict = false;
  static override onlyTyped = ['format'];
  static override args = {
    path: Args.string({ name: 'PATH', description: 'files and folders (default: the current folder)' }),
  };
  static override flags = {
    tree: Flags.boolean({
      summary: 'who can read what today: one row for each folder with recipients of its own, and for each rule',
    }),
    format: Flags.option({
      options: MATRIX_FORMATS,
      summary: 'with --tree: form of the matrix (default: text)',
      dependsOn: ['tree'],
      exclusive: ['json'],
    })(),
    exclude: TREE_FLAGS.exclude,
    json: Flags.boolean({ summary: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Recipients);
    const { options, context, ui } = await this.begin(flags);
    const paths = argv.length > 0 ? (argv as string[]) : ['.'];
    const text = options.json ? governedJson : governedText;
    const show = async () =>
      options.tree ? matrixReport(paths, options, context) : text(await showRecipients(paths, context));
    const shown = await show().catch((error: unknown) => {
      throw hasCode(error, 'FILE_NOT_FOUND') ? this.withMeant(error, paths[0] ?? '') : error;
    });
    await ui.print(shown);
    const manifest = await unacceptedManifest(paths[0] ?? '.', context);
    if (manifest !== undefined)
      ui.notify(
        `${manifest} says who may read, and has no effect until you accept its signers: eyaml recipients verify --signer FINGERPRINT`,
      );
  }

  // A mistyped name of a command below is taken for a path.
  private withMeant(error: EyamlError, word: string): EyamlError {
    const below = this.config.commands.flatMap(({ id }) => /^recipients:(.+)/.exec(id)?.[1] ?? []);
    const meant = nearest(word, below);
    if (meant === undefined) return error;
    return new EyamlError(error.code, error.message, { suggestions: [`did you mean eyaml recipients ${meant}?`] });
  }
}
