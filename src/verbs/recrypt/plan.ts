import type { Context } from '../../context/context.js';
import { requireEncryptor } from '../../context/methods.js';
import type { Encryptors, Reader, ReaderId } from '../../encryptors/encryptor.js';
import { problemsOfFile, type Problem } from '../../errors.js';
import type { ApprovalRequest } from '../../recipients/approval.js';
import { planFile, type LeftAlone, type PlannedFile, type RecryptOptions } from './plan-file.js';

/** What recrypt will do. Making it needs no secret key and writes nothing. */
export interface RecryptPlan {
  /** The files that hold values to encrypt again. */
  readonly files: readonly PlannedFile[];
  /** How many values are up to date, in these files and others. */
  readonly upToDate: number;
  /** Values whose method cannot be used here; they stay unchanged. */
  readonly leftAlone: readonly LeftAlone[];
  /** Files that are left alone, and why. */
  readonly problems: readonly Problem[];
  /** The readers who are not recipients, as far as they are known. */
  readonly owners: ReadonlyMap<ReaderId, Reader>;
  /** What must be approved before anything is encrypted. */
  readonly requests: readonly ApprovalRequest[];
}

/**
 * Plans a recrypt of files, each for its own recipients. A file with a problem is skipped and does not stop the others.
 *
 * @param progress - called after each file.
 */
export async function planRecrypt(
  files: readonly string[],
  options: RecryptOptions,
  { forOneRun }: Context,
  progress: () => void = () => undefined,
): Promise<RecryptPlan> {
  const requests: ApprovalRequest[] = [];
  const context = forOneRun((some) => Promise.resolve(void requests.push(...some)));
  const { encryptors } = context;
  const planned: PlannedFile[] = [];
  const problems: Problem[] = [];
  const leftAlone = new Map<string, LeftAlone>();
  let upToDate = 0;
  if (options.changeTo !== undefined) requireEncryptor(encryptors, options.changeTo);
  for (const file of files) {
    try {
      const plan = await planFile(file, options, context);
      upToDate += plan.upToDate;
      for (const problem of plan.problems) problems.push(problem);
      for (const [tag, { values, reason }] of plan.leftAlone) {
        leftAlone.set(tag, { tag, values: values + (leftAlone.get(tag)?.values ?? 0), reason });
      }
      if (plan.changes.length > 0) planned.push(plan);
    } catch (error) {
      for (const problem of problemsOfFile(file, error)) problems.push(problem);
    }
    progress();
  }
  const owners = await ownersOf(planned, encryptors);
  const changed = new Set(planned.map(({ file }) => file));
  return {
    ...{ files: planned, upToDate, leftAlone: [...leftAlone.values()], problems: distinct(problems), owners },
    requests: requests.filter(({ target }) => changed.has(target)),
  };
}

// The keys of extra readers may be near one file but not near another.
async function ownersOf(files: readonly PlannedFile[], encryptors: Encryptors) {
  const owners = new Map<ReaderId, Reader>();
  for (const { file, changes } of files) {
    for (const tag of new Set(changes.map(({ value }) => value.tag))) {
      const theirs = changes.filter(({ value }) => value.tag === tag);
      const extra = new Set(theirs.flatMap(({ drift }) => drift?.extra ?? []));
      const found = (await encryptors.get(tag)?.whoReads([...extra], file)) ?? [];
      for (const [id, reader] of found) owners.set(id, reader);
    }
  }
  return owners;
}

// A problem of a recipients file is reported once, however many files follow it.
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
