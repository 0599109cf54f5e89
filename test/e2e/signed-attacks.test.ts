import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFingerprint } from '../../src/openpgp/identifiers.js';
import { MANIFEST_FILE } from '../../src/recipients/signed/file.js';
import { defined } from '../helpers/defined.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import {
  createMember,
  createRepository,
  fingerprintOf,
  forge,
  lines,
  LIST,
  repositoryIn,
  type Member,
  type Repository,
} from '../helpers/team.js';

// Alice signs, and her GnuPG trusts all others: only the signature is between them and the secrets. Mallory may push, and has made a key
// that has Alice's name.
let home: GnupgHome;
let mallorys: GnupgHome;
let falseAlice: string;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['zoe', 'ann', 'mallory', 'carol'] });
  mallorys = createGnupgHome({ secret: ['mallory'], pub: ['zoe', 'ann'] });
  const options = ['--pinentry-mode', 'loopback', '--passphrase', ''];
  mallorys.gpg([...options, '--quick-generate-key', 'Alice <alice@example.com>', 'ed25519', 'sign,cert', 'never']);
  const listed = mallorys.gpg(['--with-colons', '--list-secret-keys', '=Alice <alice@example.com>']).toString();
  falseAlice = defined(/^fpr:+(\w{40}):$/m.exec(listed)?.[1]);
  home.gpg(['--import'], mallorys.gpg(['--export', falseAlice]));
});
afterAll(() => {
  home.remove();
  mallorys.remove();
});

/** What is attacked: Alice has signed, and has gone on working. */
interface Scene {
  readonly it: Repository;
  readonly alice: Member;
}

// Made once, and copied for each attack; the copy is another clone of the same repository.
const kept = mkdtempSync(path.join(tmpdir(), 'eyaml-kept-'));
afterAll(() => rmSync(kept, { recursive: true }));
const COPY = { recursive: true, verbatimSymlinks: true };

async function signedScene(): Promise<Scene> {
  const [repository, homeFolder] = ['repository', 'home'].map((name) => path.join(kept, name)) as [string, string];
  if (!existsSync(repository)) {
    const made = await makeScene();
    cpSync(made.it.cwd, repository, COPY);
    cpSync(made.alice.homeFolder, homeFolder, COPY);
  }
  const [it, alice] = [repositoryIn(scratchFolder()), createMember(home)];
  cpSync(repository, it.cwd, COPY);
  cpSync(homeFolder, alice.homeFolder, COPY);
  return { it, alice };
}

async function makeScene(): Promise<Scene> {
  const [it, alice] = [createRepository(), createMember(home)];
  it.write('.eyaml/config.yaml', 'rules:\n  - path: team/**\n    recipients_file: team.recipients\n');
  it.write('team.recipients', lines(['zoe', 'alice']));
  expect(await alice.run(it, ['recipients', 'sign'])).toMatchObject({ code: 0 });
  it.commit();
  expect(await set(alice, it, 'production/db.yaml')).toMatchObject({ code: 0 });
  expect(await set(alice, it, 'team/x.yaml')).toMatchObject({ code: 0 });
  expect(await alice.run(it, ['recipients', 'verify'])).toMatchObject({ code: 0 });
  return { it, alice };
}

async function set(member: Member, it: Repository, file: string) {
  if (!it.has(file)) it.write(file, '---\nb: 2\n');
  return member.run(it, ['set', file, 'secret', '--stdin'], { input: 's3cret' });
}

interface Attack {
  readonly name: string;
  readonly attack: (scene: Scene) => void | Promise<void>;
  /** What says that a value cannot be encrypted. */
  readonly refused: RegExp;
  /** What `verify` says, if that is something else. */
  readonly verify?: RegExp;
  readonly file?: string;
}

const RULES = (...rules: readonly (readonly [string, string])[]) =>
  `rules:\n${rules.map(([glob, file]) => `  - path: "${glob}"\n    recipients_file: ${file}\n`).join('')}`;
