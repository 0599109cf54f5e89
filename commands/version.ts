import { EyamlCommand } from '../src/cli/command.js';
import { createUi } from '../src/cli/ui.js';

export default class Version extends EyamlCommand {
  static override summary = 'show the version';

  async run(): Promise<void> {
    await this.parse(Version);
    await createUi({}).print(`hiera-eyaml-gpg ${this.config.version} (node ${process.versions.node})\n`);
  }
}
