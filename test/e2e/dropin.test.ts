import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeEnvelope } from '../../src/pkcs7/envelope.js';
import { certificateIdOf } from '../../src/pkcs7/names.js';
import { cleanEnvironment, commandWith } from '../helpers/cli.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { CERTIFICATE, openssl, PRIVATE_KEY_FILE } from '../helpers/pkcs7.js';
import { rubyEyaml } from '../helpers/ruby-eyaml.js';
import { createScene } from '../helpers/scene.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

// What published scripts and old habits type.
const ODD = ['12345678', '@start', 'yes', 'a: b', '-1', '# no comment', 'plain', ''];

function encrypted(text: string): string {
  const octets = writeEnvelope(Buffer.from(text), CERTIFICATE.publicKey, certificateIdOf(CERTIFICATE.raw));
  return `ENC[PKCS7,${Buffer.from(octets).toString('base64')}]`;
}

describe('decrypt -s and --stdin give bytes', () => {
  const values = ODD.map(encrypted);
  const lines = encrypted('two\nlines');

  test('no quotes are added, while -f stays YAML', async () => {
    const scene = createScene({ keys: true });
    const text = values.map((value, i) => `k${i}: ${value}\n`).join('');
    const bytes = ODD.map((plain, i) => `k${i}: ${plain}\n`).join('');
    expect((await scene.run(['decrypt', '--stdin'], { input: text })).stdout).toBe(bytes);
    expect((await scene.run(['decrypt', '-s', text])).stdout).toBe(bytes);
    scene.write('a.yaml', text);
    expect((await scene.run(['decrypt', '-f', 'a.yaml'])).stdout).toContain(
      'k0: "12345678"\nk1: "@start"\nk2: "yes"\n',
    );
  });

  test('of a template, a list, quotes and a block with more in it too', async () => {
    const scene = createScene({ keys: true });
    const [value = ''] = values;
    for (const place of [
      '<%= @x %> V',
      '- V',
      'k: "V"',
      'k: [V, 1]',
      'k: |\n  user=x\n  pw=V\nb: 1',
      '# V',
      "k: 'x V y'",
    ])
      expect((await scene.run(['decrypt', '-s', place.replace('V', value)])).stdout).toBe(
        place.replace('V', '12345678'),
      );
  });

  test('a block header goes with its value; octets that are no text come out as they are', async () => {
    const scene = createScene({ keys: true });
    const [value = ''] = values;
    const block = (header: string) => `k: ${header}\n  ${value.match(/.{1,60}/g)?.join('\n  ') ?? ''}\nb: 1\n`;
    for (const header of ['>', '>-', '|'])
      expect((await scene.run(['decrypt', '--stdin'], { input: block(header) })).stdout).toBe('k: 12345678\nb: 1\n');
    const binary = Buffer.from([0, 0xff, 0x0d, 0x0a, 0x80]);
    const made = await scene.run(['encrypt', '--stdin', '-o', 'string'], { input: binary });
    const { stdoutOctets } = await scene.run(['decrypt', '-s', `k: ${made.stdout}`]);
    expect(stdoutOctets).toEqual(Buffer.concat([Buffer.from('k: '), binary]));
  });

  test('several lines become a block where they are all of a scalar, else they stand as they are', async () => {
    const scene = createScene({ keys: true });
    const shown = async (text: string) => (await scene.run(['decrypt', '-s', text])).stdout;
    expect(await shown(`a:\n  k: ${lines}\n`)).toBe('a:\n  k: |-\n    two\n    lines\n');
    expect(await shown(lines)).toBe('two\nlines');
    expect(await shown(`k: "${lines}"\n`)).toBe('k: "two\nlines"\n');
    expect(await shown(`# ${lines}`)).toBe('# two\nlines');
  });

  test.runIf(hasPeer('ruby'))('the same bytes as Ruby eyaml gives', async () => {
    const scene = createScene({ keys: true });
    const texts = values
      .slice(0, -1)
      .flatMap((value) => [`k: ${value}`, value, `<${value}>`, `k: >\n  ${value}`, `# ${value}`]);
    const theirs = rubyEyaml(
      scene.cwd,
      texts.map((text) => ['decrypt', '-s', text]),
    );
    const ours = await Promise.all(texts.map((text) => scene.run(['decrypt', '-s', text])));
    expect(ours.map(({ stdout }) => `${stdout}\n`)).toEqual(theirs.map(({ stdout }) => stdout));
  });

  test('grep ^KEY FILE | eyaml decrypt --stdin | cut, with a - behind --stdin or not', async () => {
    const scene = createScene({ keys: true });
    for (const args of [
      ['decrypt', '--stdin'],
      ['decrypt', '--stdin', '-'],
    ])
      expect((await scene.run(args, { input: `pw: ${values[1] ?? ''}\n` })).stdout).toBe('pw: @start\n');
    const made = await scene.run(['encrypt', '-o', 'string', '--stdin', '-'], { input: 'x' });
    expect((await scene.run(['decrypt', '-s', made.stdout])).stdout).toBe('x');
    for (const args of [
      ['decrypt', '-'],
      ['decrypt', '--stdin', '-', '-'],
      ['decrypt', '--stdin', 'x'],
    ])
      expect((await scene.run(args, { input: 'x' })).code).toBe(2);
  });
});

