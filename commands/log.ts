import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { openHistory } from '../src/cli/history.js';
import { logJson, logText } from '../src/cli/log-text.js';
import type { EyamlError } from '../src/errors.js';
import { readKeyPath } from '../src/verbs/key-paths.js';
import { logValues } from '../src/verbs/log/log.js';

export default class Log extends EyamlCommand {
  static override summary = "show the history of a file's values: who added, changed or re-encrypted which, and when";
  static override description =
    'Reads the git history of the current branch. Values are decrypted only to tell a change from a re-encryption, and nothing of them is printed without --show.';
  static override examples = [
    '<%= config.bin %> log common.eyaml',
    '<%= config.bin %> log --show common.eyaml profile::db.password',
    '<%= config.bin %> log --json common.eyaml',
  ];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'the file; it need not exist any more', required: true }),
    key: Args.string({ name: 'KEY', description: 'only this key and those below it: db::users[0].password' }),
  };
  static override flags = {
    show: Flags.boolean({ summary: 'print the plaintexts before and after each change', exclusive: ['no-decrypt'] }),
    'no-decrypt': Flags.boolean({ summary: 'decrypt nothing: a re-encryption and a change look the same' }),
    since: Flags.string({ helpValue: 'DATE', summary: 'only commits after a date, as in git log' }),
    json: Flags.boolean({ summary: 'print JSON' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Log);
    const key = args.key === undefined ? undefined : readKeyPath(args.key);
    const { options, context, ui } = await this.begin(flags);
    const { git, file } = await openHistory(args.file, ui);
    const opens = options['no-decrypt'] ? 'none' : options.show ? 'all' : 'compared';
    const onRefused = ({ message }: EyamlError) => ui.notify(`warning: values are not decrypted: ${message}`);
    const entries = await logValues(git, { file, key, since: options.since, opens, onRefused }, context);
    if (entries.length === 0 && !options.json) ui.notify(`no commit changed an encrypted value in ${args.file}`);
    await ui.print(options.json ? logJson(entries) : logText(entries));
  }
}
