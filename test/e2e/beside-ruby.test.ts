import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { linkSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeEnvelope } from '../../src/pkcs7/envelope.js';
import { certificateIdOf } from '../../src/pkcs7/names.js';
import { cleanEnvironment } from '../helpers/cli.js';
import { hasPeer } from '../helpers/peers.js';
import { CERTIFICATE } from '../helpers/pkcs7.js';
import { createScene, type Scene } from '../helpers/scene.js';

// Rows of docs/compatibility.md that say "not the same", with the Ruby tool run beside ours.
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
type Given = Readonly<{ env?: Readonly<Record<string, string>>; input?: string }>;

function both(): Scene & { readonly ruby: (args: readonly string[], given?: Given) => Ended } {
  const scene = createScene({ keys: true });
  return {
    ...scene,
    ruby: (args, { env, input = '' } = {}) => {
      const environment = cleanEnvironment({ HOME: scene.homeFolder, ...env });
      const { status, stdout, stderr } = spawnSync('eyaml', args, {
        cwd: scene.cwd,
        encoding: 'utf8',
        env: environment,
        input,
      });
      return { code: status, stdout, stderr };
    },
  };
}

function encrypted(text: string): string {
  const octets = writeEnvelope(Buffer.from(text), CERTIFICATE.publicKey, certificateIdOf(CERTIFICATE.raw));
  return `ENC[PKCS7,${Buffer.from(octets).toString('base64')}]`;
}

describe.runIf(hasPeer('eyaml'))('what a command line means', () => {
  test('wrong usage is 2, which is 0 or 255 there', async () => {
    const { ruby, run } = both();
    for (const [args, theirs] of [
      [[], 0],
      [['bogus'], 0],
      [['-e', '-s', 'x'], 0],
      [['encrypt'], 255],
      [['encrypt', '-s', 'a', '-f', 'b'], 255],
      [['encrypt', '--no-such-option'], 255],
    ] as const) {
      expect({ args, code: ruby(args).code }).toEqual({ args, code: theirs });
      expect({ args, code: (await run(args)).code }).toEqual({ args, code: 2 });
    }
  });

  test('an argument too many is ignored there, and text that starts with a dash is refused', async () => {
    const { ruby, run } = both();
    expect(ruby(['encrypt', '-s', 'a', 'b']).code).toBe(0);
    expect((await run(['encrypt', '-s', 'a', 'b'])).code).toBe(2);
    expect(ruby(['encrypt', '-s', '-x']).code).toBe(255);
    expect((await run(['encrypt', '-s', '-x'])).code).toBe(0);
  });

  test('EYAML_CONFIG: empty, of a missing file, no YAML, with an unknown option, with a source', async () => {
    const { ruby, run, write } = both();
    write('broken.yaml', 'a: [');
    write('unknown.yaml', 'no_such_option: 1\n');
    write('source.yaml', 'string: x\n');
    for (const [file, theirs, ours] of [
      ['', 0, 1],
      ['nowhere.yaml', 0, 1],
      ['broken.yaml', 1, 1],
      ['unknown.yaml', 0, 0],
    ] as const) {
      const given = { env: { EYAML_CONFIG: file } };
      expect({ file, code: ruby(['encrypt', '-s', 'x'], given).code }).toEqual({ file, code: theirs });
      expect({ file, code: (await run(['encrypt', '-s', 'x'], given)).code }).toEqual({ file, code: ours });
    }
    const given = { env: { EYAML_CONFIG: 'source.yaml' } };
    expect(ruby(['encrypt'], given).code).toBe(0);
    expect(await run(['encrypt'], given)).toMatchObject({ code: 2 });
    expect((await run(['encrypt', '-s', 'y'], given)).stderr).toContain('source.yaml: string is for the command line');
    expect((await run(['encrypt', '-s', 'y'], { env: { EYAML_CONFIG: 'unknown.yaml' } })).stderr).toContain(
      'unknown.yaml: unknown option no_such_option',
    );
  });

  test('a key variable that is not set means the file in 3.3.0', async () => {
    const { ruby, run } = both();
    const args = ['encrypt', '-s', 'x', '--pkcs7-public-key-env-var', 'NOWHERE'];
    expect(ruby(args)).toMatchObject({ code: 0, stderr: expect.stringContaining('using public_key') as string });
    expect(await run(args)).toMatchObject({ code: 1, stdout: '' });
  });
});

