import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { aboutReport, type About } from '../src/cli/exposure/about.js';
import { FORMATS, FORMAT_NAMES } from '../src/cli/exposure/formats.js';
import { lapsedText } from '../src/cli/exposure/shown.js';
import { createSteps } from '../src/cli/exposure/steps.js';
import { openPlace, readWords } from '../src/cli/exposure/words.js';
import { BadValue } from '../src/cli/usage.js';
import { DURATION } from '../src/config/kinds.js';
import { EyamlError } from '../src/errors.js';
import { writeReport } from '../src/files/private-report.js';
import { findAges } from '../src/verbs/exposure/age.js';
import { findExposure } from '../src/verbs/exposure/exposure.js';
import { isOpen } from '../src/verbs/exposure/finding.js';
import { listReaders } from '../src/verbs/exposure/readers.js';

// In seconds, as a duration is.
const DAY = 86_400;

const olderThan = Flags.custom<number>({
  helpValue: 'TIME',
  summary: 'with --age: only secrets older than that, such as 365d; exit code 1 if there are any',
  dependsOn: ['age'],
  parse: (text) => {
    const read = DURATION.read(text);
    if ('fault' in read) return Promise.reject(new BadValue('older-than', read.fault, []));
    return Promise.resolve(read.value === 'never' ? Infinity : read.value);
  },
});

export default class Exposure extends EyamlCommand {
  static override summary = 'list the secrets that people could ever read, and whether each was changed since';
  static override description =
    'Reads the git history of all branches and tags, and compares plaintexts with your own key; nothing of them is printed. Exit code 0: all is rotated, removed or accepted; 1: something is exposed or unknown, or the report is not complete; 2: wrong usage.';
  static override examples = [
    '<%= config.bin %> exposure bob@example.com',
    '<%= config.bin %> exposure --no-states 3F2A…C9 production',
    '<%= config.bin %> exposure --format markdown --output bob.md bob@example.com',
    '<%= config.bin %> exposure --list-readers',
    '<%= config.bin %> exposure --age --older-than 365d',
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
    age: Flags.boolean({
      default: false,
      summary: 'list how long each secret has had its plaintext, instead of people',
    }),
    'older-than': olderThan(),
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
    const asked = [words.people.length > 0, flags['list-readers'], flags.age].filter(Boolean);
    if (asked.length !== 1) throw new EyamlError('USAGE', 'give either people, --list-readers or --age');
    const { options, context, ui } = await this.begin(flags);
    const { onStep, end } = createSteps(options.quiet || !process.stderr.isTTY);
    const place = await openPlace(words.paths, ui);
    const walk = { ...place, revisions: flags.rev, since: flags.since, onStep };
    const onRefused = ({ message }: EyamlError) => ui.notify(`warning: values are not decrypted: ${message}`);
    const format = FORMATS[flags.format];
    const show = async (reportOf: (about: About) => string, gaps: readonly string[], isDone = true) => {
      end();
      const report = reportOf(await aboutReport(walk, gaps));
      for (const gap of gaps) ui.insist(`warning: the report is not complete: ${gap}`);
      if (flags.output === undefined) await ui.print(report);
      else writeReport(flags.output, report);
      if (!isDone || gaps.length > 0) process.exit(1);
    };
    if (flags['list-readers']) {
      const { readers, gaps } = await listReaders(walk, context);
      await show((about) => format.readers(readers, about), gaps);
    } else if (flags.age) {
      const { ages, gaps } = await findAges({ ...walk, now: Date.now(), onRefused }, context);
      const limit = flags['older-than'];
      const old =
        limit === undefined ? ages : ages.filter(({ days, since }) => (days ?? (since ? Infinity : 0)) * DAY > limit);
      await show((about) => format.ages(old, about), gaps, limit === undefined || old.length === 0);
    } else {
      const states = !flags['no-states'];
      const exposure = await findExposure({ ...walk, people: words.people, states, onRefused }, context);
      for (const exception of exposure.lapsed) ui.insist(`warning: ${lapsedText(exception)}`);
      await show((about) => format.exposure(exposure, about), exposure.gaps, !exposure.findings.some(isOpen));
    }
  }
}
