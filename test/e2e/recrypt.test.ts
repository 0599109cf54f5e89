import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findFiles } from '../../src/files/find.js';
import { applyRecrypt } from '../../src/verbs/recrypt/apply.js';
import { planRecrypt } from '../../src/verbs/recrypt/plan.js';
import { cleanEnvironment, COMMAND, eyaml, type Run } from '../helpers/cli.js';
import { contextFor } from '../helpers/context.js';
import { scratchFolder, scratchTree } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { readersFor, readersOf, subkeysOf } from '../helpers/readers.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const MEND = { all: false, changeTo: undefined };

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({
    secret: ['alice', 'puppetmaster'],
    pub: ['ann', 'bob', 'brian', 'carol', 'dan', 'rota', 'zoe', 'mallory'],
  });
});
afterAll(() => home.remove());

/** A copy of the fixture tree, and what can be done there. */
function scene() {
  const cwd = scratchTree();
  const env = { GNUPGHOME: home.path, HOME: cwd, XDG_STATE_HOME: scratchFolder() };
  return {
    cwd,
    env,
    at: (file: string) => path.join(cwd, file),
    textOf: (file: string) => readFileSync(path.join(cwd, file), 'utf8'),
    /** Says who may read in a folder from now on. */
    setRecipients: (folder: string, ...names: readonly string[]) =>
      writeFileSync(
        path.join(cwd, folder, RECIPIENTS),
        names.map((name) => `${FINGERPRINTS[name] ?? name}\n`).join(''),
      ),
    recrypt: (...args: readonly string[]) => eyaml(['recrypt', ...args], { cwd, env }),
    markersOf: async (file: string) => (await eyaml(['decrypt', '-e', '-f', file], { cwd, env })).stdout,
    readers: (file: string) => readersOf(home, path.join(cwd, file)),
  };
}

/** As many lists of readers as there are values, all the same. */
const each = (count: number, names: readonly string[]) => Array<unknown>(count).fill(readersFor(home, names));

function textsBelow(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    files
      .filter((file) => statSync(path.join(folder, file)).isFile())
      .map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
  );
}

const changedBetween = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file)).sort();

