import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { readConfiguration } from '../config/configuration.js';
import { loadPlugins, type Plugin } from '../encryptors/plugins.js';
import { EyamlError } from '../errors.js';
import type { RecipientsTree } from '../recipients/source.js';
import type { Given, Started } from './begin.js';
import { readEnvironment } from './environment.js';
import { GPG_FLAGS, PKCS7_FLAGS, setting } from './flags.js';
import { pluginFlags } from './plugin-flags.js';
import { isRefusal, usageError } from './usage.js';

/** A command of eyaml: the options that every command takes, and how it starts. */
export abstract class EyamlCommand extends Command {
  static override baseFlags = {
    'encrypt-method': Flags.string({
      char: 'n',
      helpValue: 'METHOD',
      summary: 'method for new values: gpg, pkcs7, or the method of a plugin',
      helpGroup: 'GLOBAL',
    }),
    verbose: Flags.boolean({ char: 'v', allowNo: true, summary: 'print more details', helpGroup: 'GLOBAL' }),
    trace: Flags.boolean({
      char: 't',
      allowNo: true,
      summary: 'print which configuration file sets what, and where in the program an unexpected error happened',
      helpGroup: 'GLOBAL',
    }),
    quiet: Flags.boolean({ char: 'q', allowNo: true, summary: 'print only errors', helpGroup: 'GLOBAL' }),
    'no-folder-config': Flags.boolean({
      summary: "do not read the current folder's .eyaml/config.yaml, except for its rules",
      helpGroup: 'GLOBAL',
    }),
    'max-plaintext-size': setting('max-plaintext-size', {
      helpValue: 'MB',
      summary: 'largest size of one value, in megabytes',
      helpGroup: 'GLOBAL',
    }),
    version: Flags.boolean({ summary: 'show the version', helpGroup: 'GLOBAL' }),
    ...GPG_FLAGS,
    ...PKCS7_FLAGS,
  };

  /** Options that configuration files do not set for this command, because another command has one of that name with other values. */
  static onlyTyped: readonly string[] = [];

  #plugins: readonly Plugin[] = [];

  /** Loads the plugins that the configuration names; the command accepts their options like its own. */
  protected override async init(): Promise<void> {
    await super.init();
    this.#plugins = await this.loadedPlugins();
    if (this.#plugins.length === 0) return;
    const keyOf = (option: string) => option.replaceAll('-', '_');
    const taken = new Set(this.config.commands.flatMap(({ flags }) => Object.keys(flags).map(keyOf)));
    const flags = pluginFlags(this.#plugins);
    for (const name of Object.keys(flags)) {
      if (taken.has(keyOf(name)))
        throw new EyamlError('PLUGIN_INVALID', `a plugin declares the option --${name}, which already exists`);
      taken.add(keyOf(name));
    }
    this.ctor.baseFlags = { ...this.ctor.baseFlags, ...flags };
  }

  /** The plugins that the user's own configuration names. */
  protected async loadedPlugins(): Promise<readonly Plugin[]> {
    return loadPlugins((await readConfiguration(readEnvironment(), { withFolder: false })).plugins);
  }

  /** Replaces oclif's errors about the command line: they repeat what was typed, which may be a secret. */
  protected override catch(error: Error): Promise<never> {
    const { id, baseFlags, flags, args } = this.ctor;
    const line = { id, argv: this.argv, flags: { ...baseFlags, ...flags }, args };
    throw isRefusal(error) ? usageError(error, line) : error;
  }

  /**
   * Merges the parsed flags with the configuration files, and warns about settings in those.
   *
   * @param tree - where to look for recipients files, if not on disk.
   */
  protected async begin<Options extends Given>(given: Options, tree?: RecipientsTree): Promise<Started<Options>> {
    // Not every command needs what this loads.
    const { begin } = await import('./begin.js');
    const { onlyTyped } = this.ctor as typeof EyamlCommand;
    const all = Object.entries({ ...this.ctor.baseFlags, ...this.ctor.flags });
    const known = Object.fromEntries(all.filter(([name]) => !onlyTyped.includes(name)));
    const allOptions = this.config.commands.flatMap(({ flags }) => Object.keys(flags));
    return begin(given, { known, allOptions, plugins: this.#plugins }, tree);
  }
}