const mallory = () => defined(parseFingerprint(fingerprintOf('mallory')));
const named = (fingerprint: string, name = '') => ({ fingerprint: defined(parseFingerprint(fingerprint)), name });
const withMallory = (it: Repository) => it.write(`production/${LIST}`, lines(['alice', 'zoe', 'mallory']));

const ATTACKS: readonly Attack[] = [
  {
    name: 'a line is added',
    attack: ({ it }) => withMallory(it),
    refused: /production\/hiera-eyaml-gpg.recipients: Mallory <mallory@example.com> \w{40} is not signed/,
    verify: /production\/hiera-eyaml-gpg.recipients: names \w{40} Mallory <mallory@example.com>, which is not signed/,
  },
  {
    name: 'a line is taken out',
    attack: ({ it }) => it.write(`production/${LIST}`, lines(['alice'])),
    refused: /Zoë .* is signed, but not a recipient now/,
    verify: /no longer names \w{40} Zoë Ünïcode <zoe@example.com>, which is signed/,
  },
  {
    name: 'a nearer file is added',
    attack: ({ it }) => it.write(`production/mysql/${LIST}`, lines(['alice', 'mallory'])),
    file: 'production/mysql/db.yaml',
    refused: /signed is production\/hiera-eyaml-gpg.recipients/,
    verify: /production\/mysql\/hiera-eyaml-gpg.recipients: is not signed: it names .*Mallory/,
  },
  {
    name: 'a nearer file of the same people is added, to be changed later',
    attack: ({ it }) => it.write(`production/mysql/${LIST}`, lines(['alice', 'zoe'])),
    file: 'production/mysql/db.yaml',
    refused: /signed is production\/hiera-eyaml-gpg.recipients/,
    verify: /is not signed/,
  },
  {
    name: 'the nearest file is deleted',
    attack: ({ it }) => it.remove(`production/${LIST}`),
    refused: /signed is production\/hiera-eyaml-gpg.recipients/,
    verify: /production\/hiera-eyaml-gpg.recipients: is signed, but gone/,
  },
  {
    name: 'a rule is added',
    attack: ({ it }) => {
      it.write('mine.recipients', lines(['alice', 'mallory']));
      it.write('.eyaml/config.yaml', RULES(['production/**', 'mine.recipients'], ['team/**', 'team.recipients']));
    },
    refused: /signed is production\/hiera-eyaml-gpg.recipients/,
    verify: /\.eyaml\/config.yaml: has other rules than those signed/,
  },
  {
    name: 'a rule is changed',
    attack: ({ it }) => it.write('.eyaml/config.yaml', RULES(['team/**', LIST])),
    file: 'team/x.yaml',
    refused: /signed is team.recipients/,
    verify: /team.recipients: is signed, but gone\n {2}\.eyaml\/config.yaml: has other rules/,
  },
  {
    name: 'a file with nearer rules is added',
    attack: ({ it }) => it.write('team/.eyaml/config.yaml', RULES(['**', `../${LIST}`])),
    file: 'team/x.yaml',
    refused: /signed is team.recipients/,
    verify: /team\/\.eyaml\/config.yaml: has rules that are not signed/,
  },
  {
    name: 'all rules are deleted',
    attack: ({ it }) => it.remove('.eyaml/config.yaml'),
    file: 'team/x.yaml',
    refused: /signed is team.recipients/,
    verify: /is gone, and its rules are signed/,
  },
  {
    name: 'the list of a rule is changed',
    attack: ({ it }) => it.write('team.recipients', lines(['zoe', 'alice', 'mallory'])),
    file: 'team/x.yaml',
    refused: /Mallory .* is not signed/,
    verify: /team.recipients: names \w{40} Mallory .*, which is not signed/,
  },
  {
    name: 'a recipients file becomes a link to another',
    attack: ({ it }) => {
      it.write('other.recipients', lines(['alice', 'zoe', 'mallory']));
      it.remove(`production/${LIST}`);
      symlinkSync('../other.recipients', path.join(it.cwd, `production/${LIST}`));
    },
    refused: /Mallory .* is not signed/,
    verify: /names \w{40} Mallory .*, which is not signed/,
  },
  {
    name: 'a folder becomes a repository of its own',
    attack: ({ it }) => {
      withMallory(it);
      repositoryIn(path.join(it.cwd, 'production')).git('init', '-q');
    },
    refused: /production is a repository of its own, but its recipients are signed in/,
    verify: /production\/hiera-eyaml-gpg.recipients: is signed, but gone/,
  },
  {
    name: 'the manifest is deleted',
    attack: ({ it }) => it.remove(MANIFEST_FILE),
    refused: /the recipients are not signed: there is no \.eyaml\/recipients\.asc/,
  },
  {
    name: 'the manifest is emptied',
    attack: ({ it }) => it.write(MANIFEST_FILE, ''),
    refused: /it is damaged, or holds something besides the signed text/,
  },
  {
    name: 'the manifest is changed',
    attack: ({ it }) => {
      withMallory(it);
      const line = `  ${mallory()} Mallory <mallory@example.com>\nfile team`;
      it.write(MANIFEST_FILE, it.read(MANIFEST_FILE).replace('file team', line));
    },
    refused:
      /needs 1 signature of the signers that were accepted here, and has 0 .*\n {2}the signature of \w{40} does not fit/,
  },
  {
    name: 'the manifest is replaced by one that Mallory signed',
    attack: async ({ it }) => {
      withMallory(it);
      await forge(it, mallorys, [mallory()], (old) => ({ ...old, serial: 2, signers: [named(mallory())] }));
    },
    refused: /needs 1 signature of the signers that were accepted here, and has 0/,
  },
  {
    name: 'the manifest is replaced by one that a key with the name of Alice signed',
    attack: async ({ it }) => {
      withMallory(it);
      await forge(it, mallorys, [falseAlice], (old) => ({
        ...{ ...old, serial: 2, signers: [named(falseAlice, 'Alice <alice@example.com>')] },
      }));
    },
    refused: /is by a key that is not known here\n {2}no signature of E01530\w+ was found/,
  },
  {
    name: 'the signature is taken for another text',
    attack: ({ it }) => it.write(MANIFEST_FILE, it.read(MANIFEST_FILE).replace('serial 1\n', 'serial 7\n')),
    refused: /does not fit the text/,
  },
  {
    name: 'text is put before the manifest',
    attack: ({ it }) => it.write(MANIFEST_FILE, `Mallory may read too.\n${it.read(MANIFEST_FILE)}`),
    refused: /holds something besides the signed text/,
  },
  {
    name: 'text is put behind the manifest',
    attack: ({ it }) => it.write(MANIFEST_FILE, `${it.read(MANIFEST_FILE)}Mallory may read too.\n`),
    refused: /holds something besides the signed text/,
  },
  {
    name: 'two manifests are in the file',
    attack: ({ it }) => it.write(MANIFEST_FILE, it.read(MANIFEST_FILE).repeat(2)),
    refused: /holds something besides the signed text/,
  },
  {
    name: 'the manifest becomes a link',
    attack: ({ it }) => {
      renameSync(path.join(it.cwd, MANIFEST_FILE), path.join(it.cwd, 'm.asc'));
      symlinkSync('../m.asc', path.join(it.cwd, MANIFEST_FILE));
    },
    refused: /it is a symbolic link/,
  },
  {
    name: 'the manifest becomes a folder',
    attack: ({ it }) => {
      it.remove(MANIFEST_FILE);
      mkdirSync(path.join(it.cwd, MANIFEST_FILE));
    },
    refused: /it is a folder/,
  },
  {
    name: 'the manifest becomes a pipe that nobody writes',
    attack: ({ it }) => {
      it.remove(MANIFEST_FILE);
      execFileSync('mkfifo', [path.join(it.cwd, MANIFEST_FILE)]);
    },
    refused: /it is not a regular file/,
  },
  {
    name: 'the manifest becomes a file of 100 MB',
    attack: ({ it }) => truncateSync(path.join(it.cwd, MANIFEST_FILE), 100 << 20),
    refused: /it is larger than 1 MiB/,
  },
  {
    name: 'the folder’s own configuration names the recipients',
    attack: ({ it }) =>
      it.write('.eyaml/config.yaml', `${it.read('.eyaml/config.yaml')}gpg_recipients: mallory@example.com\n`),
    refused: /\.eyaml\/config.yaml names the recipients, and that is not signed/,
    verify: /good, serial 1/,
  },
  {
    name: 'the folder’s own configuration names a recipients file',
    attack: ({ it }) => {
      it.write('.eyaml/config.yaml', `${it.read('.eyaml/config.yaml')}gpg_recipients_file: ./mine.recipients\n`);
      it.write('mine.recipients', lines(['alice', 'mallory']));
    },
    refused: /\.eyaml\/config.yaml names the recipients, and that is not signed/,
    verify: /good, serial 1/,
  },
];

