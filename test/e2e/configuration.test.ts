import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createScene, tagsIn } from '../helpers/scene.js';
import { FIXTURES } from '../helpers/gnupg.js';

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
  const warning =
    /^warning: \S+\/\.eyaml\/config\.yaml, which came with this folder, sets pkcs7_public_key, pkcs7_private_key\n$/;
  const text = `pkcs7_public_key: ${PUBLIC}\npkcs7_private_key: ./keys/private.pem\n`;

  test('is told of', async () => {
    const { run, write } = createScene();
    write(LOCAL, text);
    const { code, stderr } = await run(ENCRYPT);
    expect(code).toBe(0);
    expect(stderr).toMatch(warning);
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

test('a setting that nothing knows is a warning with its file, and one of the command line alone is ignored', async () => {
  const { run, write } = createScene({ keys: true });
  write(LOCAL, 'encrypt_metod: gpg\nstring: swordfish\n');
  const { code, stderr } = await run(ENCRYPT);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^warning: \S+config\.yaml: there is no option encrypt_metod\nwarning: \S+: string is for the command line only/,
  );
});
