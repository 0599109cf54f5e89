import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml, type Run } from '../helpers/cli.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { recipientLine } from '../helpers/key-homes.js';
import { scratchFolder } from '../helpers/files.js';
import { createScene, type Scene } from '../helpers/scene.js';

const NOBODY = 65534;
const LOCAL = '.eyaml/config.yaml';
const ENCRYPT = ['encrypt', '-s', 'x', '-o', 'string'];

let gnupg: GnupgHome;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['mallory'], trusted: ['alice'] });
});
afterAll(() => gnupg.remove());

/** A repository that brings a GnuPG home, `gh`, whose files name a program that tells that it ran. */
function cloned(): Scene & { readonly ran: () => string } {
  const it = createScene({ gnupg });
  const file = path.join(it.homeFolder, 'ran');
  const program = path.join(it.cwd, 'gh/canary');
  it.write('gh/canary', '');
  rmSync(program);
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${file}'\nexit 1\n`, { mode: 0o755 });
  it.write('gh/gpg.conf', `agent-program ${program}\n`);
  it.write('gh/gpg-agent.conf', `pinentry-program ${program}\n`);
  it.write('hiera-eyaml-gpg.recipients', recipientLine('alice'));
  mkdirSync(path.join(it.cwd, '.git'));
  return { ...it, ran: () => (existsSync(file) ? readFileSync(file, 'utf8') : '') };
}

describe('a GnuPG home that came with a cloned repository', () => {
  test('is not used by any command, and its value is told', async () => {
    const it = cloned();
    const value = (await it.run(ENCRYPT)).stdout;
    it.write('a.eyaml', `a: ${value}\n`);
    it.write(LOCAL, 'gpg_gnupghome: ./gh\nencrypt_method: gpg\n');
    for (const args of [ENCRYPT, ['decrypt', '-f', 'a.eyaml'], ['recrypt', '--all', 'a.eyaml'], ['check', '.']]) {
      const { code, stderr } = await it.run([...args, '-q']);
      expect({ args, code, stderr }).toEqual({
        args,
        code: 0,
        stderr: `warning: ${path.join(it.cwd, LOCAL)}, which came with this folder, sets gpg_gnupghome: "./gh", which is ignored: only your own configuration may set it\n`,
      });
    }
    expect((await it.edit('a.eyaml', 'sed -i s/a:/b:/')).code).toBe(0);
    expect(it.ran()).toBe('');
  });

  test('nor when it is named by a full path, over links, or from a folder below', async () => {
    const it = cloned();
    const outside = scratchFolder();
    symlinkSync(path.join(it.cwd, 'gh'), path.join(outside, 'link'));
    symlinkSync(path.join(it.cwd, 'later'), path.join(outside, 'later'));
    mkdirSync(path.join(it.cwd, 'sub/.eyaml'), { recursive: true });
    for (const home of [
      ...['../gh', '../../x', '', '~nobody/x'],
      ...[path.join(it.cwd, 'gh'), path.join(it.cwd, 'not-yet'), it.cwd, path.join(it.cwd, 'sub/.eyaml')],
      ...[path.join(outside, 'link'), path.join(outside, 'later/x')],
    ]) {
      expect((await runIn(it, 'sub', home)).stderr).toMatch(/sets gpg_gnupghome.*, which is ignored/);
    }
    expect(it.ran()).toBe('');
  });

  test('one outside of it is used as before, and told', async () => {
    const it = cloned();
    mkdirSync(path.join(it.cwd, 'sub/.eyaml'), { recursive: true });
    const { code, stderr } = await runIn(it, 'sub', gnupg.path, { GNUPGHOME: '/nonexistent' });
    expect(stderr).toContain(`which came with this folder, sets gpg_gnupghome: "${gnupg.path}"\n`);
    expect(code).toBe(0);
  });

  const others: [string, (home: string) => void][] = [
    ['another user’s', (home) => chownSync(home, NOBODY, NOBODY)],
    ['one that others may write in', (home) => chmodSync(home, 0o770)],
    ['one where everybody may put another in its place', (home) => chmodSync(path.dirname(home), 0o777)],
  ];

  test.runIf(process.geteuid?.() === 0).each(others)('nor is %s, wherever it lies', async (_, make) => {
    const it = cloned();
    mkdirSync(path.join(it.cwd, 'sub/.eyaml'), { recursive: true });
    const home = path.join(scratchFolder(), 'gh');
    cpSync(path.join(it.cwd, 'gh'), home, { recursive: true });
    chmodSync(home, 0o700);
    make(home);
    expect((await runIn(it, 'sub', home)).stderr).toMatch(/sets gpg_gnupghome.*, which is ignored/);
    expect(it.ran()).toBe('');
  });

  test('EYAML_CONFIG does not make the folder’s file the user’s, by a link either', async () => {
    const it = cloned();
    it.write(LOCAL, 'gpg_gnupghome: ./gh\n');
    symlinkSync(path.join(it.cwd, LOCAL), path.join(it.homeFolder, 'link.yaml'));
    for (const EYAML_CONFIG of [LOCAL, './x/../.eyaml/config.yaml', '~/link.yaml']) {
      const { code, stderr } = await it.run(ENCRYPT, { env: { EYAML_CONFIG } });
      expect(stderr).toMatch(/sets gpg_gnupghome: "\.\/gh", which is ignored/);
      expect(code).toBe(0);
    }
    expect(it.ran()).toBe('');
  });

  test.each([
    ['an option', (home: string) => ({ args: ['--gpg-gnupghome', home], env: {}, file: '', text: '' })],
    ['the environment', (home: string) => ({ args: [], env: { GNUPGHOME: home }, file: '', text: '' })],
    [
      'the file that EYAML_CONFIG names',
      (home: string) => ({
        args: [],
        env: { EYAML_CONFIG: 'my.yaml' },
        file: 'my.yaml',
        text: `gpg_gnupghome: ${home}\n`,
      }),
    ],
  ])('may be named by %s', async (_, how) => {
    const it = cloned();
    const { args, env, file, text } = how('./mine');
    if (file) it.write(file, text);
    const { code, stderr } = await it.run([...ENCRYPT, ...args], { env });
    expect(stderr).toMatch(/^error: .*mine/);
    expect(code).toBe(1);
  });
});

