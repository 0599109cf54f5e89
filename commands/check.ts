import path from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { readersAddedSince } from '../src/cli/against.js';
import { EyamlCommand } from '../src/cli/command.js';
import { CHECK_FLAGS, TREE_FLAGS } from '../src/cli/flags.js';
import { nothingMatches } from '../src/cli/matched.js';
import { findPrivateKeys } from '../src/cli/private-keys.js';
import { createProgress } from '../src/cli/progress.js';
import { REPORTS } from '../src/cli/reports.js';
import { openStaged } from '../src/cli/staged.js';
import { SETTINGS } from '../src/config/settings.js';
import { EyamlError } from '../src/errors.js';
import { createListing, findFiles, type TreeOptions } from '../src/files/find.js';
import { findFollowers, findRecipientsFiles, followedAmong } from '../src/recipients/find.js';
import { readOctets } from '../src/files/snapshot.js';
import { check, type CheckedFile } from '../src/verbs/check/check.js';
import { signedProblems } from '../src/verbs/check/signed.js';

export default class Check extends EyamlCommand {
  static override summary = 'find values that the wrong people can read, and other problems';
  static override description =
    'Needs only public keys, and decrypts nothing without --decrypt. Exit code 0: no problems found; 1: problems found; 2: wrong usage.';
  static override examples = [
    '<%= config.bin %> check .',
    '<%= config.bin %> check --staged',
    '<%= config.bin %> check --format github .',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({ name: 'PATH', description: 'files, folders (*.eyaml, *.yaml, *.yml below) and globs' }),
  };
  static override flags = {
    staged: Flags.boolean({ default: false, summary: 'check what is staged in git, instead of paths' }),
    against: Flags.string({
      helpValue: 'REV',
      summary: 'also report readers who were added since this commit',
      exclusive: ['staged'],
    }),
    decrypt: Flags.boolean({ summary: 'decrypt every value too, and print only how many could be decrypted' }),
    format: Flags.option({
      options: ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'] as const,
      summary: `form of the report (default: ${SETTINGS.format.default})`,
    })(),
    ...CHECK_FLAGS,
    ...TREE_FLAGS,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Check);
    const paths = argv as string[];
    if (flags.staged === paths.length > 0) throw new EyamlError('USAGE', 'give either paths to check or --staged');
    const staged = flags.staged ? await openStaged() : undefined;
    const { options, context, ui } = await this.begin(flags, staged?.recipients);
    const tree = { ...options, listing: createListing() };
    const files = staged?.files ?? (await named(paths, tree, context.recipients.governingInTree));
    const disabledRules = options['disable-rule'] ?? SETTINGS['disable-rule'].default;
    const isOn = !disabledRules.includes('private-key');
    const privateKeys = isOn ? (staged?.privateKeys ?? (await findPrivateKeys(paths, tree, ui.notify))) : [];
    const added = flags.against === undefined ? [] : await readersAddedSince(flags.against, files, context);
    const notSigned = staged ? [] : await signedProblems(paths, context);
    const problems = [...privateKeys, ...added, ...notSigned];
    // A commit without such files has nothing to check; but if paths were given, finding no file is an error.
    if (files.length === 0 && problems.length === 0 && !staged) throw nothingMatches('checked');
    const progress = createProgress(files.length, 'files', options.quiet || !process.stderr.isTTY);
    const result = await check(
      files,
      {
        disabledRules,
        problems,
        expiryDays: options['expiry-days'] ?? SETTINGS['expiry-days'].default,
        decrypt: options.decrypt,
        now: Date.now() / 1000,
      },
      context,
      () => progress.step(1),
    );
    progress.end();
    await ui.print(REPORTS[options.format ?? SETTINGS.format.default]?.(result) ?? '');
    if (result.findings.length > 0) process.exit(1);
  }
}

type Governs = Parameters<typeof findFollowers>[1];

// Recipients files first: their problems explain problems of the values that follow them.
async function named(paths: string[], options: TreeOptions, governs: Governs): Promise<readonly CheckedFile[]> {
  const { files } = await findFiles(paths, options);
  const followers = await findFollowers(followedAmong(files), governs, options);
  const all = [...(await findRecipientsFiles(paths, options)), ...files, ...followers];
  const byPath = new Map(all.map((file) => [path.resolve(file), file]));
  return [...byPath.values()].map((file) => ({ file, read: () => readOctets(file) }));
}
