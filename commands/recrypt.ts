import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { TREE_FLAGS } from '../src/cli/flags.js';
import { nothingMatches } from '../src/cli/matched.js';
import { createProgress } from '../src/cli/progress.js';
import {
  applyAndTell,
  isAgreed,
  recryptJson,
  showPlan,
  tellAdded,
  tellIfUpToDate,
  throwFailures,
  throwIfNothingPossible,
} from '../src/cli/recrypt.js';
import { ACCEPT_FLAG } from '../src/cli/seen.js';
import { findFiles } from '../src/files/find.js';
import { planRecrypt } from '../src/verbs/recrypt/plan.js';

export default class Recrypt extends EyamlCommand {
  static override summary = 're-encrypt values for their current recipients';
  static override description =
    'Each file follows its nearest recipients file. Only values whose readers differ from it are re-encrypted. The plan is shown first.';
  static override examples = [
    '<%= config.bin %> recrypt --dry-run .',
    '<%= config.bin %> recrypt production',
    '<%= config.bin %> recrypt --yes production "development/**/common.eyaml"',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({
      name: 'PATH',
      description: 'files, folders (*.eyaml, *.yaml, *.yml below) and globs',
      required: true,
    }),
  };
  static override flags = {
    all: Flags.boolean({ summary: 're-encrypt every value, also those that are up to date' }),
    'change-encryption': Flags.string({ char: 'd', helpValue: 'METHOD', summary: 'change every value to this method' }),
    ...TREE_FLAGS,
    'dry-run': Flags.boolean({ summary: 'show the plan and write nothing' }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask' }),
    json: Flags.boolean({ summary: 'print the plan and the result as JSON' }),
    ...ACCEPT_FLAG,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Recrypt);
    const { options, context, ui } = await this.begin(flags);
    const { files, isOneFile } = await findFiles(argv as string[], options);
    if (files.length === 0) throw nothingMatches('re-encrypted');
    const isQuiet = options.quiet || isOneFile;
    const scanning = createProgress(files.length, 'files read', isQuiet);
    const recrypt = { all: options.all, changeTo: options['change-encryption']?.toUpperCase() };
    const plan = await planRecrypt(files, recrypt, context, () => scanning.step(1));
    scanning.end();
    showPlan(plan, context, ui);
    if (options['dry-run']) await tellAdded(plan, context, ui);
    if (!(await isAgreed(plan, context, { yes: options.yes, dryRun: options['dry-run'], isOneFile }))) {
      tellIfUpToDate(plan, files.length, ui);
      if (options.json) await ui.print(recryptJson(plan));
      throwFailures(plan.problems);
      throwIfNothingPossible(plan);
      return;
    }
    const outcome = await applyAndTell(plan, context, ui, isQuiet);
    if (options.json) await ui.print(recryptJson(plan, outcome));
    throwFailures(outcome.failed);
  }
}
