import { Help as OclifHelp } from '@oclif/core/help';
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/interfaces';
import { readConfiguration } from '../config/configuration.js';
import { loadPlugins } from '../encryptors/plugins.js';
import { EyamlError } from '../errors.js';
import { readEnvironment } from './environment.js';
import { SHARED_GROUPS } from './flags.js';
import { pluginFlags } from './plugin-flags.js';
import { errorText } from './ui.js';

type Flag = Command.Flag.Cached;

/** The help of the program: of a command its own options only, and all that are shared in one place. */
export class Help extends OclifHelp {
  constructor(config: Config) {
    super(config, { hideCommandSummaryInDescription: true });
  }

  override formatCommand(command: Command.Loadable): string {
    const [own, shared] = bySharing(command);
    // As one example, they stand on lines one below the other.
    const examples = [(command.examples ?? []).map(String).join('\n')];
    const text = super.formatCommand({ ...command, examples, flags: own, usage: usageOf(command) });
    return Object.keys(shared).length === 0 ? text : `${text}\n\nglobal options: eyaml help options`;
  }

  /** Shows the options that every command takes, with those of plugins. */
  async showOptions(): Promise<void> {
    const [command] = this.config.commands.filter(({ flags }) => 'encrypt-method' in flags);
    if (command === undefined) return;
    const flags = { ...bySharing(command)[1], ...(await flagsOfPlugins()) };
    const about = { id: 'COMMAND', usage: 'COMMAND [options]', args: {}, examples: [], description: '' };
    this.log(super.formatCommand({ ...command, ...about, flags }));
  }
}

function bySharing({ flags }: Pick<Command.Loadable, 'flags'>): readonly [Record<string, Flag>, Record<string, Flag>] {
  const isShared = ([, { helpGroup, hidden }]: readonly [string, Flag]) =>
    hidden === true || SHARED_GROUPS.includes(helpGroup ?? '');
  const all = Object.entries(flags);
  return [Object.fromEntries(all.filter((flag) => !isShared(flag))), Object.fromEntries(all.filter(isShared))];
}

/** `edit FILE [options]`, for instance. */
export function usageOf({ id, args, strict }: Pick<Command.Cached, 'id' | 'args' | 'strict'>): string {
  const words = Object.values(args).map(({ name, required }, i, { length }) => {
    const word = `${name.toUpperCase()}${strict === false && i === length - 1 ? '…' : ''}`;
    return required ? word : `[${word}]`;
  });
  return [id.replaceAll(':', ' '), ...words, '[options]'].join(' ');
}

// The user may need this help to fix the reason why a plugin cannot be loaded.
async function flagsOfPlugins(): Promise<Record<string, Flag>> {
  try {
    const { plugins } = await readConfiguration(readEnvironment(), { withFolder: false });
    return pluginFlags(await loadPlugins(plugins));
  } catch (error) {
    if (!(error instanceof EyamlError)) throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return {};
  }
}
