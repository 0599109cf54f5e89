import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { createScene, tagsIn } from '../helpers/scene.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { recipientLine } from '../helpers/key-homes.js';

const LOCAL = '.eyaml/config.yaml';
const PUBLIC = path.join(FIXTURES, 'keys/pkcs7/public_key.pkcs7.pem');
const ENCRYPT = ['encrypt', '-s', 'x', '-o', 'string'];

test('later files win, the command line wins over all, and -v names the files', async () => {
  const { run, write, homeFolder, cwd } = createScene();
  const homeFile = path.join(homeFolder, LOCAL);
  write(homeFile, `pkcs7_public_key: ${PUBLIC}\noutput: block\nlabel: from home\n`);
  write(LOCAL, 'output: string\nlabel: from here\n');
  write('named.yaml', 'label: named\n');
  const more = { env: { EYAML_CONFIG: 'named.yaml' } };
  const { stdout, stderr } = await run(['encrypt', '-s', 'x', '-v'], more);
  expect(stdout).toMatch(/^named: ENC\[PKCS7,[^\n]*\]$/);
  const files = [homeFile, path.join(cwd, LOCAL), path.join(cwd, 'named.yaml')];
  expect(stderr.match(/Loaded config from .*/g)).toEqual(files.map((file) => `Loaded config from ${file}`));
  expect((await run(['encrypt', '-s', 'x', '-l', 'mine'], more)).stdout).toMatch(/^mine: /);
});

test('~ in a path is the home folder', async () => {
  const { run, write, homeFolder, cwd } = createScene({ keys: true });
  write(
    path.join(homeFolder, LOCAL),
    `pkcs7_public_key: ~/${path.relative(homeFolder, cwd)}/keys/public_key.pkcs7.pem\n`,
  );
  expect(tagsIn((await run(ENCRYPT)).stdout)).toEqual(['PKCS7']);
});

describe('-t', () => {
  test('says which file set what, and shows the values of our own options alone', async () => {
    const it = createScene({ env: { EYAML_PLUGINS: path.join(FIXTURES, 'plugins/rot.mjs') } });
    const homeFile = path.join(it.homeFolder, LOCAL);
    it.write(
      homeFile,
      'encrypt_method: rot\nrot_shift: 17\nkms_token: swordfish\npassword: swordfish\nstring: swordfish\n',
    );
    it.write(LOCAL, 'encrypt_method: ROT\n');
    const { code, stderr } = await it.run([...ENCRYPT, '-t']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/\/\.eyaml\/config\.yaml sets encrypt_method: "ROT"\n/);
    for (const name of ['rot_shift', 'kms_token', 'password', 'string']) {
      expect(stderr).toContain(`${homeFile} sets ${name}\n`);
    }
    expect(stderr).not.toMatch(/swordfish|17/);
    expect(stderr).toContain(`Loaded config from ${homeFile}\n`);
  });

  test('without it, and with -q, nothing of that is said', async () => {
    const { run, write, homeFolder } = createScene();
    write(path.join(homeFolder, LOCAL), `pkcs7_public_key: ${PUBLIC}\n`);
    expect((await run(ENCRYPT)).stderr).toBe('');
    expect((await run([...ENCRYPT, '-t', '-q'])).stderr).toBe('');
  });
});

describe('a folder’s own configuration that sets where keys are', () => {
  const text = `pkcs7_public_key: ${PUBLIC}\npkcs7_private_key: ./keys/private.pem\n`;

  test('is told of, one by one and with the values', async () => {
    const { run, write, cwd } = createScene();
    write(LOCAL, text);
    const { code, stderr } = await run(ENCRYPT);
    expect(code).toBe(0);
    const sets = `warning: ${path.join(cwd, LOCAL)}, which came with this folder, sets`;
    expect(stderr).toBe(`${sets} pkcs7_public_key: "${PUBLIC}"\n${sets} pkcs7_private_key: "./keys/private.pem"\n`);
  });

  test('but not in the home folder, whose configuration is one’s own', async () => {
    const { run, write, cwd } = createScene();
    write(LOCAL, text);
    expect((await run(ENCRYPT, { env: { HOME: cwd } })).stderr).toBe('');
  });

  test('nor when the home folder is a link: its file counts once', async () => {
    const { run, write, cwd, homeFolder } = createScene();
    write(LOCAL, `${text}plugins: []\n`);
    const link = path.join(homeFolder, 'link');
    symlinkSync(cwd, link);
    const { stderr } = await run([...ENCRYPT, '-v'], { env: { HOME: link } });
    expect(stderr).not.toContain('warning');
    expect(stderr.match(/Loaded config/g)).toHaveLength(1);
  });

  test('nor when it sets none', async () => {
    const { run, write } = createScene({ keys: true });
    write(LOCAL, 'output: string\n');
    expect((await run(['encrypt', '-s', 'x'])).stderr).toBe('');
  });
});

