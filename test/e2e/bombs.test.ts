import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { keyfilesHome, recipientLine, toolsWithoutGpg, addPublicKeys } from '../helpers/key-homes.js';
import { gpgValue, literal, messageFor, packet, seipd, zip, zlib } from '../helpers/messages.js';
import { createScene, type Scene } from '../helpers/scene.js';

const MB = 1024 * 1024;
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const LIMIT = ['--max-plaintext-size', '1'];

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
});
afterAll(() => home.remove());

const withGnupg = () => createScene({ gnupg: home });
function withKeyFiles(): Scene {
  const scene = createScene();
  addPublicKeys(scene.cwd, ['alice', 'bob']);
  const env = { HOME: keyfilesHome(scene.homeFolder, ['alice']), PATH: toolsWithoutGpg(scene.homeFolder) };
  return { ...scene, run: (args, more = {}) => scene.run(args, { ...more, env: { ...env, ...more.env } }) };
}
const gpgBomb = (...args: readonly string[]) =>
  home.gpg(['-r', FINGERPRINTS.alice ?? '', '-e', ...args], Buffer.alloc(3 * MB));
const zeros = (size: number) => literal(Buffer.alloc(size));

describe.each([
  ['GnuPG', withGnupg],
  ['key files', withKeyFiles],
])('a value that holds more than it may, with %s', (_, createWorld) => {
  test.each([
    ['zip', () => gpgBomb('--compress-algo', 'zip')],
    ['zlib', () => gpgBomb('--compress-algo', 'zlib')],
    ['bzip2', () => gpgBomb('--compress-algo', 'bzip2')],
    ['no compression', () => messageFor('alice', zeros(3 * MB))],
    ['two layers', () => messageFor('alice', zlib(zip(zeros(3 * MB))))],
  ])('is named with its place: %s', async (_, message) => {
    const scene = createWorld();
    scene.write('f.yaml', `a: x\nb::c: ${gpgValue(await message())}\n`);
    const { code, stdout, stderr } = await scene.run(['decrypt', '-f', 'f.yaml', ...LIMIT]);
    expect(stderr).toContain('  f.yaml:2: b::c: it holds more than 1 MB\n');
    expect(stderr).toContain('--max-plaintext-size');
    expect([code, stdout]).toEqual([1, '']);
    expect((await scene.run(['decrypt', '-f', 'f.yaml'])).code).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('takes no more memory than a value may, by default', async () => {
    const scene = createWorld();
    // What getrusage says would be the peak of the process that started it, if that was larger.
    const meter =
      "import { readFileSync } from 'node:fs';" +
      "process.on('exit', () => process.stderr.write(readFileSync('/proc/self/status', 'utf8').match(/VmHWM.*\\n/)[0]))";
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(meter)}` };
    const peakOf = async (message: Uint8Array) => {
      expect(message.length).toBeLessThan(3_000);
      scene.write('f.yaml', `a: ${gpgValue(message)}\n`);
      const { stderr } = await scene.run(['decrypt', '-f', 'f.yaml'], { env });
      return { kilobytes: Number(/^VmHWM:\s+(\d+) kB$/m.exec(stderr)?.[1]), stderr };
    };
    const usual = await peakOf(await messageFor('alice', literal('x')));
    const bomb = await peakOf(await messageFor('alice', zlib(zip(zeros(400 * MB)))));
    expect(bomb.stderr).toContain('f.yaml:1: a: it holds more than 64 MB');
    expect(bomb.kilobytes - usual.kilobytes).toBeLessThan(200_000);
  });

  test('recrypt does the other files and says which secrets to change', async () => {
    const scene = createWorld();
    scene.write(RECIPIENTS, `${recipientLine('alice')}${recipientLine('bob')}`);
    for (const file of ['a.yaml', 'b.yaml', 'd.yaml']) {
      scene.write(
        file,
        `k: ${(await scene.run(['encrypt', '-s', 'x', '-o', 'string', '--gpg-trust', 'always'])).stdout}`,
      );
    }
    const bomb = `k: ${gpgValue(await messageFor('alice', zip(zeros(3 * MB))))}\n`;
    scene.write('c.yaml', bomb);
    scene.write(RECIPIENTS, recipientLine('alice'));
    const { code, stderr } = await scene.run(['recrypt', '--yes', '--all', ...LIMIT, '--gpg-trust', 'always', '.']);
    expect(stderr).toContain('re-encrypted 3 values in 3 files');
    expect(stderr).toContain('Change them:\n  a.yaml:1: k\n  b.yaml:1: k\n  d.yaml:1: k\n');
    expect(stderr).toContain('c.yaml:1: it holds more than 1 MB');
    expect(code).toBe(1);
    expect(scene.read('c.yaml')).toBe(bomb);
    const checked = await scene.run(['check', '--decrypt', ...LIMIT, '--gpg-trust', 'always', '.']);
    expect(checked.stdout).toContain('it holds more than 1 MB');
    expect(checked.code).toBe(1);
  });

  test('many values that each hold what they may are refused together', async () => {
    const scene = createWorld();
    const values = await Promise.all(Array.from({ length: 6 }, () => messageFor('alice', zip(zeros(MB)))));
    scene.write('f.yaml', values.map((message, i) => `k${i}: ${gpgValue(message)}\n`).join(''));
    const { code, stderr } = await scene.run(['decrypt', '-f', 'f.yaml', ...LIMIT]);
    expect(stderr).toContain('hold more than 4 MB in total');
    expect(code).toBe(1);
  });
});

describe('what gpg itself decrypts', () => {
  test('is limited, and gpg is ended', async () => {
    const scene = withGnupg();
    scene.write('f.yaml', `a: ${gpgValue(gpgBomb('--cipher-algo', 'CAMELLIA256'))}\n`);
    const { code, stderr } = await scene.run(['decrypt', '-f', 'f.yaml', ...LIMIT]);
    expect(stderr).toContain('f.yaml:1: a: it holds more than 1 MB');
    expect(code).toBe(1);
  });
});

test('PKCS7 values are limited, too', async () => {
  const scene = createScene({ keys: true });
  const { stdout } = await scene.run(['encrypt', '-n', 'pkcs7', '--stdin', '-o', 'string'], {
    input: Buffer.alloc(2 * MB, 'x'),
  });
  scene.write('f.yaml', `a: ${stdout}`);
  const { code, stderr } = await scene.run(['decrypt', '-f', 'f.yaml', ...LIMIT]);
  expect(stderr).toContain('f.yaml:1: a: it holds more than 1 MB');
  expect(code).toBe(1);
});

describe('the limit', () => {
  test.each(['0', '-1', '1000', 'x', '1.5', ''])('is a number of megabytes: not %j', async (size) => {
    const { code, stderr } = await createScene().run(['check', `--max-plaintext-size=${size}`, '.']);
    expect(stderr).toContain('--max-plaintext-size must be a whole number of megabytes from 1 to 256');
    expect(code).toBe(2);
  });

  test('is for the user’s own configuration to set, not for that of a folder', async () => {
    const scene = withGnupg();
    scene.write('f.yaml', `a: ${gpgValue(gpgBomb())}\n`);
    scene.write(path.join(scene.homeFolder, '.eyaml/config.yaml'), 'max_plaintext_size: 1\n');
    scene.write('.eyaml/config.yaml', 'max_plaintext_size: 256\n');
    const { code, stderr } = await scene.run(['decrypt', '-f', 'f.yaml']);
    expect(stderr).toContain('sets max_plaintext_size, which is ignored');
    expect(stderr).toContain('it holds more than 1 MB');
    expect(code).toBe(1);
  });
});

describe.each([
  ['GnuPG', withGnupg],
  ['key files', withKeyFiles],
])('text-mode messages, with %s', (_, createWorld) => {
  test('are read with the line ends that gpg gives, and recrypt keeps those', async () => {
    const scene = createWorld();
    const message = home.gpg(['-r', FINGERPRINTS.alice ?? '', '--textmode', '-e'], 'one\ntwo\n');
    expect(home.gpg(['-d'], message).toString()).toBe('one\ntwo\n');
    scene.write(RECIPIENTS, recipientLine('alice'));
    scene.write('f.eyaml', gpgValue(message));
    expect((await scene.run(['decrypt', '-f', 'f.eyaml'])).stdout).toBe('one\ntwo\n');
    expect((await scene.run(['recrypt', '--all', '--yes', '--gpg-trust', 'always', 'f.eyaml'])).code).toBe(0);
    expect(scene.read('f.eyaml')).not.toBe(gpgValue(message));
    expect((await scene.run(['decrypt', '-f', 'f.eyaml'])).stdout).toBe('one\ntwo\n');
  });

  test('several texts and messages within are refused with the reason', async () => {
    const scene = createWorld();
    const several = Buffer.concat([literal('x'), literal('y')]);
    const within = Buffer.concat([
      packet(1, Buffer.from('030707070707070707010008ff', 'hex')),
      seipd(literal('x'), Buffer.alloc(32)),
    ]);
    scene.write(
      'f.yaml',
      `a: ${gpgValue(await messageFor('alice', several))}\nb: ${gpgValue(await messageFor('alice', within))}\n`,
    );
    const { code, stderr } = await scene.run(['decrypt', '-f', 'f.yaml']);
    expect(stderr).toContain('f.yaml:1: a: the message cannot be read: it holds several texts');
    expect(stderr).toContain('f.yaml:2: b: the message cannot be read: it holds another encrypted message');
    expect(code).toBe(1);
  });
});

describe('brackets without end', () => {
  const shapes = [
    ['brackets', (value: string) => `a: ${'['.repeat(1000)}${value}${']'.repeat(1000)}\n`],
    ['dashes', (value: string) => `b: ${value}\nc:\n  ${'- '.repeat(1000)}x\n`],
    ['question marks', (value: string) => `${'? '.repeat(1000)}x\nb: ${value}\n`],
    ['braces', (value: string) => `${'{a: '.repeat(1000)}${value}${'}'.repeat(1000)}\n`],
  ] as const;

  test('a folder is checked all the same, and each such file is a finding', async () => {
    const scene = withGnupg();
    const value = gpgValue(await messageFor('alice', literal('x')));
    scene.write(RECIPIENTS, recipientLine('alice'));
    for (const [name, shape] of shapes) scene.write(`${name}.yaml`, shape(value));
    scene.write('zz.yaml', `a: ${value}\na: 2\n`);
    const { code, stdout, stderr } = await scene.run(['check', '--gpg-trust', 'always', '.']);
    const cause = /this is not valid YAML \(nested deeper than 100 levels\) \[invalid-yaml\]\n((?: {2}\S.*\n)+)/;
    expect(cause.exec(stdout)?.[1]?.trimEnd().split('\n')).toHaveLength(shapes.length);
    expect(stdout).toContain('Puppet uses the last one [duplicate-key]\n  zz.yaml:2');
    expect(stderr).not.toContain('unexpected');
    expect(code).toBe(1);
  });

  test.each(shapes)('%s: decrypt, edit and recrypt work as for what is no YAML', async (_, shape) => {
    const scene = withGnupg();
    scene.write(RECIPIENTS, recipientLine('alice'));
    scene.write('f.yaml', shape(gpgValue(await messageFor('alice', literal('secret')))));
    const decrypted = await scene.run(['decrypt', '-f', 'f.yaml']);
    expect([decrypted.code, decrypted.stdout]).toEqual([0, shape('secret')]);
    const edited = await scene.edit('f.yaml', 'sed -i s/secret/other/', '--gpg-trust', 'always');
    expect([edited.code, edited.stderr]).toEqual([0, '']);
    expect((await scene.run(['recrypt', '--all', '--gpg-trust', 'always', 'f.yaml'])).code).toBe(0);
    expect((await scene.run(['decrypt', '-f', 'f.yaml'])).stdout).toBe(shape('other'));
    expect(readdirSync(scene.cwd).sort()).toEqual(['f.yaml', RECIPIENTS]);
  });

  test('an edit that would nest too deep says so', async () => {
    const scene = withGnupg();
    scene.write(RECIPIENTS, recipientLine('alice'));
    scene.write('f.yaml', 'a: b\n');
    const { code, stderr } = await scene.edit('f.yaml', `sed -i s/b/${'['.repeat(500)}/`, '--gpg-trust', 'always');
    expect(stderr).toContain('would no longer be valid YAML (nested deeper than 100 levels)');
    expect(code).toBe(1);
    expect(scene.read('f.yaml')).toBe('a: b\n');
  });

  test('a configuration file of brackets is one coded error', async () => {
    const scene = createScene();
    scene.write('.eyaml/config.yaml', `quiet: ${'['.repeat(5000)}`);
    const { code, stderr } = await scene.run(['check', '.']);
    expect(stderr).toContain('.eyaml/config.yaml is not a YAML mapping');
    expect(code).toBe(1);
  });
});

test('a recipients file with a line of blanks without end is read', async () => {
  const scene = withGnupg();
  scene.write(RECIPIENTS, `# x${' '.repeat(900_000)}y\n${FINGERPRINTS.alice ?? ''}${' '.repeat(100_000)}# me\n`);
  const { code, stdout } = await scene.run(['encrypt', '-s', 'x', '-o', 'string', '--gpg-trust', 'always']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ENC\[GPG,/);
});
