import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { createScene, type Scene } from '../helpers/scene.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const BOTH = 'alice@example.com\nbob@example.com\n';
const ONE = 'alice@example.com\n';
const UNKNOWN = 'alice@example.com\nnobody@example.com\n';

let gnupg: GnupgHome;
let value: string;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
  const octets = gnupg.gpg(['-r', 'alice@example.com', '-r', 'bob@example.com', '--encrypt'], 'x');
  value = `ENC[GPG,${octets.toString('base64')}]`;
});
afterAll(() => gnupg.remove());

/** What check finds, as `FILE RULE`, in the order it is told. */
async function found(it: Scene, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await it.run(['check', '--format', 'json', ...args]);
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as { findings: { file: string; rule: string }[] };
  return [...new Set(findings.map(({ file, rule }) => `${file} ${rule}`))];
}

describe('a recipients file is reviewed', () => {
  test('alone in a folder', async () => {
    const it = createScene({ gnupg });
    it.write(`d/${RECIPIENTS}`, UNKNOWN);
    expect(await found(it, 'd')).toEqual([`d/${RECIPIENTS} recipient-unknown`]);
    expect((await it.run(['check', 'd'])).stdout).toContain('1 recipients file');
  });

  test('where it is a link', async () => {
    const it = createScene({ gnupg });
    it.write('shared.recipients', UNKNOWN);
    mkdirSync(path.join(it.cwd, 'd'));
    symlinkSync('../shared.recipients', path.join(it.cwd, 'd', RECIPIENTS));
    expect(await found(it, 'd')).toEqual([`d/${RECIPIENTS} recipient-unknown`]);
  });

  test('above a file that holds no value', async () => {
    const it = createScene({ gnupg });
    it.write(RECIPIENTS, UNKNOWN);
    it.write('d/a.yaml', 'a: 1\n');
    expect(await found(it, 'd/a.yaml')).toEqual([`${RECIPIENTS} recipient-unknown`]);
  });

  test('although an option names other recipients', async () => {
    const it = createScene({ gnupg });
    it.write(RECIPIENTS, UNKNOWN);
    it.write('a.yaml', 'a: 1\n');
    expect(await found(it, '--gpg-recipients', 'alice@example.com', '.')).toEqual([`${RECIPIENTS} recipient-unknown`]);
  });

  test('when it is named, with the values that follow it and no others', async () => {
    const it = createScene({ gnupg });
    for (const [folder, list] of [
      ['.', ONE],
      ['other', BOTH],
    ] as const)
      it.write(path.join(folder, RECIPIENTS), list);
    for (const file of ['sub/a.yaml', 'other/b.yaml']) it.write(file, `k: ${value}\n`);
    expect(await found(it, RECIPIENTS)).toEqual(['sub/a.yaml extra-recipient']);
    expect(await found(it, `other/${RECIPIENTS}`)).toEqual([]);
  });

  test('that names nobody: one finding, however many values follow it', async () => {
    const it = createScene({ gnupg });
    it.write(RECIPIENTS, '# none yet\n');
    it.write('a.yaml', Array.from({ length: 5 }, (_, i) => `k${i}: ${value}\n`).join(''));
    const { stdout } = await it.run(['check', '--format', 'json', '.']);
    expect(JSON.parse(stdout)).toMatchObject({ findings: [{ file: RECIPIENTS, line: 1, rule: 'recipients-empty' }] });
  });
});

test('a damaged value is found where nobody is named to read it', async () => {
  const it = createScene({ gnupg });
  it.write('a.yaml', 'a: ENC[GPG,abcd]\n');
  expect(await found(it, '.')).toEqual(['a.yaml no-recipients-file', 'a.yaml damaged-value']);
  expect(await found(it, '--disable-rule', 'no-recipients-file', '.')).toEqual(['a.yaml damaged-value']);
});

