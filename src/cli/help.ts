import { Help as OclifHelp } from '@oclif/core/help';
import type { Command } from '@oclif/core/command';
import { readConfiguration } from '../config/configuration.js';
import { loadPlugins } from '../encryptors/plugins.js';
import { EyamlError } from '../errors.js';
import { readEnvironment } from './environment.js';
import { pluginFlags } from './plugin-flags.js';
import { errorText } from './ui.js';

/** The help of a command, with the options of plugins among its own. */
export class Help extends OclifHelp {
  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const takesPlugins = 'encrypt-method' in command.flags;
    const flags = takesPlugins ? await flagsOfPlugins() : {};
    await super.showCommandHelp({ ...command, flags: { ...command.flags, ...flags } });
  }
}

// The user may need this help to fix the reason why a plugin cannot be loaded.
async function flagsOfPlugins() {
  try {
    const { plugins } = await readConfiguration(readEnvironment(), { withFolder: false });
    return pluginFlags(await loadPlugins(plugins));
  } catch (error) {
    if (!(error instanceof EyamlError)) throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return {};
  }
}
