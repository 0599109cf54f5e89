import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { Help as ShownHelp } from '../src/cli/help.js';

export default class Help extends Command {
  static override summary = 'show help for a command';
  static override examples = ['<%= config.bin %> help encrypt', '<%= config.bin %> help options'];
  static override args = {
    command: Args.string({ description: 'the command, or "options" for the options that every command takes' }),
    subcommand: Args.string({ description: 'the second word of a command of two words' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Help);
    const help = new ShownHelp(this.config);
    if (args.command === 'options') await help.showOptions();
    else await help.showHelp([args.command, args.subcommand].filter((word) => word !== undefined));
  }
}
