import type { Context } from '../context/context.js';
import { EyamlError } from '../errors.js';
import { printableJson } from '../text/printable.js';
import { applyRecrypt, outcomeOf, type FileDone, type RecryptOutcome } from '../verbs/recrypt/apply.js';
import type { RecryptPlan } from '../verbs/recrypt/plan.js';
import { addedReaders, count, outcomeText, planText } from './plan-text.js';
import { createProgress } from './progress.js';
import { confirmRecrypt, hasTerminal } from './questions.js';
import { addedText } from './seen.js';
import type { Ui } from './ui.js';

/** How the user is asked before a recrypt. */
export interface Asking {
  readonly yes: boolean | undefined;
  readonly dryRun: boolean | undefined;
  /** Whether one file was named, and nothing else. */
  readonly isOneFile: boolean;
}

/** Whether the user must see the plan in any case: it adds readers whose keys are not checked against GnuPG's web of trust. */
function mustBeSeen(plan: RecryptPlan, { trust }: Context): boolean {
  return trust !== 'wot' && addedReaders(plan.files).length > 0;
}

/** Says whom a plan would have the user accept. */
export async function tellAdded({ requests }: RecryptPlan, { seen }: Context, ui: Ui): Promise<void> {
  addedText((await seen?.review(requests)) ?? []).forEach(ui.notify);
}

/** Shows what a plan will do, and what it leaves unchanged. */
export function showPlan(plan: RecryptPlan, context: Context, ui: Ui): void {
  planText(plan).forEach(mustBeSeen(plan, context) ? ui.insist : ui.notify);
  for (const { tag, values, reason } of plan.leftAlone) {
    const stay = values === 1 ? 'stays as it is' : 'stay as they are';
    ui.notify(`warning: ${count(values, `${tag} value`)} ${stay}: ${reason}`);
  }
}

/**
 * Whether to carry out a plan; asks the user if needed, first about recipients who were not seen before.
 *
 * @throws {@link EyamlError} `RECIPIENTS_ADDED`, `ABORTED`.
 */
export async function isAgreed(plan: RecryptPlan, context: Context, asking: Asking): Promise<boolean> {
  const values = valuesIn(plan);
  if (values === 0 || asking.dryRun) return false;
  await context.approve(plan.requests);
  if (asking.yes || (asking.isOneFile && !(mustBeSeen(plan, context) && hasTerminal()))) return true;
  return confirmRecrypt(values, plan.files.length, addedReaders(plan.files).length);
}

/** Carries out a plan, with progress, and reports the outcome. */
export async function applyAndTell(
  plan: RecryptPlan,
  context: Context,
  ui: Ui,
  isQuiet: boolean,
): Promise<RecryptOutcome> {
  const working = createProgress(valuesIn(plan), 'values', isQuiet, 'files');
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
  return outcome;
}

/** Reports that every value is up to date, if that is why a plan is empty. */
export function tellIfUpToDate(plan: RecryptPlan, files: number, ui: Ui): void {
  if (valuesIn(plan) > 0 || plan.problems.length > 0 || isNothingPossible(plan)) return;
  const are = plan.upToDate === 1 ? 'is' : 'are';
  ui.notify(`nothing to do: ${count(plan.upToDate, 'value')} in ${count(files, 'file')} ${are} up to date`);
}

/** @throws {@link EyamlError} `METHOD_UNAVAILABLE` if no value can be re-encrypted. */
export function throwIfNothingPossible(plan: RecryptPlan): void {
  if (isNothingPossible(plan))
    throw new EyamlError('METHOD_UNAVAILABLE', 'no value can be re-encrypted: every value is unchanged');
}

/** @throws {@link EyamlError} `VALUE_UNREADABLE` if there are any. */
export function throwFailures(problems: RecryptPlan['problems']): void {
  if (problems.length === 0) return;
  throw new EyamlError('VALUE_UNREADABLE', 'some values were not re-encrypted; these are unchanged', { problems });
}

/** A plan and its outcome, as JSON. */
export function recryptJson(plan: RecryptPlan, outcome?: RecryptOutcome): string {
  const files = plan.files.map(({ file, sources, changes }) => ({
    file,
    sources,
    values: changes.map(({ value, tag, drift }) => ({ line: value.line, tag, drift })),
  }));
  const { upToDate, leftAlone, problems } = plan;
  const owners = Object.fromEntries(plan.owners);
  return `${printableJson({ plan: { files, upToDate, leftAlone, problems, owners }, ...(outcome && { outcome }) })}\n`;
}

// A user without a key for one method may work on the values of another one, but here there are none.
function isNothingPossible({ files, upToDate, leftAlone }: RecryptPlan): boolean {
  return files.length === 0 && upToDate === 0 && leftAlone.length > 0;
}

function valuesIn({ files }: RecryptPlan): number {
  return files.reduce((sum, { changes }) => sum + changes.length, 0);
}