describe('in a repository whose manifest was accepted, nothing is encrypted when', () => {
  test.each(ATTACKS)('$name', async ({ attack, refused, verify = refused, file = 'production/db.yaml' }) => {
    const scene = await signedScene();
    const { it, alice } = scene;
    await attack(scene);
    if (!it.has(file)) it.write(file, '---\nb: 2\n');
    const before = it.read(file);
    const run = await set(alice, it, file);
    expect(run.stderr).toMatch(refused);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('[RECIPIENTS_UNSIGNED]');
    expect(it.read(file)).toBe(before);
    const verified = await alice.run(it, ['recipients', 'verify']);
    expect(verified.stdout + verified.stderr).toMatch(verify);
    expect(verified.code).toBe(verify.source.startsWith('good') ? 0 : 1);
  });
});

test('a link to where others are signed is refused, and one to fewer people is not', async () => {
  const { it, alice } = await signedScene();
  it.write(`dev/${LIST}`, lines(['alice', 'zoe', 'carol']));
  expect(await alice.run(it, ['recipients', 'sign'])).toMatchObject({ code: 0 });
  it.write('dev/db.yaml', '---\nb: 2\n');
  it.remove('production/db.yaml');
  symlinkSync('../dev/db.yaml', path.join(it.cwd, 'production/db.yaml'));
  symlinkSync('../team/x.yaml', path.join(it.cwd, 'dev/x.yaml'));
  const run = await set(alice, it, 'production/db.yaml');
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('[RECIPIENTS_UNSIGNED]') as string });
  expect(run.stderr).toMatch(/Carol .* is not signed for it, and it leads there by a link\n/);
  expect(await set(alice, it, 'dev/db.yaml')).toMatchObject({ code: 0 });
  expect(await set(alice, it, 'dev/x.yaml')).toMatchObject({ code: 0 });
});

test('a new work tree with another root is not another repository', async () => {
  const { it, alice } = await signedScene();
  expect(await set(alice, it, 'production/db.yaml')).toMatchObject({ code: 0 });
  it.git('checkout', '-q', '--orphan', 'other');
  it.write(`production/${LIST}`, lines(['alice', 'zoe', 'mallory']));
  it.remove(MANIFEST_FILE);
  it.commit();
  it.git('checkout', '-q', '-f', 'main');
  const linked = path.join(scratchFolder(), 'linked');
  it.git('worktree', 'add', '-q', linked, 'other');
  const run = await set(alice, repositoryIn(linked), 'production/db.yaml');
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('[RECIPIENTS_UNSIGNED]') as string });
});