describe('who reads is made to agree with the recipients', () => {
  test.each([
    { what: 'somebody joins', names: ['puppetmaster', 'bob', 'alice', 'zoe'], left: [] },
    { what: 'somebody leaves', names: ['puppetmaster', 'alice'], left: ['Bob <bob@example.com>'] },
    { what: 'somebody replaces another', names: ['puppetmaster', 'zoe', 'alice'], left: ['Bob <bob@example.com>'] },
  ])('$what', async ({ names, left }) => {
    const { setRecipients, recrypt, markersOf, readers, textOf } = scene();
    const file = 'production/role.eyaml';
    const shown = await markersOf(file);
    setRecipients('production', ...names);
    const { code, stdout, stderr } = await recrypt('--yes', file);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(readers(file)).toEqual(each(2, names));
    expect(await markersOf(file)).toBe(shown);
    const toRotate = /could read these secrets.*/s.exec(stderr)?.[0] ?? '';
    for (const userId of left)
      expect(stderr).toContain(`Removing a reader does not take back what they have read: ${userId}`);
    expect([...toRotate.matchAll(/role::\w+/g)].map(String)).toEqual(
      left.length > 0 ? ['role::root_password', 'role::json'] : [],
    );

    const after = textOf(file);
    expect((await recrypt('--yes', file)).stderr).toBe('nothing to do: 2 values in 1 file are up to date\n');
    expect(textOf(file)).toBe(after);
  });

  test('each file of a tree follows its own nearest recipients file', async () => {
    const { cwd, setRecipients, recrypt, readers } = scene();
    mkdirSync(path.join(cwd, 'production/dc2/rack'), { recursive: true });
    cpSync(path.join(cwd, 'production/role.eyaml'), path.join(cwd, 'production/dc2/rack/role.eyaml'));
    setRecipients('production/dc2', 'alice', 'carol');
    setRecipients('development/app1', 'puppetmaster', 'alice', 'zoe');
    // Further up, and passed over by what lies below the one of app1.
    setRecipients('development', 'alice');
    const before = textsBelow(cwd);
    const { code } = await recrypt('--yes', '.');
    expect(code).toBe(0);
    expect(changedBetween(before, textsBelow(cwd))).toEqual([
      'development/app1/common.eyaml',
      'production/dc1/base.eyaml',
      'production/dc2/rack/role.eyaml',
    ]);
    expect(readers('development/app1/common.eyaml')).toEqual(each(13, ['puppetmaster', 'alice', 'zoe']));
    expect(readers('production/dc1/base.eyaml')).toEqual(each(4, ['puppetmaster', 'bob', 'rota', 'dan']));
    expect(readers('production/dc2/rack/role.eyaml')).toEqual(each(2, ['alice', 'carol']));
    expect((await recrypt('--yes', '.')).stderr).toContain('nothing to do');
  });

  test('values for an old subkey of somebody are drift, and after it they are not', async () => {
    const { setRecipients, recrypt, markersOf, readers } = scene();
    const file = 'production/dc1/base.eyaml';
    const [old = '', today = ''] = subkeysOf(home, 'rota');
    for (const keyIds of readers(file)) expect(keyIds.filter((id) => [old, today].includes(id))).toEqual([old]);
    const shown = await markersOf(file);
    const dryRun = await recrypt('--dry-run', 'production/dc1');
    expect(dryRun.stderr).toMatch(/4 values for the recipients of .*\n {2}~ \w{40} .*rota@example\.com.*\n$/);
    expect((await recrypt('--yes', 'production/dc1')).code).toBe(0);
    expect(readers(file)).toEqual(each(4, ['puppetmaster', 'bob', 'rota', 'dan']));
    expect(await markersOf(file)).toBe(shown);
    expect((await recrypt('--dry-run', 'production/dc1')).stderr).toContain('nothing to do: 4 values');

    // Back to the old subkey by name, and that is who reads.
    setRecipients('production/dc1', 'puppetmaster', `0x${old}!`);
    expect((await recrypt('--yes', 'production/dc1')).code).toBe(0);
    expect(readers(file)).toEqual(Array(4).fill([...readersFor(home, ['puppetmaster']), old].sort()));
  });

  test('a subkey made after the values were written takes over', async () => {
    const own = createGnupgHome();
    onTestFinished(() => own.remove());
    const make = (time: string, ...args: string[]) =>
      own.gpg(['--faked-system-time', time, '--pinentry-mode', 'loopback', '--passphrase', '', ...args]);
    make('20240101T000000', '--quick-gen-key', 'nina@example.com', 'future-default', 'default', 'never');
    const folder = scratchFolder();
    const file = path.join(folder, 'a.eyaml');
    const env = { GNUPGHOME: own.path, HOME: folder };
    writeFileSync(path.join(folder, RECIPIENTS), 'nina@example.com\n');
    const { stdout } = await eyaml(['encrypt', '-s', 'secret', '-o', 'string', '-l', 'a'], { cwd: folder, env });
    writeFileSync(file, `${stdout.trimEnd()}\n`);
    const [first] = subkeysOf(own, 'nina@example.com');
    expect(readersOf(own, file)).toEqual([[first]]);

    const fingerprint = /^fpr:+(\w+):/m.exec(own.gpg(['--with-colons', '--list-keys']).toString())?.[1] ?? '';
    make('20240201T000000', '--quick-add-key', fingerprint, 'cv25519', 'encr', 'never');
    const run = await eyaml(['recrypt', file], { env });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('from an older subkey to the current one');
    expect(readersOf(own, file)).toEqual([[subkeysOf(own, 'nina@example.com')[1]]]);
    expect((await eyaml(['decrypt', '-f', file], { env })).stdout).toBe('a: secret\n');
  });

  test('--all gives values that are up to date a new session key, and no other readers', async () => {
    const { recrypt, readers, markersOf, textOf } = scene();
    const file = 'production/role.eyaml';
    const [before, shown] = [textOf(file), await markersOf(file)];
    expect((await recrypt('--all', file)).code).toBe(0);
    expect(textOf(file).split('\n').slice(1, 3)).not.toEqual(before.split('\n').slice(1, 3));
    expect(readers(file)).toEqual(each(2, ['puppetmaster', 'bob', 'alice']));
    expect(await markersOf(file)).toBe(shown);
  });

  test('--gpg-recipients comes before recipients files', async () => {
    const { recrypt, readers } = scene();
    const { code } = await recrypt('--gpg-recipients', 'alice@example.com', 'production/role.eyaml');
    expect(code).toBe(0);
    expect(readers('production/role.eyaml')).toEqual(each(2, ['alice']));
  });

  test('a link stays a link, and its file keeps its mode', async () => {
    const { at, setRecipients, recrypt, readers } = scene();
    setRecipients('production', 'alice');
    chmodSync(at('production/role.eyaml'), 0o640);
    symlinkSync('production/role.eyaml', at('link.eyaml'));
    expect((await recrypt('link.eyaml')).code).toBe(0);
    expect(lstatSync(at('link.eyaml')).isSymbolicLink()).toBe(true);
    expect(statSync(at('production/role.eyaml')).mode & 0o777).toBe(0o640);
    expect(readers('production/role.eyaml')).toEqual(each(2, ['alice']));
  });
});

