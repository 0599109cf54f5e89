import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../../src/cli/command.js';
import { reportGit, statusText } from '../../src/cli/git-status.js';
import { printableJson } from '../../src/text/printable.js';

export default class GitStatus extends EyamlCommand {
  static override summary = 'show what of eyaml git install is there, and for which files';
  static override description =
    'Exit code 0: everything is installed and starts this eyaml; 1: something is missing or wrong; 2: wrong usage.';
  static override examples = ['<%= config.bin %> git status', '<%= config.bin %> git status --json'];
  static override flags = {
    json: Flags.boolean({ summary: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(GitStatus);
    const { options, ui } = await this.begin(flags);
    const { status, lines } = await reportGit();
    await ui.print(options.json ? `${printableJson({ ...status, lines })}\n` : statusText(lines));
    if (lines.some(({ state }) => state !== 'ok')) process.exit(1);
  }
}
