import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { TREE_FLAGS } from '../src/cli/flags.js';
import { nothingMatches } from '../src/cli/matched.js';
import { addedReaders, count, outcomeText, planText } from '../src/cli/plan-text.js';
import { createProgress } from '../src/cli/progress.js';
import { confirmRecrypt, hasTerminal } from '../src/cli/questions.js';
import { EyamlError } from '../src/errors.js';
import { findFiles } from '../src/files/find.js';
import { printableJson } from '../src/text/printable.js';
import { applyRecrypt, outcomeOf, type FileDone } from '../src/verbs/recrypt/apply.js';
import { planRecrypt, type RecryptPlan } from '../src/verbs/recrypt/plan.js';

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
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Recrypt);
    const { options, context, ui } = await this.begin(flags);
    const { files, isOneFile } = await findFiles(argv as string[], options);
    if (files.length === 0) throw nothingMatches('re-encrypted');
    const scanning = createProgress(files.length, 'files read', options.quiet || isOneFile);
    const recrypt = { all: options.all, changeTo: options['change-encryption']?.toUpperCase() };
    const plan = await planRecrypt(files, recrypt, context, () => scanning.step(1));
    scanning.end();
    const added = addedReaders(plan.files);
    // Without the web of trust the user must see who is added.
    const mustSee = added.length > 0 && context.trust !== 'wot';
    planText(plan).forEach(mustSee ? ui.insist : ui.notify);
    for (const { tag, values, reason } of plan.leftAlone) {
      ui.notify(
        `warning: ${count(values, `${tag} value`)} ${values === 1 ? 'stays as it is' : 'stay as they are'}: ${reason}`,
      );
    }

    const values = plan.files.reduce((sum, { changes }) => sum + changes.length, 0);
    const goOn =
      values > 0 &&
      !options['dry-run'] &&
      (options.yes ||
        (isOneFile && !(mustSee && hasTerminal())) ||
        (await confirmRecrypt(values, plan.files.length, added.length)));
    if (!goOn) {
      if (values === 0 && plan.problems.length === 0 && !isNothingPossible(plan)) {
        const are = plan.upToDate === 1 ? 'is' : 'are';
        ui.notify(
          `nothing to do: ${count(plan.upToDate, 'value')} in ${count(files.length, 'file')} ${are} up to date`,
        );
      }
      if (options.json) await ui.print(jsonOf(plan));
      throwFailures(plan.problems);
      throwIfNothingPossible(plan);
      return;
    }
    const working = createProgress(values, 'values', options.quiet || isOneFile, 'files');
    const done: FileDone[] = [];
    // A signal ends the process at once; even then the user must see what was done and which secrets to change.
    const tellDone = () => {
      outcomeText(outcomeOf(plan, done), plan).forEach(ui.notify);
    };
    process.once('exit', tellDone);
    const outcome = await applyRecrypt(plan, context, (one) => {
      const { file, values, problems } = one;
      done.push(one);
      working.step(values, `${file}: ${problems.length === 0 ? count(values, 'value') : 'unchanged'}`);
    });
    process.off('exit', tellDone);
    working.end();
    outcomeText(outcome, plan).forEach(ui.notify);
    if (options.json) await ui.print(jsonOf(plan, outcome));
    throwFailures(outcome.failed);
  }
}

// A user without a key for one method may work on the values of another one, but here there are none.
function isNothingPossible({ files, upToDate, leftAlone }: RecryptPlan): boolean {
  return files.length === 0 && upToDate === 0 && leftAlone.length > 0;
}

function throwIfNothingPossible(plan: RecryptPlan): void {
  if (isNothingPossible(plan))
    throw new EyamlError('METHOD_UNAVAILABLE', 'no value can be re-encrypted: every value is unchanged');
}

function throwFailures(problems: RecryptPlan['problems']): void {
  if (problems.length === 0) return;
  throw new EyamlError('VALUE_UNREADABLE', 'some values were not re-encrypted; these are unchanged', {
    problems,
  });
}

function jsonOf(plan: RecryptPlan, outcome?: Awaited<ReturnType<typeof applyRecrypt>>): string {
  const files = plan.files.map(({ file, sources, changes }) => ({
    file,
    sources,
    values: changes.map(({ value, tag, drift }) => ({ line: value.line, tag, drift })),
  }));
  const { upToDate, leftAlone, problems } = plan;
  const owners = Object.fromEntries(plan.owners);
  return `${printableJson({ plan: { files, upToDate, leftAlone, problems, owners }, ...(outcome && { outcome }) })}\n`;
}
