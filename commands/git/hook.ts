import * as Args from '@oclif/core/args';
import { EyamlCommand } from '../../src/cli/command.js';
import { CHECK_FLAGS } from '../../src/cli/flags.js';
import { baseOf, driftLines } from '../../src/cli/git-hook.js';
import { REPORTS } from '../../src/cli/reports.js';
import { openStaged } from '../../src/cli/staged.js';
import { createUi } from '../../src/cli/ui.js';
import { SETTINGS } from '../../src/config/settings.js';
import { EyamlError } from '../../src/errors.js';
import { check, type CheckResult } from '../../src/verbs/check/check.js';
import { HOOKS, type Hook } from '../../src/verbs/git/drivers.js';

export default class GitHook extends EyamlCommand {
  static override summary = 'do the work of a git hook (called by git)';
  static override description =
    'pre-commit checks what is staged, and fails if there is an error. The others name the values to re-encrypt after a merge or rebase, and never fail. "eyaml git install" makes the hooks.';
  static override examples = ['<%= config.bin %> git hook pre-commit'];
  static override strict = false;
  static override args = {
    hook: Args.string({ name: 'HOOK', description: 'the hook', options: [...HOOKS], required: true }),
  };
  static override flags = CHECK_FLAGS;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(GitHook);
    const [hook, ...given] = argv as [Hook, ...string[]];
    const checkSince = async (base?: string) => {
      const staged = await openStaged(base);
      const { options, context } = await this.begin({ ...flags, isCalledByGit: true }, staged.recipients);
      const disabledRules = options['disable-rule'] ?? SETTINGS['disable-rule'].default;
      const expiryDays = options['expiry-days'] ?? SETTINGS['expiry-days'].default;
      const problems = disabledRules.includes('private-key') ? [] : staged.privateKeys;
      const now = Date.now() / 1000;
      return check(staged.files, { disabledRules, problems, expiryDays, decrypt: false, now }, context);
    };
    if (hook === 'pre-commit') {
      judgeCommit(await checkSince());
      return;
    }
    const { notify } = createUi(flags);
    try {
      const base = await baseOf(hook, given);
      if (base !== undefined) driftLines(await checkSince(base)).forEach(notify);
    } catch (error) {
      // The merge or rebase goes on, or is done.
      if (!(error instanceof EyamlError)) throw error;
      notify(`warning: the readers of merged values were not checked: ${error.message}`);
    }
  }
}

function judgeCommit(result: CheckResult): void {
  if (result.findings.length === 0) return;
  process.stderr.write(REPORTS.text?.(result) ?? '');
  if (result.findings.some(({ severity }) => severity === 'error')) process.exit(1);
}
