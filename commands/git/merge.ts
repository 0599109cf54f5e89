import * as Args from '@oclif/core/args';
import { EyamlCommand } from '../../src/cli/command.js';
import { tellMerge } from '../../src/cli/merge-report.js';
import { mergeVersions } from '../../src/verbs/git/merge.js';

const file = (name: string, description: string) => Args.string({ name, description, required: true });

export default class GitMerge extends EyamlCommand {
  static override summary = 'merge three versions of a file (called by git)';
  static override description =
    'Writes the result to OURS and encrypts nothing. Prints "merged", or "conflict" with exit code 1. After any other error OURS is unchanged. "eyaml git install" configures it.';
  static override examples = ['<%= config.bin %> git merge %O %A %B %P %L'];
  static override args = {
    base: file('BASE', 'what both sides started from, %O of git'),
    ours: file('OURS', 'one side, which gets the result, %A'),
    theirs: file('THEIRS', 'the other side, %B'),
    path: file('PATH', 'the path of the file in the repository, %P'),
    size: Args.integer({ name: 'SIZE', description: 'the length of conflict markers, %L', default: 7, min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GitMerge);
    const { context, ui } = await this.begin({ ...flags, isCalledByGit: true });
    const { size: markerSize, ...files } = args;
    const host = { cwd: process.cwd(), environment: process.env };
    const outcome = await mergeVersions({ ...files, markerSize }, context, host);
    tellMerge(args.path, outcome, ui);
    await ui.print(outcome.conflicts > 0 ? 'conflict\n' : 'merged\n');
    if (outcome.conflicts > 0) process.exit(1);
  }
}
