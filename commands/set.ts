import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { withoutDash } from '../src/cli/input.js';
import { newReadersTeller } from '../src/cli/new-readers.js';
import { ACCEPT_FLAG } from '../src/cli/seen.js';
import { valueSource } from '../src/cli/value-source.js';
import { readKeyPath } from '../src/verbs/key-paths.js';
import { setValue } from '../src/verbs/set.js';

const SOURCES = ['value', 'file', 'stdin'];
const others = (name: string) => SOURCES.filter((source) => source !== name);

export default class Set extends EyamlCommand {
  static override summary = 'encrypt one value and put it into a file';
  static override description =
    'Needs only public keys. Asks for the value if no option gives it. All else in the file keeps its bytes; a value that is there keeps its method and style. ' +
    'Writers of one file take turns, so none of many values set at once is lost.';
  static override examples = [
    '<%= config.bin %> set common.eyaml profile::db.password',
    '<%= config.bin %> set --stdin common.eyaml krb5::keytab < /etc/krb5.keytab',
    `<%= config.bin %> set common.eyaml 'users[0]."first.last"'`,
  ];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'the file to change; it may be a new file', required: true }),
    key: Args.string({
      name: 'KEY',
      description: `the key: db::users[0].password; '"a.b".c' if its name holds dots, blanks, brackets or quotes`,
      required: true,
    }),
  };
  static override flags = {
    stdin: Flags.boolean({ summary: 'read the value from standard input', exclusive: others('stdin') }),
    file: Flags.string({
      char: 'f',
      helpValue: 'FILE',
      summary: 'take the content of a file as the value',
      exclusive: others('file'),
    }),
    value: Flags.string({ helpValue: 'TEXT', summary: 'the value itself', exclusive: others('value') }),
    confirm: Flags.boolean({ summary: 'ask for the value twice', exclusive: SOURCES }),
    block: Flags.boolean({ summary: 'write a new value as a block' }),
    ...ACCEPT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Set, withoutDash(this.argv));
    const path = readKeyPath(args.key);
    const { options, config, context, ui } = await this.begin(flags);
    if (options.value !== undefined && process.stderr.isTTY) {
      ui.notify(
        'note: other users may see the text given with --value, and the shell history keeps it; use --stdin or the prompt',
      );
    }
    const plaintext = await valueSource(options, args.key);
    const given = {
      tag: flags['encrypt-method'] === undefined ? undefined : config.encryptMethod,
      block: options.block,
      plaintext,
      onNewReaders: newReadersTeller('set', context, ui),
    };
    const { kind, isNewFile, source, tag } = await setValue(args.file, path, given, context);
    if (kind === 'unchanged') ui.notify(`${args.key} in ${args.file} already has this value; nothing was written`);
    else
      ui.notify(
        `${isNewFile ? 'created' : 'changed'} ${args.file}: ${args.key} is encrypted with ${tag} for ${source}`,
      );
  }
}
