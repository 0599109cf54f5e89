import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { aboutThis } from '../src/cli/about.js';
import { EyamlCommand } from '../src/cli/command.js';
import { diagnose } from '../src/cli/doctor/diagnose.js';
import { doctorJson, doctorText } from '../src/cli/doctor/report.js';

export default class Doctor extends EyamlCommand {
  static override summary = 'find out why something does not work: GnuPG, keys, recipients, editor, hiera.yaml';
  static override description =
    'Prints what is not ok, each with a command to run; -v prints all that was looked at. Decrypts nothing and asks for no passphrase. Run as the user puppet on its server, it says whether Puppet can read the values. Exit code 0: no problems found; 1: problems found; 2: wrong usage.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor -v hieradata/production.yaml',
    'sudo -u puppet <%= config.bin %> doctor /etc/puppetlabs/code/environments/production',
  ];
  static override args = {
    path: Args.string({ name: 'PATH', description: 'file or folder that it is about (default: the current folder)' }),
  };
  static override flags = {
    json: Flags.boolean({ summary: 'print everything as JSON' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Doctor);
    const { findings, options, ui } = await diagnose(flags, args.path, {
      about: await aboutThis(this.config),
      known: { ...this.ctor.baseFlags, ...this.ctor.flags },
      allOptions: this.config.commands.flatMap(({ flags }) => Object.keys(flags)),
    });
    await ui.print(options.json ? doctorJson(findings) : doctorText(findings, options.verbose));
    if (findings.some(({ state }) => state === 'problem')) process.exit(1);
  }

  /** A broken plugin must not keep it from running. */
  protected override loadedPlugins(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }
}
