import * as Args from '@oclif/core/args';
import { EyamlCommand } from '../src/cli/command.js';
import { readKeyPath } from '../src/verbs/key-paths.js';
import { unsetValue } from '../src/verbs/unset.js';

export default class Unset extends EyamlCommand {
  static override summary = 'take one key with its value out of a file';
  static override description =
    'Needs no keys. All else in the file keeps its bytes. Git keeps the old value: change the secret itself if others could read it.';
  static override examples = ['<%= config.bin %> unset common.eyaml profile::db.password'];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'the file to change', required: true }),
    key: Args.string({ name: 'KEY', description: 'the key, or an item of a list: db::users[0]', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unset);
    const path = readKeyPath(args.key);
    const { context, ui } = await this.begin(flags);
    await unsetValue(args.file, path, context);
    ui.notify(`changed ${args.file}: ${args.key} is gone`);
  }
}
