import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import {
  createPluginEncryptor,
  createToolbox,
  loadPlugins,
  pluginOptionName,
  readConfiguration,
  resolveConfig,
  type Config,
  type Configuration,
  type GivenOptions,
  type Plugin,
  type Toolbox,
} from '../index.js';
import { localNotices, optionsFrom, traceOf, unknownSettings } from './settings.js';
import { pluginFlags, surroundings } from './plugin-flags.js';
import { createUi, type Loudness, type Ui } from './ui.js';

/** What a command starts with: its options from the command line and the configuration files, and the tools they ask for. */
export interface Started<Options> {
  readonly options: Options;
  readonly config: Config;
  readonly toolbox: Toolbox;
  readonly ui: Ui;
}

/** A command of eyaml: the options that every command takes, and how it starts. */
export abstract class EyamlCommand extends Command {
  static override baseFlags = {
    'encrypt-method': Flags.string({
      char: 'n',
      helpValue: 'METHOD',
      summary: 'method for new values: gpg, pkcs7, or that of a plugin',
      helpGroup: 'GLOBAL',
    }),
    verbose: Flags.boolean({ char: 'v', summary: 'say more', helpGroup: 'GLOBAL' }),
    trace: Flags.boolean({
      char: 't',
      summary: 'say which configuration file set what, and where in the program an unexpected error happened',
      helpGroup: 'GLOBAL',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'say nothing but errors', helpGroup: 'GLOBAL' }),
    version: Flags.boolean({ summary: 'show the version', helpGroup: 'GLOBAL' }),
    'gpg-gnupghome': Flags.string({ helpValue: 'DIR', summary: 'GnuPG home to use', helpGroup: 'GPG' }),
    'gpg-always-trust': Flags.boolean({ summary: "take recipients' keys whatever their validity", helpGroup: 'GPG' }),
    'gpg-recipients': Flags.string({ helpValue: 'A,B', summary: 'recipients, separated by commas', helpGroup: 'GPG' }),
    'gpg-recipients-file': Flags.string({ helpValue: 'FILE', summary: 'recipients file to use', helpGroup: 'GPG' }),
    ...pkcs7Flags(),
  };

  #configuration: Configuration | undefined;
  #plugins: readonly Plugin[] = [];

  /** Reads the configuration and loads the plugins that it names, whose options the command takes like its own. */
  protected override async init(): Promise<void> {
    await super.init();
    this.#configuration = await readConfiguration(surroundings());
    this.#plugins = await loadPlugins(this.#configuration.plugins);
    if (this.#plugins.length === 0) return;
    this.ctor.baseFlags = { ...this.ctor.baseFlags, ...pluginFlags(this.#plugins) };
  }

  /** Puts parsed flags together with the configuration files, and says what is odd about those. */
  protected async begin<Options extends GivenOptions & Loudness>(given: Options): Promise<Started<Options>> {
    const around = surroundings();
    const configuration = this.#configuration ?? (await readConfiguration(around));
    const { settings, files } = configuration;
    const known = { ...this.ctor.baseFlags, ...this.ctor.flags };
    const options = { ...optionsFrom(settings, known, around.homeFolder), ...given };
    const ui = createUi(options);
    for (const file of files) ui.detail(`Loaded config from ${file}`);
    const pluginOptions = Object.keys(pluginFlags(this.#plugins));
    const allOptions = this.config.commands.flatMap(({ flags }) => Object.keys(flags));
    traceOf(settings, allOptions).forEach(ui.trace);
    const warn = (message: string) => ui.notify(`warning: ${message}`);
    localNotices(configuration, around).forEach(warn);
    unknownSettings(settings, [...allOptions, ...pluginOptions]).forEach(warn);
    const config = resolveConfig(options, around, given['gpg-gnupghome'] === undefined);
    const others = this.#plugins.map((plugin) =>
      createPluginEncryptor(plugin, { options: optionsOf(plugin, options), warn }),
    );
    const messages = { warn, detail: ui.detail };
    const toolbox = createToolbox(config, { environment: process.env, messages, others });
    return { options, config, toolbox, ui };
  }
}

function pkcs7Flags() {
  const flag = (helpValue: string, summary: string) => Flags.string({ helpValue, summary, helpGroup: 'PKCS7' });
  return {
    'pkcs7-private-key': flag('FILE', 'private key, in PEM (default: ./keys/private_key.pkcs7.pem)'),
    'pkcs7-public-key': flag('FILE', 'certificate or public key, in PEM (default: ./keys/public_key.pkcs7.pem)'),
    'pkcs7-private-key-env-var': flag('NAME', 'environment variable that holds the private key'),
    'pkcs7-public-key-env-var': flag('NAME', 'environment variable that holds the public key'),
    'pkcs7-b64-private-key-env-var': flag('NAME', 'environment variable that holds the private key in base64'),
    'pkcs7-b64-public-key-env-var': flag('NAME', 'environment variable that holds the public key in base64'),
    'pkcs7-keysize': flag('BITS', 'for createkeys: length of the key, 2048 to 4096 (default: 2048)'),
    'pkcs7-subject': flag('NAME', 'for createkeys: subject of the certificate (default: /)'),
    'pkcs7-digest': flag('HASH', 'for createkeys: hash that the certificate is signed with (default: SHA256)'),
  };
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
