import { EyamlCommand } from '../../src/cli/command.js';
import { GIT_FLAGS } from '../../src/cli/flags.js';
import { carryOut, planGit } from '../../src/cli/git-install.js';

export default class GitUninstall extends EyamlCommand {
  static override summary = 'remove what eyaml git install added, and nothing else';
  static override examples = ['<%= config.bin %> git uninstall', '<%= config.bin %> git uninstall --global'];
  static override flags = GIT_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(GitUninstall);
    const { options, ui } = await this.begin(flags);
    await carryOut(await planGit('uninstall', options.global), ui, {
      done: 'removed',
      nothing: 'nothing to do: nothing is installed',
      isDry: options['dry-run'],
    });
  }
}
