import path from 'node:path';
import * as Args from '@oclif/core/args';
import { EyamlCommand } from '../../src/cli/command.js';
import { createUi } from '../../src/cli/ui.js';
import { readOctets } from '../../src/files/snapshot.js';
import { textconv } from '../../src/verbs/git/textconv.js';

export default class GitTextconv extends EyamlCommand {
  static override summary = 'print a file with its values decrypted, so that git can compare it (called by git)';
  static override description =
    'Asks nothing: what your keys cannot open without a passphrase is shown as ENC[GPG,sha256:…]. "eyaml git install" configures it.';
  static override examples = ['<%= config.bin %> git textconv common.eyaml'];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'the file, or a copy of it that git made', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GitTextconv);
    const octets = await readOctets(args.file);
    // If it failed, git would stop in the middle of its own work.
    const { context } = await this.begin({ ...flags, quiet: true, isCalledByGit: true }).catch(() => ({ context: {} }));
    const shown = await textconv(octets, placeOf(args.file), context).catch(() => octets);
    await createUi(flags).print(shown);
  }

  protected override loadedPlugins() {
    return super.loadedPlugins().catch(() => []);
  }
}

// Git's copies lie in a folder for temporary files, where anybody might put a configuration; git itself runs at the top of the work tree.
function placeOf(file: string): string {
  return path.relative('', path.resolve(file)).startsWith('..') ? path.basename(file) : file;
}