describe.runIf(hasPeer('eyaml'))('encrypt and decrypt', () => {
  test('-p without a terminal: there stars are printed, blanks taken off and an empty password taken', async () => {
    const { ruby, run } = both();
    const args = ['encrypt', '-p', '-n', 'pkcs7', '-o', 'string'];
    const theirs = ruby(args, { input: ' pw \n' });
    expect(theirs.stdout + theirs.stderr).toMatch(/Enter password: \*+/);
    const value = /ENC\[[^\]]+\]/.exec(theirs.stdout)?.[0] ?? '';
    expect((await run(['decrypt', '-s', value])).stdout).toBe('pw');
    const ours = await run(args, { input: ' pw \n' });
    expect(ours.stderr).toBe('Enter password: \n');
    expect((await run(['decrypt', '-s', ours.stdout])).stdout).toBe(' pw ');
    expect(ruby(args).code).toBe(0);
    expect((await run(args, { input: '' })).code).toBe(2);
  });

  test('encrypt -e leaves slips, empty markers and :base64 in clear there', async () => {
    const { ruby, run, write } = both();
    const clear = ['a: DEC::PKCS7[x]\n', 'a: dec::pkcs7[x]!\n', 'a: DEC::PKCS7[]!\n', 'a: DEC::PKCS7:base64[eA==]!\n'];
    for (const text of clear) {
      write('a.yaml', text);
      expect(ruby(['encrypt', '-e', 'a.yaml']).stdout).toBe(text);
      const { code, stdout } = await run(['encrypt', '-e', 'a.yaml']);
      if (code === 0) expect(stdout).toMatch(/^a: ENC\[PKCS7,[^\]]+\]\n$/);
      else expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }
  });

  test('several lines after text are a block, whose indent is always 2 there', async () => {
    const { ruby, run } = both();
    const value = encrypted('two\nlines');
    expect(ruby(['decrypt', '-s', `k: ${value}`]).stdout).toBe('k: |\n  two\n  lines\n');
    expect((await run(['decrypt', '-s', `k: ${value}`])).stdout).toBe('k: |-\n  two\n  lines');
    expect(ruby(['decrypt', '-s', `a:\n  k: ${value}`]).stdout).toBe('a:\n  k: |\n  two\n  lines\n');
    expect((await run(['decrypt', '-s', `a:\n  k: ${value}`])).stdout).toBe('a:\n  k: |-\n    two\n    lines');
    expect(ruby(['decrypt', '-s', `k: "${value}"`]).stdout).toBe('k: "|\n  two\n  lines"\n');
  });

  test('decrypt -e shows several lines of a block at its indent', async () => {
    const { ruby, run, write } = both();
    write('a.yaml', `k: >\n  ${encrypted('two\nlines')}\n`);
    expect(ruby(['decrypt', '-e', 'a.yaml']).stdout).toBe('k: >\n  DEC::PKCS7[two\nlines]!\n');
    expect((await run(['decrypt', '-e', 'a.yaml'])).stdout).toBe('k: >\n  DEC::PKCS7[two\n  lines]!\n');
  });

  test('ENC[hello] without a tag is an error there, and text here', async () => {
    const { ruby, run } = both();
    expect(ruby(['decrypt', '-s', '# ENC[hello]']).code).toBe(1);
    expect((await run(['decrypt', '-s', '# ENC[hello]'])).stdout).toBe('# ENC[hello]');
  });

  test('equal keys are decrypted each in its place', async () => {
    const { ruby, run, write } = both();
    write('a.yaml', `k: ${encrypted('one')}\nk: ${encrypted('two')}\n`);
    expect(ruby(['decrypt', '-f', 'a.yaml']).stdout.trim()).toBe('k: one\nk: two');
    expect((await run(['decrypt', '-f', 'a.yaml'])).stdout).toBe('k: one\nk: two\n');
    expect((await run(['check', '--format', 'json', 'a.yaml'])).stdout).toContain('duplicate-key');
  });
});

describe.runIf(hasPeer('eyaml'))('edit and createkeys', () => {
  test('a new file that was not changed is made there', async () => {
    const { edit, has, read, ruby } = both();
    expect(ruby(['edit', 'theirs.yaml'], { env: { EDITOR: 'true' } }).code).toBe(0);
    expect(read('theirs.yaml')).toBe('---\n');
    expect((await edit('ours.yaml', 'true')).code).toBe(0);
    expect(has('ours.yaml')).toBe(false);
  });

  test('a hard link stays one in both', async () => {
    const { cwd, edit, read, ruby, write } = both();
    const at = (file: string) => path.join(cwd, file);
    write('a.yaml', 'k: one\n');
    linkSync(at('a.yaml'), at('b.yaml'));
    expect(ruby(['edit', 'a.yaml'], { env: { EDITOR: 'sed -i s/one/two/' } }).code).toBe(0);
    expect(read('b.yaml')).toBe('k: two\n');
    expect((await edit('a.yaml', 'sed -i s/two/three/')).code).toBe(0);
    expect(read('b.yaml')).toBe('k: three\n');
    expect(statSync(at('a.yaml')).ino).toBe(statSync(at('b.yaml')).ino);
  });

  test('lines of the file’s own that look like the preamble are lost there', async () => {
    const { edit, read, ruby, write } = both();
    const own = '# | mine\nk: one\n';
    write('theirs.yaml', own);
    write('ours.yaml', own);
    expect(ruby(['edit', 'theirs.yaml'], { env: { EDITOR: 'sed -i s/one/two/' } }).code).toBe(0);
    expect((await edit('ours.yaml', 'sed -i s/one/two/')).code).toBe(0);
    expect([read('theirs.yaml'), read('ours.yaml')]).toEqual(['k: two\n', '# | mine\nk: two\n']);
  });

  test('a certificate’s serial is 1 in 3.3.0, and of its own here', async () => {
    const { cwd, ruby, run } = both();
    const where = (name: string) => ['--pkcs7-private-key', `${name}/a.pem`, '--pkcs7-public-key', `${name}/b.pem`];
    const serial = (name: string) =>
      new X509Certificate(readFileSync(path.join(cwd, name, 'b.pem'))).serialNumber.replace(/^0+/, '');
    expect(ruby(['createkeys', ...where('theirs')]).code).toBe(0);
    expect((await run(['createkeys', '-n', 'pkcs7', ...where('ours')])).code).toBe(0);
    expect(serial('theirs')).toBe('1');
    expect(serial('ours').length).toBeGreaterThan(10);
  });
});