/** Encrypts in a folder below, whose own configuration names a GnuPG home. */
function runIn(it: Scene, folder: string, home: string, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  it.write(`${folder}/${LOCAL}`, JSON.stringify({ gpg_gnupghome: home }));
  return eyaml(ENCRYPT, {
    cwd: path.join(it.cwd, folder),
    env: { HOME: it.homeFolder, GNUPGHOME: gnupg.path, ...env },
  });
}

describe('programs of a cloned repository', () => {
  test('do not run for gpg, git, tty or an editor on a relative entry of PATH, or below an empty HOME', async () => {
    const it = createScene({ gnupg });
    const file = path.join(it.homeFolder, 'ran');
    const script = `#!/bin/sh\necho "$0" >> '${file}'\nexit 1\n`;
    for (const name of ['gpg', 'gpgconf', 'git', 'tty', 'editor', 'vim', 'vi', 'nano', 'evil']) {
      for (const folder of ['.', 'node_modules/.bin']) {
        it.write(`${folder}/${name}`, '');
        rmSync(path.join(it.cwd, folder, name));
        writeFileSync(path.join(it.cwd, folder, name), script, { mode: 0o755 });
      }
    }
    it.write('.selected_editor', `SELECTED_EDITOR="${path.join(it.cwd, 'evil')}"\n`);
    it.write('vim -u ~/rc', script);
    it.write('hiera-eyaml-gpg.recipients', recipientLine('alice'));
    // oclif, which would load plugins of its own kind from there.
    const plugin = { type: 'link', name: 'evil', root: path.join(it.cwd, 'plugin') };
    it.write('.local/share/eyaml/package.json', JSON.stringify({ name: 'x', oclif: { plugins: [plugin] } }));
    it.write(
      'plugin/package.json',
      JSON.stringify({ name: 'evil', type: 'module', oclif: { hooks: { init: './h.js' } } }),
    );
    it.write(
      'plugin/h.js',
      `import { writeFileSync } from 'node:fs'; export default () => writeFileSync('${file}', 'oclif');`,
    );
    for (const PATH of [`:${process.env.PATH ?? ''}`, `.:node_modules/.bin:${process.env.PATH ?? ''}`]) {
      for (const HOME of ['', '.', it.homeFolder]) {
        const env = { PATH, HOME };
        expect((await it.run(ENCRYPT, { env })).code).toBe(0);
        await it.run(['check', '--staged'], { env });
        await it.run(['edit', 'new.yaml'], { env: { ...env, EDITOR: 'false' } });
      }
    }
    expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe('');
  });
});