describe('encrypt', () => {
  test('-p on a pipe prompts and takes one line, without waiting for the end of the input', async () => {
    const scene = createScene({ keys: true });
    for (const [typed, wanted] of [
      ['pw\n', 'pw'],
      ['pw\r\nmore\n', 'pw'],
      [' blanks \n', ' blanks '],
      ['\n', ''],
    ] as const) {
      const child = spawn(...commandWith(['encrypt', '-n', 'pkcs7', '-o', 'string', '-p']), {
        cwd: scene.cwd,
        env: cleanEnvironment({ HOME: scene.homeFolder }),
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      // The pipe is left open.
      child.stdin.write(typed);
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(stderr).toBe('Enter password: \n');
      expect((await scene.run(['decrypt', '-s', stdout])).stdout).toBe(wanted);
    }
    expect(await scene.run(['encrypt', '-p'], { input: '' })).toMatchObject({ code: 2, stdout: '' });
  });

  test('-p and --stdin look at recipients before they ask for the text', async () => {
    const scene = createScene();
    scene.write('hiera-eyaml-gpg.recipients', 'nobody@example.com\n');
    const onPipe = await scene.run(['encrypt', '-p'], { input: 'pw\n' });
    expect(onPipe.code).toBe(1);
    expect(onPipe.stderr).not.toContain('Enter password');
    for (const source of ['-p', '--stdin']) {
      const terminal = eyamlOnTerminal(['encrypt', source], { cwd: scene.cwd, env: { HOME: scene.homeFolder } });
      expect((await terminal.ended).exitCode).toBe(1);
      expect(terminal.shown()).toContain('error: ');
      expect(terminal.shown()).not.toContain('Enter password');
    }
  });

  test('-o raw is the string form and a newline', async () => {
    const { run } = createScene({ keys: true });
    expect((await run(['encrypt', '-s', 'x', '-o', 'raw'])).stdout).toMatch(/^ENC\[PKCS7,[\w+/=]+\]\n$/);
  });
});

describe('-n gpg with a value without a tag', () => {
  let home: GnupgHome;
  beforeAll(() => {
    home = createGnupgHome({ secret: ['alice'] });
  });
  afterAll(() => home.remove());

  async function withUntagged() {
    const scene = createScene({ gnupg: home, keys: true });
    scene.write('hiera-eyaml-gpg.recipients', 'alice@example.com\n');
    const { stdout } = await scene.run(['encrypt', '-s', 'hello', '-o', 'string']);
    return { ...scene, untagged: stdout.replace('GPG,', '') };
  }

  test('decrypt, edit, recrypt and check take an OpenPGP message for one of GPG', async () => {
    const { run, edit, write, read, untagged } = await withUntagged();
    write('a.yaml', `k: ${untagged}\n`);
    expect((await run(['decrypt', '-n', 'gpg', '-s', untagged])).stdout).toBe('hello');
    expect((await run(['decrypt', '-n', 'GPG', '-f', 'a.yaml'])).stdout).toBe('k: hello\n');
    expect((await run(['decrypt', '-n', 'gpg', '-e', 'a.yaml'])).stdout).toBe('k: DEC::GPG[hello]!\n');
    expect((await run(['check', '-n', 'gpg', '--format', 'json', 'a.yaml'])).stdout).toMatch(/"values": ?1\b/);
    expect((await edit('a.yaml', 'cat', '--no-preamble', '-n', 'gpg')).stdout).toBe('k: DEC(1)::GPG[hello]!\n');
    expect(read('a.yaml')).toBe(`k: ${untagged}\n`);
    expect((await run(['recrypt', '--all', '-n', 'gpg', 'a.yaml'])).code).toBe(0);
    expect(read('a.yaml')).toMatch(/^k: ENC\[GPG,/);
  });

  test('PKCS7 values and text stay what they are, and so does all without -n', async () => {
    const { run, untagged } = await withUntagged();
    const pkcs7 = encrypted('other').replace('PKCS7,', '');
    const text = `a: ${pkcs7}\n# ENC[hello]\nb: ENC[hell]\n`;
    const wanted = 'a: other\n# ENC[hello]\nb: ENC[hell]\n';
    expect((await run(['decrypt', '-n', 'gpg', '--stdin'], { input: text })).stdout).toBe(wanted);
    expect((await run(['decrypt', '-s', untagged])).stdout).toBe(untagged);
  });
});

describe('edit', () => {
  const VALUE = 'k: DEC::PKCS7[old]!\n';

  test('-t says the old words: what is decrypted, and what is encrypted only when it changed', async () => {
    const { edit, run, write } = createScene({ keys: true });
    write('new', VALUE);
    write('a.yaml', (await run(['encrypt', '-e', 'new'])).stdout);
    const same = await edit('a.yaml', 'true', '-t');
    expect(same.stderr).toMatch(/^PKCS7 decrypt$/m);
    expect(same.stderr).not.toContain('PKCS7 encrypt');
    expect((await edit('a.yaml', 'sed -i s/old]!/new]!/', '-t')).stderr).toMatch(/^PKCS7 encrypt$/m);
    expect((await edit('a.yaml', 'sed -i s/new]!/old]!/', '-v')).stderr).not.toContain('PKCS7 encrypt');
  });

  test('an editor that is not found says the old words, before anything is written', async () => {
    const { edit, write } = createScene({ keys: true });
    write('a.yaml', 'a: 1\n');
    const { code, stderr } = await edit('a.yaml', 'does_not_exist.sh', '-v');
    expect(code).toBe(1);
    expect(stderr).toContain('Editor did not exit successfully');
    expect(stderr).toContain('Editor not found. Please set your EDITOR env variable');
    expect(stderr).not.toContain('Wrote temporary file');
  });
});

describe('a PKCS7 private key with a passphrase', () => {
  function locked() {
    const scene = createScene({ keys: true });
    const pem = openssl(['rsa', '-aes256', '-passout', 'pass:open sesame', '-in', PRIVATE_KEY_FILE]).toString();
    scene.write('keys/private_key.pkcs7.pem', pem);
    const onTerminal = (...args: string[]) =>
      eyamlOnTerminal(args, { cwd: scene.cwd, env: { HOME: scene.homeFolder } });
    return { ...scene, onTerminal };
  }
  const QUESTION = /Enter PEM pass phrase for \.\/keys\/private_key\.pkcs7\.pem:/;

  test('asks at the terminal, once for all values, up to three times', async () => {
    const scene = locked();
    const value = encrypted('hello');
    const other = encrypted('world');
    scene.write('a.yaml', `a: ${value}\nb: ${other}\n`);
    const terminal = scene.onTerminal('decrypt', '-f', 'a.yaml');
    await terminal.waitFor(QUESTION);
    terminal.type('wrong\r');
    await terminal.waitFor(/That was wrong\. Enter PEM pass phrase/);
    terminal.type('open sesame\r');
    await terminal.waitFor(/a: hello\r\nb: world/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('sesame');

    const given = scene.onTerminal('decrypt', '-f', 'a.yaml');
    for (const attempt of [1, 2, 3]) {
      await given.waitFor(attempt === 1 ? QUESTION : /That was wrong/);
      given.type('wrong\r');
    }
    await given.waitFor(/error: the passphrase for the private key in \.\/keys\/private_key\.pkcs7\.pem is wrong/);
    expect((await given.ended).exitCode).toBe(1);
  });

  test('without a terminal is an error that says what to do; encrypting asks nothing', async () => {
    const scene = locked();
    const value = encrypted('hello');
    const { code, stdout, stderr } = await scene.run(['decrypt', '-s', value]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('has a passphrase, and there is no terminal to ask for it [PASSPHRASE_CANCELLED]\nhint: ');
    const terminal = scene.onTerminal('encrypt', '-n', 'pkcs7', '-s', 'x', '-o', 'raw', '-q');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toMatch(QUESTION);
  });
});

describe('command lines of long ago', () => {
  test.each([
    [['-e', '-s', 's3cret'], 'encrypt'],
    [['--encrypt', '-p'], 'encrypt'],
    [['-d', '-s', 's3cret'], 'decrypt'],
    [['-c'], 'createkeys'],
    [['-i', 's3cret'], 'edit'],
  ])('eyaml %j is wrong usage that names the new form', async (args, command) => {
    const { code, stdout, stderr } = await createScene().run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: options of hiera-eyaml 1 are not supported: use eyaml ${command} [USAGE]\n`);
    expect(stderr).not.toContain('s3cret');
  });

  test('eyaml decrypt FILE says which option names a file', async () => {
    const { code, stderr } = await createScene().run(['decrypt', 'common.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('hint: -f and -e name a file to decrypt');
  });

  test('eyaml alone lists the commands on standard error', async () => {
    const { code, stdout, stderr } = await createScene().run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const command of ['createkeys', 'decrypt', 'edit', 'encrypt', 'recrypt', 'check', 'init', 'version', 'help'])
      expect(stderr).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
  });
});