describe.runIf(hasPeer('git'))('check --staged', () => {
  const git = (it: Scene, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
      cwd: it.cwd,
      stdio: 'pipe',
    });

  /** A repository whose values are for those of the recipients file, committed. */
  function repository(files: Readonly<Record<string, string>> = { [RECIPIENTS]: BOTH }): Scene {
    const it = createScene({ gnupg });
    git(it, 'init', '-q');
    for (const [file, text] of Object.entries(files)) it.write(file, text);
    it.write('sub/a.yaml', `k: ${value}\n`);
    git(it, 'add', '-A');
    git(it, 'commit', '-qm', 'x');
    return it;
  }

  /** The findings in what is staged, from a folder. */
  async function foundIn(cwd: string, { homeFolder }: Scene): Promise<unknown> {
    const env = { HOME: homeFolder, GNUPGHOME: gnupg.path };
    const { stdout } = await eyaml(['check', '--staged', '--format', 'json'], { cwd, env });
    return (JSON.parse(stdout) as { findings: unknown }).findings;
  }

  test('sees a line that was added, and what it means for values that did not change', async () => {
    const it = repository();
    it.write(RECIPIENTS, UNKNOWN);
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual([`${RECIPIENTS} recipient-unknown`]);
    it.write(RECIPIENTS, ONE);
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual(['sub/a.yaml extra-recipient']);
  });

  test('judges by the recipients that git would commit, not by those in the folder', async () => {
    const it = repository();
    it.write(RECIPIENTS, ONE);
    git(it, 'add', '-A');
    it.write(RECIPIENTS, BOTH);
    expect(await found(it, '--staged')).toEqual(['sub/a.yaml extra-recipient']);
    git(it, 'checkout', '-q', 'HEAD', '--', RECIPIENTS);
    it.write(RECIPIENTS, ONE);
    it.write('sub/a.yaml', `# changed\nk: ${value}\n`);
    git(it, 'add', 'sub');
    expect(await found(it, '--staged')).toEqual([]);
  });

  test('sees that a recipients file is gone, so that one further up counts, or none', async () => {
    const it = repository({ [RECIPIENTS]: ONE, [`sub/${RECIPIENTS}`]: BOTH });
    rmSync(path.join(it.cwd, 'sub', RECIPIENTS));
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual(['sub/a.yaml extra-recipient']);
    rmSync(path.join(it.cwd, RECIPIENTS));
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual(['sub/a.yaml no-recipients-file']);
  });

  test('follows a link to a list that several folders share', async () => {
    const it = repository({ 'shared.recipients': BOTH });
    symlinkSync('../shared.recipients', path.join(it.cwd, 'sub', RECIPIENTS));
    git(it, 'add', '-A');
    git(it, 'commit', '-qm', 'x');
    it.write('shared.recipients', ONE);
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual(['sub/a.yaml extra-recipient']);
  });

  test('a link whose list is not in the index is a finding', async () => {
    const it = repository({ '.gitignore': 'shared.recipients\n' });
    writeFileSync(path.join(it.cwd, 'shared.recipients'), BOTH);
    symlinkSync('../shared.recipients', path.join(it.cwd, 'sub', RECIPIENTS));
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual([`sub/${RECIPIENTS} unreadable-file`]);
  });

  test('from a folder further down, and before the first commit', async () => {
    const it = createScene({ gnupg });
    git(it, 'init', '-q');
    it.write(RECIPIENTS, UNKNOWN);
    it.write('sub/a.yaml', 'a: 1\n');
    git(it, 'add', '-A');
    expect(await found(it, '--staged')).toEqual([`${RECIPIENTS} recipient-unknown`]);
    expect(await foundIn(path.join(it.cwd, 'sub'), it)).toMatchObject([{ file: `../${RECIPIENTS}` }]);
  });

  test('a recipients file above the repository counts where the repository has none', async () => {
    const it = createScene({ gnupg });
    it.write(RECIPIENTS, ONE);
    it.write('repo/a.yaml', `k: ${value}\n`);
    const inside = { ...it, cwd: path.join(it.cwd, 'repo') };
    git(inside, 'init', '-q');
    git(inside, 'add', '-A');
    expect(await foundIn(inside.cwd, it)).toMatchObject([{ file: 'a.yaml', rule: 'extra-recipient' }]);
  });
});

test('the hook for the pre-commit framework is run for recipients files', () => {
  const pattern = /^ {2}files: (.*)$/m.exec(readFileSync('.pre-commit-hooks.yaml', 'utf8'))?.[1] ?? '';
  for (const file of ['a.eyaml', 'a.yaml', 'a.yml', `d/${RECIPIENTS}`]) expect(file).toMatch(new RegExp(pattern));
  expect('a.txt').not.toMatch(new RegExp(pattern));
});

test('a command that is suggested names each file as one word, and never as an option', async () => {
  const it = createScene({ gnupg });
  it.write(RECIPIENTS, BOTH);
  const untagged = readFileSync(path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml'), 'utf8');
  it.write('a b;.yaml', untagged);
  it.write('-q.yaml', untagged);
  const advice = async (file: string) => (await it.run(['check', file])).stdout;
  expect(await advice('a b;.yaml')).toContain(`eyaml recrypt -d gpg 'a b;.yaml'\n`);
  expect(await advice('./-q.yaml')).toContain('eyaml recrypt -d gpg ./-q.yaml\n');
});
