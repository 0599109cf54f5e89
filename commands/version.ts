import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { createUi } from '../src/cli/ui.js';
import { printable, printableJson } from '../src/text/printable.js';

export default class Version extends EyamlCommand {
  static override summary = 'show the version';
  static override description =
    'With -v also the commit, the versions of Node.js and openpgp.js, and how eyaml was installed.';
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version --verbose'];
  static override flags = {
    json: Flags.boolean({ summary: 'print everything as JSON' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Version);
    const lines = flags.json ? [] : [`hiera-eyaml-gpg ${this.config.version} (node ${process.versions.node})`];
    if (flags.json || flags.verbose) {
      const [{ aboutThis }, { aboutLines }] = await Promise.all([
        import('../src/cli/about.js'),
        import('../src/verbs/about.js'),
      ]);
      const about = await aboutThis(this.config);
      lines.push(...(flags.json ? [printableJson(about)] : aboutLines(about).map(printable)));
    }
    await createUi({}).print(lines.map((line) => `${line}\n`).join(''));
  }

  /** A broken plugin must not keep it from running. */
  protected override loadedPlugins(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }
}
