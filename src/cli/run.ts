import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { getHelpFlagAdditions, normalizeArgv } from '@oclif/core/help';
import type { PJSON, Plugin } from '@oclif/core/interfaces';
import { noSuchCommand } from './no-such-command.js';
import { isRefusal } from './usage.js';

/** The program as it was built and started: what package.json and oclif's manifest say of it, and how its commands are loaded. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly oclif: PJSON['oclif'];
  readonly manifest: { readonly commands: Readonly<Record<string, Command.Cached>> };
  readonly commands: Readonly<Record<string, () => Promise<{ readonly default: Command.Class }>>>;
  readonly commit?: string | undefined;
  readonly hasKeptCode?: boolean;
}

/** oclif's view of the program. It is given all that oclif would otherwise look for in files at every start. */
export async function configOf(program: Program): Promise<Config> {
  const { name, version, oclif, manifest, commit, hasKeptCode } = program;
  const pjson = { name, version, oclif, commit, hasKeptCode } as PJSON;
  const commands = Object.values(manifest.commands).map((command) => ({
    ...command,
    load: async (): Promise<Command.Class> => {
      const found = await program.commands[command.id]?.();
      if (found === undefined) throw new TypeError(`${command.id} is in the manifest alone`);
      found.default.id = command.id;
      return found.default;
    },
  }));
  const topics = Object.entries(oclif.topics ?? {}).map(([topic, about]) => ({ name: topic, ...about }));
  const plugin: Partial<Plugin> = { name, version, pjson, commands, topics, hooks: {}, root: '', type: 'core' };
  const plugins = new Map([[name, plugin as Plugin]]);
  const config = new Config({ root: '', pjson, plugins, userPlugins: false, devPlugins: false });
  // oclif would look for a file of colours in the home.
  Object.assign(config, { loadTheme: () => Promise.resolve() });
  await config.load();
  return config;
}

/**
 * Runs the command that the arguments name.
 *
 * @throws {@link EyamlError} `USAGE` when there is no such command, and what the command throws.
 */
export async function run(argv: readonly string[], program: Program): Promise<void> {
  const config = await configOf(program);
  const [id = '', ...rest] = normalizeArgv(config, [...argv]);
  try {
    if (asksForHelp(argv, config)) {
      const { Help } = await import('./help.js');
      await new Help(config).showHelp([...argv]);
    } else await start(config.findCommand(id, { must: true }), rest, config);
  } catch (error) {
    if (!isRefusal(error) || error.oclif.exit === 0) throw error;
    throw noSuchCommand(argv, config.commands);
  }
}

/** Runs a command as oclif does, except that the configuration is not loaded a second time. */
async function start(command: Command.Loadable, argv: string[], config: Config): Promise<void> {
  const Loaded = await command.load();
  // oclif would take a missing argument from standard input, where a secret may be, or the list of a loop.
  for (const argument of Object.values(Loaded.args)) argument.ignoreStdin = true;
  const Runnable = Loaded as unknown as new (argv: string[], config: Config) => { _run(): Promise<void> };
  await new Runnable(argv, config)._run();
}

function asksForHelp(argv: readonly string[], config: Config): boolean {
  const flags = getHelpFlagAdditions(config);
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  return options.some((word) => flags.includes(word));
}
