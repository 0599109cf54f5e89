import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { resolveConfig, type Config, type GivenOptions } from '../config/config.js';
import { readConfiguration } from '../config/configuration.js';
import { createContext, type Context } from '../context/context.js';
import { createPluginEncryptor, loadPlugins, pluginOptionName, type Plugin } from '../encryptors/plugins.js';
import { EyamlError } from '../errors.js';
import type { RecipientsTree } from '../recipients/source.js';
import { readEnvironment } from './environment.js';
import { GPG_FLAGS, PKCS7_FLAGS, setting } from './flags.js';
import { askPassphrase, askPemPassphrase } from './passphrase.js';
import { pluginFlags } from './plugin-flags.js';
import { localNotices, traceOf, unknownSettings } from './notices.js';
import { optionsFrom, recipientOrigins, withoutOverruled } from './settings.js';
import { createUi, type Verbosity, type Ui } from './ui.js';
import { isRefusal, usageError } from './usage.js';

/** What a command starts with: its options from the command line and the configuration files, and what follows from them. */
export interface Started<Options> {
  readonly options: Options;
  readonly config: Config;
  readonly context: Context;
  readonly ui: Ui;
}

/** Options of the command line that decide how every command starts. */
interface Given extends GivenOptions, Verbosity {
  readonly 'no-folder-config'?: boolean | undefined;
}

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
      summary: "do not read the current folder's .eyaml/config.yaml",
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

  #plugins: readonly Plugin[] = [];

  /** Loads the plugins that the configuration names; the command accepts their options like its own. */
  protected override async init(): Promise<void> {
    await super.init();
    this.#plugins = await loadPlugins((await readConfiguration(readEnvironment(), { withFolder: false })).plugins);
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
    const around = readEnvironment();
    const configuration = await readConfiguration(around, { withFolder: !given['no-folder-config'] });
    const { settings, files } = configuration;
    const known = { ...this.ctor.baseFlags, ...this.ctor.flags };
    const configured = withoutOverruled(optionsFrom(settings, known, around.homeFolder), given);
    const options = { ...configured, ...given };
    const ui = createUi(options);
    for (const file of files) ui.detail(`Loaded config from ${file}`);
    const pluginOptions = Object.keys(pluginFlags(this.#plugins));
    const allOptions = this.config.commands.flatMap(({ flags }) => Object.keys(flags));
    traceOf(settings, allOptions).forEach(ui.trace);
    const warn = (message: string) => ui.notify(`warning: ${message}`);
    const insist = (message: string) => ui.insist(`warning: ${message}`);
    localNotices(configuration, allOptions, pluginOptions).forEach(insist);
    unknownSettings(settings, [...allOptions, ...pluginOptions]).forEach(warn);
    const origins = recipientOrigins(settings, given, around.cwd);
    const config = { ...resolveConfig(options, around, given['gpg-gnupghome'] === undefined, origins), tree };
    const others = this.#plugins.map((plugin) =>
      createPluginEncryptor(plugin, { options: optionsOf(plugin, options), warn }),
    );
    const messages = { warn, detail: ui.detail, insist: ui.insist, trace: ui.trace };
    const asking = { askPassphrase, askPemPassphrase };
    const context = createContext(config, { environment: process.env, messages, others, ...asking });
    return { options, config, context, ui };
  }
}

function optionsOf(plugin: Plugin, options: object): Readonly<Record<string, string | undefined>> {
  const given = new Map<string, unknown>(Object.entries(options));
  return Object.fromEntries(
    Object.entries(plugin.options ?? {}).map(([name, option]) => {
      const value = given.get(pluginOptionName(plugin, name));
      return [name, typeof value === 'string' ? value : option.default];
    }),
  );
}
