import { resolveConfig, type Config, type GivenOptions } from '../config/config.js';
import { readConfiguration } from '../config/configuration.js';
import { FILE_ONLY } from '../config/settings.js';
import { createContext, type Context } from '../context/context.js';
import { createPluginEncryptor, pluginOptionName, type Plugin } from '../encryptors/plugins.js';
import type { RecipientsTree } from '../recipients/source.js';
import { readEnvironment } from './environment.js';
import { localNotices, traceOf, unknownSettings } from './notices.js';
import { askPassphrase, askPemPassphrase } from './passphrase.js';
import { pluginFlags } from './plugin-flags.js';
import { memoryOf } from './seen.js';
import { optionsFrom, outrankingRules, recipientOrigins, withoutOverruled } from './settings.js';
import { createUi, type Ui, type Verbosity } from './ui.js';

/** What a command starts with: its options from the command line and the configuration files, and what follows from them. */
export interface Started<Options> {
  readonly options: Options;
  readonly config: Config;
  readonly context: Context;
  readonly ui: Ui;
}

/** Options of the command line that decide how every command starts. */
export interface Given extends GivenOptions, Verbosity {
  readonly 'no-folder-config'?: boolean | undefined;
  /** Of commands that encrypt nothing, and that git runs at every commit: what the folder sets is not told each time. */
  readonly isCalledByGit?: boolean;
  /** Of the commands that encrypt. */
  readonly 'accept-recipients'?: string | undefined;
}

/** What a command knows of itself and of the others. */
export interface Known {
  /** Its options. */
  readonly known: Parameters<typeof optionsFrom>[1];
  /** The names of the options of all commands. */
  readonly allOptions: readonly string[];
  readonly plugins: readonly Plugin[];
}

/** Merges the parsed flags with the configuration files, and warns about settings in those. */
export async function begin<Options extends Given>(
  given: Options,
  { known, allOptions, plugins }: Known,
  tree: RecipientsTree | undefined,
): Promise<Started<Options>> {
  const around = readEnvironment();
  const configuration = await readConfiguration(around, { withFolder: !given['no-folder-config'] });
  const { settings, files } = configuration;
  const readable = { ...known, ...Object.fromEntries(FILE_ONLY.map((name) => [name, { type: 'option' as const }])) };
  const configured = withoutOverruled(optionsFrom(settings, readable, around.homeFolder), given);
  const options = { ...configured, ...given };
  const ui = createUi(options);
  for (const file of files) ui.detail(`Loaded config from ${file}`);
  const pluginOptions = Object.keys(pluginFlags(plugins));
  traceOf(settings, allOptions).forEach(ui.trace);
  const warn = (message: string) => ui.notify(`warning: ${message}`);
  const insist = (message: string) => ui.insist(`warning: ${message}`);
  if (!given.isCalledByGit) localNotices(configuration, allOptions, pluginOptions).forEach(insist);
  unknownSettings(settings, [...allOptions, ...pluginOptions, ...FILE_ONLY]).forEach(warn);
  const origins = recipientOrigins(settings, given, around.cwd);
  const resolved = resolveConfig(options, around, given['gpg-gnupghome'] === undefined, origins);
  const config = { ...resolved, tree, outranking: outrankingRules(settings, given) };
  const others = plugins.map((plugin) => createPluginEncryptor(plugin, { options: optionsOf(plugin, options), warn }));
  const messages = { warn, detail: ui.detail, insist: ui.insist, trace: ui.trace };
  const memory = memoryOf(given['accept-recipients'], config, ui);
  const asking = { askPassphrase, askPemPassphrase, memory };
  const context = createContext(config, { environment: process.env, messages, others, ...asking });
  return { options, config, context, ui };
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
