import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { createScene, tagsIn, type Scene } from '../helpers/scene.js';

// Alice is at the keyboard. Two groups of readers in one folder, by file name.
let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['bob', 'zoe'] });
});
afterAll(() => home.remove());

const RULES = `rules:
  - path: '*-production.yaml'
    recipients_file: lists/ops.rcp
  - path: 'nodes/db*.yaml'
    recipients_file: lists/dba.rcp
  - path: 'legacy/**'
    pkcs7_public_key: pem/public_key.pkcs7.pem
    pkcs7_private_key: pem/private_key.pkcs7.pem
`;
const TOLD = 'which came with this folder, sets rules: *-production.yaml → recipients_file: lists/ops.rcp\n';

function createRepository(rules = RULES): Scene {
  const it = createScene({ gnupg: home });
  execFileSync('git', ['init', '-q', it.cwd]);
  it.write('.eyaml/config.yaml', rules);
  it.write('hiera-eyaml-gpg.recipients', 'alice@example.com\n');
  it.write('lists/ops.rcp', 'alice@example.com\nbob@example.com\n');
  it.write('lists/dba.rcp', 'alice@example.com\nzoe@example.com\n');
  cpSync(path.join(FIXTURES, 'keys/pkcs7'), path.join(it.cwd, 'pem'), { recursive: true });
  for (const file of ['common.yaml', 'x-production.yaml', 'nodes/db1.yaml', 'legacy/old.yaml']) it.write(file, '---\n');
  return it;
}

/** Who can read the first value of a file, by name. */
function readersOf(it: Scene, file: string): string {
  const octets = Buffer.from(/ENC\[GPG,([^\]]*)\]/.exec(it.read(file))?.[1] ?? '', 'base64');
  const listing = home.gpg(['--list-packets', '--list-only'], octets).toString();
  const names: Record<string, string> = { '618FFB1B4D739FFF': 'alice', '1E8E7705F0FDE5ED': 'bob' };
  return Array.from(listing.matchAll(/keyid ([0-9A-F]{16})/g), ([, id = '']) => names[id] ?? 'zoe').join(' ');
}

const addValue = (it: Scene, file: string, ...args: readonly string[]) =>
  it.edit(file, 'sed -i "\\$a a: DEC::GPG[x]!"', ...args);

