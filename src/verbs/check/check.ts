import type { Context } from '../../context/context.js';
import type { Problem } from '../../errors.js';
import { createEyamlText } from '../../eyaml/text.js';
import { shownArgument } from '../../files/shown.js';
import { textOf } from '../../files/snapshot.js';
import { isRecipientsFile } from '../../recipients/file.js';
import { collectFindings, type Finding } from './findings.js';
import { textFaults } from './text.js';
import { createValueCheck, type ValueOptions } from './values.js';

/** How `check` checks. */
export interface CheckOptions extends ValueOptions {
  readonly disabledRules: readonly string[];
  /** What was found before the files themselves are checked. */
  readonly problems?: readonly Problem[];
}

/** The result of `check`. */
export interface CheckResult {
  readonly findings: readonly Finding[];
  /** How many files were searched for values. */
  readonly files: number;
  /** How many recipients files were checked. */
  readonly recipientsFiles: number;
  readonly values: number;
  /** How many values were decrypted; 0 without `--decrypt`. */
  readonly opened: number;
}

/** A file to check, and where its content is read from. */
export interface CheckedFile {
  readonly file: string;
  readonly read: () => Promise<Uint8Array>;
}

/**
 * Checks files and the recipients files that apply to them; a file with the name of a recipients file is checked as one. Decrypts
 * nothing unless asked to.
 *
 * @param progress - called after each file.
 */
export async function check(
  files: readonly CheckedFile[],
  options: CheckOptions,
  { forOneRun }: Context,
  progress: () => void = () => undefined,
): Promise<CheckResult> {
  const context = forOneRun();
  const findings = collectFindings(options.disabledRules);
  const valueCheck = createValueCheck(options, context);
  options.problems?.forEach(findings.addProblem);
  let values = 0;
  let opened = 0;

  async function checkFile({ file, read }: CheckedFile): Promise<void> {
    const eyaml = createEyamlText(textOf(await read(), file), context.untagged);
    const faults = await textFaults(shownArgument(file), eyaml);
    const ofValues = await valueCheck.values(file, eyaml.values);
    values += eyaml.values.length;
    opened += ofValues.opened;
    ofValues.problems.forEach(findings.addProblem);
    await findings.addFaults(file, eyaml, [...faults, ...ofValues.faults]);
  }

  for (const checked of files) {
    try {
      if (isRecipientsFile(checked.file)) (await valueCheck.recipientsFile(checked.file)).forEach(findings.addProblem);
      else await checkFile(checked);
    } catch (error) {
      findings.addError(checked.file, error);
    }
    progress();
  }
  const recipientsFiles = files.filter(({ file }) => isRecipientsFile(file)).length;
  return { findings: findings.list(), files: files.length - recipientsFiles, recipientsFiles, values, opened };
}