describe('a folder’s own configuration that chooses readers', () => {
  const MALLORY = FINGERPRINTS.mallory ?? '';

  test.each([
    ['gpg_recipients', `gpg_recipients: ${MALLORY}\ngpg_trust: always\n`],
    ['gpg_recipients_file', 'gpg_recipients_file: team\ngpg_always_trust: true\n'],
  ])('by %s is told with value, name and fingerprint, whoever asked for quiet', async (_, text) => {
    const it = createScene({ gnupg });
    it.write('team', `${MALLORY}\n`);
    it.write(LOCAL, text);
    it.write(path.join(it.homeFolder, LOCAL), 'quiet: true\n');
    const { code, stderr } = await it.run([...ENCRYPT, '-q']);
    expect(code).toBe(0);
    for (const line of text.trim().split('\n')) {
      const [name = '', value = ''] = line.split(': ');
      expect(stderr).toContain(`which came with this folder, sets ${name}: "${value}"`);
    }
    expect(stderr).toMatch(new RegExp(`^ {2}${MALLORY} Mallory`, 'm'));
  });

  test('is what an error names, not an option that nobody gave', async () => {
    const it = createScene({ gnupg });
    const file = path.join(it.cwd, LOCAL);
    it.write(LOCAL, 'gpg_recipients: nobody@example.com\n');
    const nobody = (await it.run(ENCRYPT)).stderr;
    expect(nobody).toContain(`cannot encrypt for the recipients of ${file}: gpg_recipients [RECIPIENTS_INVALID]\n`);
    expect(nobody).not.toContain('--gpg-recipients:');
    it.write(LOCAL, 'gpg_recipients_file: nowhere\n');
    expect((await it.run([...ENCRYPT, '-n', 'gpg'])).stderr).toContain(
      `, which ${file}: gpg_recipients_file names [RECIPIENTS_FILE_MISSING]\n`,
    );
    it.write(LOCAL, 'gpg_recipients: ""\n');
    expect((await it.run(ENCRYPT)).stderr).toContain(`error: ${file}: gpg_recipients is empty [USAGE]\n`);
  });

  test('is weaker than a recipients file of the command line', async () => {
    const it = createScene({ gnupg });
    it.write(LOCAL, `gpg_recipients: ${MALLORY}\n`);
    it.write('team', recipientLine('alice'));
    expect((await it.run([...ENCRYPT, '-v', '--gpg-recipients-file', 'team'])).stderr).toMatch(/recipients of team/);
  });

  test('cannot put anything unprintable into the notice, nor hide a tail behind something long', async () => {
    const it = createScene({ gnupg });
    it.write(LOCAL, JSON.stringify({ gpg_recipients: `${'x'.repeat(500)}, tail\u202e\u001b[2J` }));
    const { stderr } = await it.run(['decrypt', '-s', 'x']);
    expect(stderr).toMatch(/x, tail\\u\{202e\}\\u001b\[2J"$/m);
  });
});

describe('--no-folder-config', () => {
  test('leaves out the folder’s own configuration, also when EYAML_CONFIG names it', async () => {
    const it = createScene({ gnupg });
    it.write('a.yaml', 'a: DEC::GPG[x]!\n');
    it.write(LOCAL, 'exclude: "**"\ndisable_rule: leftover-marker\nexpiry_days: 0\n');
    const blind = await it.run(['check', '.', '-q']);
    expect(blind.code).toBe(2);
    for (const [name, value] of [
      ['exclude', '**'],
      ['disable_rule', 'leftover-marker'],
      ['expiry_days', '0'],
    ])
      expect(blind.stderr).toContain(`sets ${name ?? ''}: "${value ?? ''}"\n`);
    for (const env of [{}, { EYAML_CONFIG: LOCAL }]) {
      const { code, stdout, stderr } = await it.run(['check', '.', '--no-folder-config'], { env });
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      expect(stdout).toContain('leftover-marker');
    }
  });

  test('leaves out one that is broken; a configuration file cannot set it', async () => {
    const it = createScene({ gnupg });
    it.write(LOCAL, 'a: [');
    expect((await it.run(['decrypt', '-s', 'x'])).code).toBe(1);
    expect(await it.run(['decrypt', '-s', 'x', '--no-folder-config'])).toMatchObject({ code: 0, stderr: '' });
    it.write(LOCAL, 'no_folder_config: true\n');
    expect((await it.run(['decrypt', '-s', 'x'])).stderr).toMatch(/sets no_folder_config, which is ignored/);
  });
});

test('check of nothing is no success: exit 2, with no finding reported', async () => {
  const it = createScene({ gnupg });
  it.write('e/notes.txt', 'a\n');
  for (const args of [['.'], ['e'], ['--format', 'json', '.']]) {
    expect(await it.run(['check', ...args])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: nothing was checked: no file matches \[USAGE\]\n/) as string,
    });
  }
  expect((await it.run(['check', 'e/notes.txt'])).code).toBe(0);
});