describe('what is for the user alone to say', () => {
  let gnupg: GnupgHome;
  let value = '';
  beforeAll(async () => {
    gnupg = createGnupgHome({ secret: ['alice'] });
    const env = { GNUPGHOME: gnupg.path };
    value = (await eyaml([...ENCRYPT, '-n', 'gpg', '--gpg-recipients', FINGERPRINTS.alice ?? ''], { env })).stdout;
  });
  afterAll(() => gnupg.remove());

  /** Two files of GPG values, and the public key of somebody who would like to read them. */
  const withValues = () => {
    const it = createScene({ gnupg, keys: true });
    it.write('hiera-eyaml-gpg.recipients', recipientLine('alice'));
    it.write('data/a.eyaml', `a: ${value}\n`);
    it.write('data/b.eyaml', `b: ${value}\n`);
    return { ...it, text: () => it.read('data/a.eyaml') + it.read('data/b.eyaml') };
  };
  const THEIRS = 'change_encryption: pkcs7\nyes: true\nquiet: true\nall: true\n';

  test('a folder’s own configuration says it in vain, and that is told', async () => {
    const it = withValues();
    it.write(LOCAL, `${THEIRS}dry_run: true\n`);
    const before = it.text();
    const { code, stderr } = await it.run(['recrypt', 'data']);
    for (const name of ['change_encryption', 'yes', 'quiet', 'all', 'dry_run']) {
      expect(stderr).toContain(
        `warning: ${path.join(it.cwd, LOCAL)}, which came with this folder, sets ${name}, which is ignored: only your own configuration may set it\n`,
      );
    }
    expect(stderr).toContain('nothing to do: 2 values in 2 files are up to date\n');
    expect({ code, text: it.text() }).toEqual({ code: 0, text: before });
    const asked = await it.run(['recrypt', '--all', 'data']);
    expect(asked.code).toBe(1);
    expect(it.text()).toBe(before);
    expect((await it.run(['recrypt', '--all', 'data/a.eyaml'])).stderr).toContain('re-encrypted 1 value in 1 file');
    expect(tagsIn(it.text())).toEqual(['GPG', 'GPG']);
  });

  test.each([
    ['the home folder’s', (home: string) => path.join(home, LOCAL), {}],
    ['one that EYAML_CONFIG names', () => 'mine.yaml', { EYAML_CONFIG: 'mine.yaml' }],
  ])('%s configuration is obeyed', async (_, file, env) => {
    const it = withValues();
    it.write(file(it.homeFolder), `${THEIRS}dry_run: true\n`);
    const before = it.text();
    expect(await it.run(['recrypt', 'data'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(it.text()).toBe(before);
    it.write(file(it.homeFolder), THEIRS);
    expect(await it.run(['recrypt', 'data'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(tagsIn(it.text())).toEqual(['PKCS7', 'PKCS7']);
    it.write(file(it.homeFolder), 'quiet: true\n');
    expect((await it.run(['recrypt', '--no-quiet', 'data/a.eyaml'], { env })).stderr).toMatch(/^nothing to do/);
  });

  test('nor may it leave a new private key without a passphrase', async () => {
    const it = createScene();
    it.write(LOCAL, 'no_passphrase: true\n');
    const { code, stderr } = await it.run(['createkeys', '-n', 'gpg', '--gpg-user-id', 'x']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('sets no_passphrase, which is ignored');
    expect(it.has('keys')).toBe(false);
  });

  test('EYAML_CONFIG makes the folder’s own file no other one', async () => {
    const it = withValues();
    it.write(LOCAL, `${THEIRS}encrypt_method: pkcs7\n`);
    const before = it.text();
    const { stderr } = await it.run(['recrypt', 'data'], { env: { EYAML_CONFIG: LOCAL } });
    expect(stderr).toMatch(/which came with this folder, sets encrypt_method: "pkcs7"\n/);
    expect(stderr.match(/which is ignored/g)).toHaveLength(4);
    expect(it.text()).toBe(before);
  });

  test.each(['', '.', './'])('HOME=%j does not make the current folder the home', async (HOME) => {
    const it = withValues();
    it.write(LOCAL, THEIRS);
    const before = it.text();
    const { stderr } = await it.run(['recrypt', 'data'], { env: { HOME } });
    expect(stderr.match(/which is ignored/g)).toHaveLength(4);
    expect(it.text()).toBe(before);
  });
});

describe('the method that a folder’s own configuration wants', () => {
  test.each([
    ['pkcs7', /sets encrypt_method: "pkcs7"\n/],
    ['rot', /sets encrypt_method: "rot"\n/],
    ['gpg', /^$/],
    ['GPG', /^$/],
  ])('%s', async (method, stderr) => {
    const it = createScene({ keys: true, env: { EYAML_PLUGINS: path.join(FIXTURES, 'plugins/rot.mjs') } });
    it.write(LOCAL, `encrypt_method: ${method}\n`);
    expect((await it.run(['decrypt', '-s', 'x'])).stderr).toMatch(stderr);
  });

  test('the options of a plugin are told of', async () => {
    const it = createScene({ env: { EYAML_PLUGINS: path.join(FIXTURES, 'plugins/rot.mjs') } });
    it.write(LOCAL, 'rot_shift: 0\n');
    expect((await it.run(['decrypt', '-s', 'x'])).stderr).toMatch(/which came with this folder, sets rot_shift\n/);
  });
});

test('EYAML_CONFIG wins, also when it names the home folder’s file', async () => {
  const { run, write, homeFolder } = createScene({ keys: true });
  write(path.join(homeFolder, LOCAL), 'label: from home\n');
  write(LOCAL, 'label: from here\n');
  expect((await run(ENCRYPT)).stdout).toMatch(/^from here: /);
  for (const named of ['~/.eyaml/config.yaml', path.join(homeFolder, LOCAL)]) {
    const { stdout, stderr } = await run([...ENCRYPT, '-v'], { env: { EYAML_CONFIG: named } });
    expect(stdout).toMatch(/^from home: /);
    expect(stderr.match(/Loaded config/g)).toHaveLength(2);
  }
});

test('a setting that nothing knows is a warning with its file, and one of the command line alone is ignored', async () => {
  const { run, write } = createScene({ keys: true });
  write(LOCAL, 'encrypt_metod: gpg\nstring: swordfish\n');
  const { code, stderr } = await run(ENCRYPT);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^warning: \S+config\.yaml: unknown option encrypt_metod\nwarning: \S+: string is for the command line only/,
  );
});