describe('one file that cannot be done does not stop the others', () => {
  /** Two folders, `good` and `bad`, each with a copy of a file that is to be encrypted again. */
  function twoFolders() {
    const it = scene();
    for (const folder of ['good', 'bad']) {
      mkdirSync(it.at(folder));
      cpSync(it.at('production/role.eyaml'), it.at(`${folder}/role.eyaml`));
      it.setRecipients(folder, 'alice');
    }
    return { ...it, before: it.textOf('bad/role.eyaml') };
  }

  function expectOnlyGoodDone({ before, at, textOf, readers }: ReturnType<typeof twoFolders>, folder = at('bad')) {
    expect(readFileSync(path.join(folder, 'role.eyaml'), 'utf8')).toBe(before);
    expect(readdirSync(folder).sort()).toEqual([RECIPIENTS, 'role.eyaml']);
    expect(textOf('good/role.eyaml')).not.toBe(before);
    expect(readers('good/role.eyaml')).toEqual(each(2, ['alice']));
  }

  test('a value for somebody else: its file is left byte for byte', async () => {
    const it = twoFolders();
    const message = home.gpg(['-r', 'mallory@example.com', '-e'], 'for mallory');
    const text = `${it.before}foreign: ENC[GPG,${message.toString('base64')}]\n`;
    writeFileSync(it.at('bad/role.eyaml'), text);
    const { code, stderr } = await it.recrypt('--yes', 'good', 'bad');
    expect(code).toBe(1);
    expect(stderr).toContain('re-encrypted 2 values in 1 file');
    expect(stderr).toMatch(
      /these are unchanged \[VALUE_UNREADABLE\]\n {2}bad\/role\.eyaml:4: .*none of your secret keys/,
    );
    expectOnlyGoodDone({ ...it, before: text });
  });

  test('a value that is damaged inside', async () => {
    const it = twoFolders();
    const [first = ''] = /ENC\[GPG,[^\]]+\]/.exec(it.before) ?? [];
    const octets = Buffer.from(first.slice('ENC[GPG,'.length, -1), 'base64');
    octets[octets.length - 5] = (octets.at(-5) ?? 0) ^ 1;
    const text = it.before.replace(first, `ENC[GPG,${octets.toString('base64')}]`);
    writeFileSync(it.at('bad/role.eyaml'), text);
    const { code, stderr } = await it.recrypt('--yes', 'good', 'bad');
    expect(code).toBe(1);
    expect(stderr).toMatch(/\n {2}bad\/role\.eyaml:2: /);
    expectOnlyGoodDone({ ...it, before: text });
  });

  test('a folder that cannot be looked into is said to be one, and nothing is written', () => {
    const it = twoFolders();
    chmodSync(it.at('bad'), 0o000);
    onTestFinished(() => chmodSync(it.at('bad'), 0o755));
    const { code, stderr } = unprivileged(it.cwd, ['recrypt', '--yes', '.']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: cannot look for files in . (EACCES)');
    expect(it.textOf('good/role.eyaml')).toBe(it.before);
  });

  test('a file that may not be written, though its folder may', () => {
    const it = twoFolders();
    chmodSync(it.at('bad/role.eyaml'), 0o444);
    const { code, stderr } = unprivileged(it.cwd, ['recrypt', '--yes', 'good', 'bad']);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot write bad/role.eyaml: permission denied');
    expectOnlyGoodDone(it);
  });

  test('a folder in which nothing may be written', () => {
    const it = twoFolders();
    chmodSync(it.at('bad'), 0o555);
    onTestFinished(() => chmodSync(it.at('bad'), 0o755));
    const { code, stderr } = unprivileged(it.cwd, ['recrypt', '--yes', 'good', 'bad']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      '  bad/role.eyaml: cannot write bad/role.eyaml: its folder is not writable (permission denied)',
    );
    expectOnlyGoodDone(it);
  });

  const folderInMemory = scratchMount();
  test.runIf(folderInMemory)('a disk that is full', async () => {
    const it = twoFolders();
    const disk = it.at('disk');
    mkdirSync(disk);
    mount(disk);
    onTestFinished(() => void spawnSync('umount', [disk]));
    // 64 kB hold the file once, and not twice.
    const padding = `# ${'x'.repeat(40_000)}\n`;
    cpSync(it.at(`bad/${RECIPIENTS}`), path.join(disk, RECIPIENTS));
    writeFileSync(path.join(disk, 'role.eyaml'), it.before + padding);
    const { code, stderr } = await it.recrypt('--yes', 'disk', 'good');
    expect(code).toBe(1);
    expect(stderr).toContain('  disk/role.eyaml: cannot write disk/role.eyaml: the disk is full');
    expect(readFileSync(path.join(disk, 'role.eyaml'), 'utf8')).toBe(it.before + padding);
    expectOnlyGoodDone({ ...it, before: it.before });
  });

  test.each([
    {
      what: 'vanishes',
      meanwhile: (file: string) => rmSync(file),
      left: [RECIPIENTS],
      message: /changed in the meantime/,
    },
    {
      what: 'is written',
      meanwhile: (file: string) => writeFileSync(file, 'theirs: 1\n'),
      left: [RECIPIENTS, 'role.eyaml'],
      message: /changed in the meantime/,
    },
    {
      what: 'becomes a folder',
      meanwhile: (file: string) => {
        rmSync(file);
        mkdirSync(file);
      },
      left: [RECIPIENTS, 'role.eyaml'],
      message: /cannot write .*: it is a folder/,
    },
    {
      what: 'goes away with its folder',
      meanwhile: (file: string) => {
        renameSync(path.dirname(file), `${path.dirname(file)}-moved`);
      },
      left: undefined,
      message: /cannot write .*: its folder does not exist/,
    },
  ])('a file that $what between plan and apply', async ({ meanwhile, left, message }) => {
    const { at, readers } = twoFolders();
    const context = contextFor(home);
    const { files } = await findFiles([at('bad'), at('good')]);
    const plan = await planRecrypt(files, MEND, context, () => undefined);
    expect(plan.files).toHaveLength(2);
    meanwhile(at('bad/role.eyaml'));
    const { failed, ...outcome } = await applyRecrypt(plan, context, () => undefined);
    expect(outcome.files).toEqual([at('good/role.eyaml')]);
    expect(failed).toEqual([expect.objectContaining({ place: { file: at('bad/role.eyaml') } })]);
    expect(failed[0]?.message).toMatch(message);
    if (left) expect(readdirSync(at('bad')).sort()).toEqual(left);
    expect(readers('good/role.eyaml')).toEqual(each(2, ['alice']));
  });

  test('a file that somebody changed keeps what they wrote', async () => {
    const { at } = twoFolders();
    const context = contextFor(home);
    const file = at('bad/role.eyaml');
    const plan = await planRecrypt([file], MEND, context, () => undefined);
    writeFileSync(file, 'theirs: 1\n');
    await applyRecrypt(plan, context, () => undefined);
    expect(readFileSync(file, 'utf8')).toBe('theirs: 1\n');
  });

  test.each([
    { what: 'in the same recipients file', folder: 'production' },
    { what: 'in a nearer one', folder: 'production/dc3' },
  ])('somebody who becomes a recipient after the plan was shown can read nothing: $what', async ({ folder }) => {
    const { at, readers, setRecipients } = scene();
    const file = 'production/dc3/role.eyaml';
    mkdirSync(at('production/dc3'));
    cpSync(at('production/role.eyaml'), at(file));
    setRecipients('production', 'alice');
    const context = contextFor(home);
    const plan = await planRecrypt([at(file)], MEND, context, () => undefined);
    setRecipients(folder, 'alice', 'mallory');
    await applyRecrypt(plan, context, () => undefined);
    expect(readers(file)).toEqual(each(2, ['alice']));
  });
});

