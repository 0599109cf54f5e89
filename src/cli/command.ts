import { homedir } from 'node:os';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { createToolbox, readSettings, resolveConfig, type Config, type GivenOptions, type Toolbox } from '../index.js';
import { localNotices, optionsFrom, unknownSettings } from './settings.js';
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
      summary: 'method for new values: gpg',
      helpGroup: 'GLOBAL',
    }),
    verbose: Flags.boolean({ char: 'v', summary: 'say more', helpGroup: 'GLOBAL' }),
    trace: Flags.boolean({
      char: 't',
      summary: 'say where in the program an unexpected error happened',
      helpGroup: 'GLOBAL',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'say nothing but errors', helpGroup: 'GLOBAL' }),
    version: Flags.boolean({ summary: 'show the version', helpGroup: 'GLOBAL' }),
    'gpg-gnupghome': Flags.string({ helpValue: 'DIR', summary: 'GnuPG home to use', helpGroup: 'GPG' }),
    'gpg-always-trust': Flags.boolean({ summary: "take recipients' keys whatever their validity", helpGroup: 'GPG' }),
    'gpg-recipients': Flags.string({ helpValue: 'A,B', summary: 'recipients, separated by commas', helpGroup: 'GPG' }),
    'gpg-recipients-file': Flags.string({ helpValue: 'FILE', summary: 'recipients file to use', helpGroup: 'GPG' }),
  };

  /** Puts parsed flags together with the configuration files, and says what is odd about those. */
  protected async begin<Options extends GivenOptions & Loudness>(given: Options): Promise<Started<Options>> {
    const surroundings = { environment: process.env, cwd: process.cwd(), homeFolder: homeFolder() };
    const settings = await readSettings(surroundings);
    const known = { ...this.ctor.baseFlags, ...this.ctor.flags };
    const options = { ...optionsFrom(settings, known, surroundings.homeFolder), ...given };
    const ui = createUi(options);
    const allOptions = this.config.commands.flatMap(({ flags }) => Object.keys(flags));
    const warnings = [...localNotices(settings, surroundings.cwd), ...unknownSettings(settings, allOptions)];
    for (const warning of warnings) ui.notify(`warning: ${warning}`);
    const config = resolveConfig(options, surroundings, given['gpg-gnupghome'] === undefined);
    const warn = (message: string) => ui.notify(`warning: ${message}`);
    const toolbox = createToolbox(config, process.env, { warn, detail: ui.detail });
    return { options, config, toolbox, ui };
  }
}

// A container may run as a user that no passwd file knows, without HOME: it has no configuration of its own then.
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}
