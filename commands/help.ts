import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { Help as ShownHelp } from '../src/cli/help.js';

export default class Help extends Command {
  static override summary = 'show help for a command';
  static override args = { command: Args.string({ description: 'the command' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(Help);
    await new ShownHelp(this.config).showHelp(args.command === undefined ? [] : [args.command]);
  }
}