describe('every command follows rules', () => {
  test.each([
    ['common.yaml', 'alice'],
    ['x-production.yaml', 'alice bob'],
    ['nodes/db1.yaml', 'alice zoe'],
    ['new/y-production.yaml', 'alice bob'],
  ])('edit %s: for %s', async (file, readers) => {
    const it = createRepository();
    mkdirSync(path.join(it.cwd, 'new'));
    expect((await addValue(it, file)).code).toBe(0);
    expect(readersOf(it, file)).toBe(readers);
  });

  test('encrypt -e, check, recrypt and check of what is staged', async () => {
    const it = createRepository('');
    it.write('x-production.yaml', 'a: DEC::GPG[x]!\n');
    it.write('x-production.yaml', (await it.run(['encrypt', '-e', 'x-production.yaml'])).stdout);
    expect(readersOf(it, 'x-production.yaml')).toBe('alice');
    execFileSync('git', ['-C', it.cwd, 'add', '.']);
    execFileSync('git', ['-C', it.cwd, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x']);
    it.write('.eyaml/config.yaml', RULES);

    expect((await it.run(['check', '--staged'])).code).toBe(0);
    execFileSync('git', ['-C', it.cwd, 'add', '.']);
    const MISSING = /is in lists\/ops\.rcp \(rule \*-production\.yaml\) but cannot read it \[missing-recipient\]/;
    for (const what of ['.', '--staged']) {
      const checked = await it.run(['check', what]);
      expect(checked.stdout).toMatch(MISSING);
      expect(checked.code).toBe(1);
    }
    expect((await it.run(['recipients', 'ack', '--yes'])).code).toBe(0);
    const recrypt = await it.run(['recrypt', '--yes', '.']);
    expect(recrypt.stderr).toContain('1 value for the recipients of lists/ops.rcp (rule *-production.yaml)');
    expect(readersOf(it, 'x-production.yaml')).toBe('alice bob');

    execFileSync('git', ['-C', it.cwd, 'add', '.']);
    execFileSync('git', ['-C', it.cwd, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'y']);
    it.write('lists/ops.rcp', 'alice@example.com\n');
    execFileSync('git', ['-C', it.cwd, 'add', 'lists']);
    const staged = await it.run(['check', '--staged']);
    expect(staged.stdout).toContain('can read it but is not in lists/ops.rcp (rule *-production.yaml)');
  });

  test('a rule chooses the PKCS7 pair, to encrypt and to decrypt', async () => {
    const it = createRepository();
    expect((await it.edit('legacy/old.yaml', 'sed -i "\\$a a: DEC::PKCS7[x]!"')).code).toBe(0);
    expect(tagsIn(it.read('legacy/old.yaml'))).toEqual(['PKCS7']);
    expect((await it.run(['decrypt', '-f', 'legacy/old.yaml'])).stdout).toBe('---\na: x\n');
    const line = await it.run(['encrypt', '-f', 'legacy/old.yaml', '-o', 'string']);
    expect(line.stdout).toMatch(/^ENC\[PKCS7,/);
  });

  test('wherever one stands', async () => {
    const it = createRepository();
    const elsewhere = createScene({ gnupg: home });
    const run = await elsewhere.run(['recipients', path.join(it.cwd, 'x-production.yaml')]);
    expect(run.stdout).toContain('lists/ops.rcp (rule *-production.yaml)');
  });
});

describe('what a rule decides is told', () => {
  test('even with --quiet, once', async () => {
    const it = createRepository();
    const { stderr } = await addValue(it, 'x-production.yaml', '--quiet');
    expect(stderr).toBe(`warning: .eyaml/config.yaml, ${TOLD}`);
  });

  test('but not of rules in the own home folder', async () => {
    const it = createRepository();
    const { stderr } = await it.run(['edit', '-q', 'x-production.yaml'], {
      env: { HOME: it.cwd, EDITOR: 'sed -i "\\$a a: DEC::GPG[x]!"' },
    });
    expect(stderr).toBe('');
    expect(readersOf(it, 'x-production.yaml')).toBe('alice bob');
  });

  test('rules where they do not count are named', async () => {
    const it = createRepository('');
    const config = path.join(it.cwd, 'own.yaml');
    it.write('own.yaml', RULES);
    const { stderr } = await it.run(['recipients'], { env: { EYAML_CONFIG: config } });
    expect(stderr).toBe(`warning: ${config}: rules count only in a folder's .eyaml/config.yaml\n`);
  });
});

describe('rank', () => {
  test.each([
    ['--gpg-recipients', ['--gpg-recipients', 'alice@example.com,zoe@example.com'], 'alice zoe'],
    ['--gpg-recipients-file', ['--gpg-recipients-file', 'lists/dba.rcp'], 'alice zoe'],
    ['--no-folder-config leaves rules in force', ['--no-folder-config'], 'alice bob'],
  ])('%s', async (_, options, readers) => {
    const it = createRepository();
    await addValue(it, 'x-production.yaml', ...options);
    expect(readersOf(it, 'x-production.yaml')).toBe(readers);
  });

  test('a setting of the same folder comes after a rule, that of EYAML_CONFIG before it', async () => {
    const it = createRepository(`gpg_recipients: zoe@example.com,alice@example.com\n${RULES}`);
    await addValue(it, 'x-production.yaml');
    await addValue(it, 'common.yaml');
    expect([readersOf(it, 'x-production.yaml'), readersOf(it, 'common.yaml')]).toEqual(['alice bob', 'zoe alice']);
    it.write('own.yaml', 'gpg_recipients: alice@example.com\n');
    await it.run(['edit', 'y-production.yaml'], {
      env: { EYAML_CONFIG: 'own.yaml', EDITOR: 'sed -i "\\$a a: DEC::GPG[x]!"' },
    });
    expect(readersOf(it, 'y-production.yaml')).toBe('alice');
  });

  test('nothing but rules is read from above the current folder', async () => {
    const it = createRepository(`gpg_recipients: zoe@example.com\nencrypt_method: pkcs7\n${RULES}`);
    const { stdout, stderr } = await it.run(['recipients', '--json', path.join(it.cwd, 'nodes')]);
    expect(JSON.parse(stdout)).toMatchObject([{ method: 'PKCS7' }]);
    const elsewhere = createScene({ gnupg: home });
    const run = await elsewhere.run(['recipients', '--json', path.join(it.cwd, 'nodes')]);
    expect(JSON.parse(run.stdout)).toMatchObject([{ method: 'GPG', recipients: [{ spec: 'alice@example.com' }] }]);
    expect(stderr).toContain('gpg_recipients');
    expect(run.stderr).not.toContain('gpg_recipients');
  });
});

describe('a rule cannot choose what is not in the repository', () => {
  test.each([
    ['a path that leads out', '../outside.recipients'],
    ['an absolute path', '/etc/hostname'],
    ['a link that leads out', 'lists/link.rcp'],
    ['a file of git', '.git/config'],
  ])('%s', async (_, file) => {
    const it = createRepository(`rules:\n  - path: a.yaml\n    recipients_file: ${file}\n`);
    it.write('../outside.recipients', 'zoe@example.com\n');
    symlinkSync('/etc/hostname', path.join(it.cwd, 'lists/link.rcp'));
    const run = await addValue(it, 'a.yaml');
    expect(run.stderr).toMatch(/outside the repository .*, which \.eyaml\/config\.yaml:1: rules names/);
    expect(run.code).toBe(1);
    expect(it.has('a.yaml')).toBe(false);
  });

  test('a file that is missing is an error, and no other is used', async () => {
    const it = createRepository('rules:\n  - path: a.yaml\n    recipients_file: gone.rcp\n');
    const run = await addValue(it, 'a.yaml');
    expect(run.stderr).toMatch(/\[RECIPIENTS_FILE_MISSING\]/);
    expect(run.code).toBe(1);
  });

  test('rules with a mistake stop every command', async () => {
    const it = createRepository('rules:\n  - path: a.yaml\n    recipient_file: gone.rcp\n');
    for (const args of [['edit', 'x.yaml'], ['check', '.'], ['encrypt', '-s', 'x'], ['recipients']]) {
      const run = await it.run(args, { env: { EDITOR: 'false' } });
      expect(run.stderr, args[0]).toContain('.eyaml/config.yaml:1: rules: rule 1 has an unknown key');
      expect(run.code).toBe(1);
    }
  });
});

test.runIf(process.geteuid?.() === 0)('rules that another user put above everybody’s folder are an error', async () => {
  const it = createScene({ gnupg: home });
  it.write('open/.eyaml/config.yaml', RULES);
  it.write('open/mine/a.yaml', '---\n');
  chmodSync(path.join(it.cwd, 'open'), 0o1777);
  chownSync(path.join(it.cwd, 'open/.eyaml'), 65534, 65534);
  const run = await it.run(['recipients', 'open/mine']);
  expect(run.stderr).toMatch(/another user created it in a folder where everybody may write \[CONFIG_UNREADABLE\]/);
  expect(run.code).toBe(1);
});
