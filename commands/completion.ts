import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { bashScript } from '../src/cli/completion/bash.js';
import { completedCommands } from '../src/cli/completion/command-line.js';
import { fishScript } from '../src/cli/completion/fish.js';
import { zshScript } from '../src/cli/completion/zsh.js';
import { createUi } from '../src/cli/ui.js';
import { keyPathsIn } from '../src/verbs/key-paths.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export default class Completion extends EyamlCommand {
  static override summary = 'print a script with which a shell completes commands, options and key paths';
  static override examples = [
    '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/eyaml',
    '<%= config.bin %> completion zsh > ~/.zfunc/_eyaml',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/eyaml.fish',
  ];
  static override args = {
    shell: Args.string({ name: 'SHELL', options: Object.keys(SCRIPTS), required: true }),
  };
  static override flags = {
    keys: Flags.string({ helpValue: 'FILE', hidden: true, summary: 'print the key paths in a file instead' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion);
    const script = () => SCRIPTS[args.shell as keyof typeof SCRIPTS](completedCommands(this.config.commands));
    await createUi({}).print(flags.keys === undefined ? script() : await keyPathsIn(flags.keys));
  }
}
