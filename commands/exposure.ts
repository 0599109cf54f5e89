import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { FORMATS, FORMAT_NAMES } from '../src/cli/exposure/formats.js';
import { createSteps } from '../src/cli/exposure/steps.js';
import { openPlace, readWords } from '../src/cli/exposure/words.js';
import { EyamlError } from '../src/errors.js';
import { writeReport } from '../src/files/private-report.js';
import { findExposure } from '../src/verbs/exposure/exposure.js';
import { isOpen } from '../src/verbs/exposure/finding.js';
import { listReaders } from '../src/verbs/exposure/readers.js';

export default class Exposure extends EyamlCommand {
  static override summary = 'list the secrets that people could ever read, and whether each was changed since';
  static override description =
    'Reads the git history of all branches and tags, and compares plaintexts with your own key; nothing of them is printed. Exit code 0: all is rotated, removed or accepted; 1: something is exposed or unknown; 2: wrong usage.';
  static override examples = [
    '<%= config.bin %> exposure bob@example.com',
    '<%= config.bin %> exposure --no-states 3F2A…C9 production',
    '<%= config.bin %> exposure --format markdown --output bob.md bob@example.com',
    '<%= config.bin %> exposure --list-readers',
  ];
  static override strict = false;
  static override onlyTyped = ['format', 'output'];
  static override args = {
    person: Args.string({
      name: 'PERSON',
      description: 'fingerprint, key ID, address or name; then files and folders, if not all of the repository counts',
    }),
  };
  static override flags = {
    'list-readers': Flags.boolean({ default: false, summary: 'list every key that values were ever encrypted for' }),
    'no-states': Flags.boolean({ default: false, summary: 'decrypt nothing: only list what they could read' }),
    rev: Flags.string({
      helpValue: 'REVISION',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'only commits up to these, as in git log (default: all branches and tags)',
    }),
    since: Flags.string({ helpValue: 'DATE', summary: 'only commits after a date, as in git log' }),
    format: Flags.option({ options: FORMAT_NAMES, summary: 'form of the report (default: text)' })({ default: 'text' }),
    output: Flags.string({ helpValue: 'FILE', summary: 'write the report to a file that only you can read' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Exposure);
    const words = await readWords(argv as string[]);
    const { options, context, ui } = await this.begin(flags);
    if (words.people.length > 0 === flags['list-readers'])
      throw new EyamlError('USAGE', 'give either people or --list-readers');
    const { onStep, end } = createSteps(options.quiet || !process.stderr.isTTY);
    const place = await openPlace(words.paths, ui);
    const walk = { ...place, revisions: flags.rev, since: flags.since, onStep };
    const format = FORMATS[flags.format];
    const show = async (report: string, gaps: readonly string[]) => {
      end();
      for (const gap of gaps) ui.insist(`warning: the report is not complete: ${gap}`);
      if (flags.output === undefined) await ui.print(report);
      else writeReport(flags.output, report);
    };
    if (flags['list-readers']) {
      const { readers, gaps } = await listReaders(walk, context);
      await show(format.readers(readers), gaps);
      return;
    }
    const states = !flags['no-states'];
    const onRefused = ({ message }: EyamlError) => ui.notify(`warning: values are not decrypted: ${message}`);
    const exposure = await findExposure({ ...walk, people: words.people, states, onRefused }, context);
    await show(format.exposure(exposure), exposure.gaps);
    if (exposure.findings.some(isOpen)) process.exit(1);
  }
}