describe('whether to go on', () => {
  /** A file to be encrypted again, on a terminal. */
  function onTerminal(...args: string[]) {
    const it = scene();
    it.setRecipients('production', 'alice');
    const terminal = eyamlOnTerminal(['recrypt', ...args], { cwd: it.cwd, env: it.env });
    return { ...it, terminal, before: it.textOf('production/role.eyaml') };
  }
  const QUESTION = /Re-encrypt 3 values in 2 files\?.*\(y\/N\)/;
  const PATHS = ['production/*.eyaml'];

  test.each([
    { way: 'Enter alone is no', keys: '\r', exitCode: 1, says: /nothing was written/ },
    { way: 'no is no', keys: 'n\r', exitCode: 1, says: /nothing was written/ },
    { way: 'Ctrl-C is no', keys: '\u0003', exitCode: 130, says: /aborted/ },
  ])('on a terminal: $way', async ({ keys, exitCode, says }) => {
    const { terminal, textOf, before } = onTerminal(...PATHS);
    await terminal.waitFor(QUESTION);
    terminal.type(keys);
    expect((await terminal.ended).exitCode).toBe(exitCode);
    expect(terminal.shown()).toMatch(says);
    expect(textOf('production/role.eyaml')).toBe(before);
  });

  test('on a terminal: yes goes on, after the plan', async () => {
    const { terminal, readers } = onTerminal(...PATHS);
    await terminal.waitFor(/ {2}- \w{40} Bob/);
    await terminal.waitFor(QUESTION);
    terminal.type('y\r');
    await terminal.waitFor(/\[#{30}\] 3\/3 values, 2 files, 0 s left/);
    await terminal.waitFor(/re-encrypted 3 values in 2 files/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(readers('production/role.eyaml')).toEqual(each(2, ['alice']));
    expect(readers('production/keytab.eyaml')).toEqual(each(1, ['alice']));
  });

  test('--json tells the plan, what became of it, and which secrets to change', async () => {
    const { setRecipients, recrypt } = scene();
    setRecipients('production', 'alice');
    const { stdout, code } = await recrypt('--yes', '--json', '-q', 'production/role.eyaml');
    const { plan, outcome } = JSON.parse(stdout) as Record<'plan' | 'outcome', Record<string, unknown>>;
    expect(code).toBe(0);
    expect(plan).toMatchObject({ files: [{ file: 'production/role.eyaml', values: [{ line: 2 }, { line: 3 }] }] });
    expect(outcome).toMatchObject({
      values: 2,
      files: ['production/role.eyaml'],
      rotate: [{ keyPath: 'role::root_password' }, { keyPath: 'role::json' }],
    });
  });

  test.each([['--yes', ...PATHS], ['production/role.eyaml']])('on a terminal: %s asks nothing', async (...args) => {
    const { terminal, readers } = onTerminal(...args);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toMatch(/\?/);
    expect(readers('production/role.eyaml')).toEqual(each(2, ['alice']));
  });

  test.each([['production/*.eyaml'], ['production'], ['production/role.eyaml', 'production/keytab.eyaml']])(
    'without a terminal and without --yes nothing is written: %s',
    async (...paths) => {
      const { cwd, setRecipients, recrypt } = scene();
      setRecipients('production', 'alice');
      const before = textsBelow(cwd);
      const { code, stderr } = await recrypt(...paths);
      expect(code).toBe(1);
      expect(stderr).toMatch(/ {2}- \w{40} Bob/);
      expect(stderr).toMatch(/error: nothing was written: .*\nhint: --yes does not ask/);
      expect(changedBetween(before, textsBelow(cwd))).toEqual([]);
    },
  );

  test('one file by name asks nothing, and shows its plan on stderr', async () => {
    const { setRecipients, recrypt, readers } = scene();
    setRecipients('production', 'alice');
    const { code, stdout, stderr } = await recrypt('production/role.eyaml');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^production\/role\.eyaml: 2 values for the recipients of/);
    expect(readers('production/role.eyaml')).toEqual(each(2, ['alice']));
  });

  test('--dry-run writes nothing, whatever else is said', async () => {
    const { cwd, setRecipients, recrypt } = scene();
    setRecipients('production', 'alice');
    const before = textsBelow(cwd);
    expect((await recrypt('--dry-run', '--yes', '--all', '.')).code).toBe(0);
    expect(changedBetween(before, textsBelow(cwd))).toEqual([]);
  });
});

const NOBODY = 65534;

/** Runs `eyaml` as somebody to whom file modes apply: root is none, so then it is nobody, with a copy of the home. */
function unprivileged(cwd: string, args: readonly string[]): Pick<Run, 'code' | 'stderr'> {
  const isRoot = process.getuid?.() === 0;
  const env = cleanEnvironment({ GNUPGHOME: home.path, HOME: cwd });
  const command = [...COMMAND, ...args];
  const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  if (isRoot) {
    const copy = createGnupgHome({ secret: ['alice', 'puppetmaster'], pub: ['bob'] });
    onTestFinished(() => copy.remove());
    giveAway(copy.path);
    giveAway(cwd);
    env.GNUPGHOME = copy.path;
  }
  const [program = '', ...rest] = isRoot ? [...asNobody, ...command] : command;
  const { status, stderr } = spawnSync(program, rest, { cwd, env });
  return { code: status, stderr: stderr.toString() };
}

function giveAway(folder: string): void {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const entry of ['', ...entries]) {
    const file = path.join(folder, entry);
    if (lstatSync(file).isFile() || lstatSync(file).isDirectory()) chownSync(file, NOBODY, NOBODY);
  }
}

function mount(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
}

/** Whether a small file system can be mounted here. */
function scratchMount(): boolean {
  const folder = '/dev/shm/eg-mount-probe';
  mkdirSync(folder, { recursive: true });
  const mounted = mount(folder);
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return mounted;
}
