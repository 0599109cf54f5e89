import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { EyamlError } from '../src/errors.js';
import { readOctets, textOf } from '../src/files/snapshot.js';
import { printableJson } from '../src/text/printable.js';
import { readKeyPath } from '../src/verbs/key-paths.js';
import { getValues, gotAsJson } from '../src/verbs/get.js';

export default class Get extends EyamlCommand {
  static override summary = 'print one value of a file, decrypted';
  static override description =
    'Opens only that value, and prints its bytes with nothing added. A key without an encrypted value prints what the file says.';
  static override examples = [
    '<%= config.bin %> get common.eyaml profile::db.password',
    '<%= config.bin %> get --json common.eyaml',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ name: 'FILE', description: 'the file to read', required: true }),
    key: Args.string({
      name: 'KEY',
      description: `the key: db::users[0].password; '"a.b".c' if its name holds dots, blanks, brackets or quotes`,
    }),
  };
  static override flags = {
    json: Flags.boolean({
      summary:
        'print an object from key to value, for the given keys or all encrypted values; {"base64": …} for what is not UTF-8',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Get);
    const [file = '', ...keys] = argv as string[];
    const paths = keys.map(readKeyPath);
    const { options, context, ui } = await this.begin(flags);
    const isJson = options.json;
    if (!isJson && keys.length !== 1) {
      throw new EyamlError('USAGE', keys.length === 0 ? 'no key is given' : 'more than one key is given', {
        suggestions: ['--json prints several values, or all encrypted ones'],
      });
    }
    const got = await getValues(textOf(await readOctets(file), file), file, paths, context);
    await ui.print(isJson ? `${printableJson(gotAsJson(got))}\n` : (got[0]?.octets ?? ''));
    // A shell's prompt must not look like a part of the value; what is piped has nothing added.
    if (!isJson && process.stdout.isTTY && process.stderr.isTTY) process.stderr.write('\n');
  }
}
