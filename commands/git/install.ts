import { EyamlCommand } from '../../src/cli/command.js';
import { GIT_FLAGS } from '../../src/cli/flags.js';
import { carryOut, planGit } from '../../src/cli/git-install.js';

export default class GitInstall extends EyamlCommand {
  static override summary = 'let git show, compare and merge decrypted values, without storing them';
  static override description =
    'Configures a diff driver and a merge driver, the files that they are for (.gitattributes), and hooks that check values before a commit and after a merge. Shows what it writes. What is already there stays.';
  static override examples = ['<%= config.bin %> git install', '<%= config.bin %> git install --global'];
  static override flags = GIT_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(GitInstall);
    const { options, ui } = await this.begin(flags);
    await carryOut(await planGit('install', options.global), ui, {
      done: 'installed; to remove it: eyaml git uninstall',
      nothing: 'nothing to do: everything is installed',
      isDry: options['dry-run'],
    });
  }
}
