import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { selfSigned } from '../helpers/pkcs7.js';
import { createScene, tagsIn, type Scene } from '../helpers/scene.js';

// Files with PKCS7 values, alone and beside GPG values. Alice is at the keyboard.
const MIXED = 'pkcs7/mixed.eyaml';
const UNTAGGED = 'pkcs7/untagged.eyaml';
const PRIVATE = 'keys/private_key.pkcs7.pem';
const PUBLIC = 'keys/public_key.pkcs7.pem';
const PLAIN = `---
mixed::pkcs7: pkcs7 string
mixed::pkcs7_block: pkcs7 block
mixed::gpg: gpg beside it
mixed::both: one two
`;

let home: GnupgHome;
/** Has the public keys of the recipients, and no secret key. */
let publicHome: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster'] });
  publicHome = createGnupgHome({ pub: ['alice', 'puppetmaster'] });
});
afterAll(() => {
  home.remove();
  publicHome.remove();
});

const scene = (keys = true): Scene => createScene({ gnupg: home, tree: true, keys });
const remove = ({ cwd }: Scene, file: string) => rmSync(path.join(cwd, file));

/** The lines of a file that are not as they were. */
const changedLines = (before: string, after: string) => {
  const old = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !old.has(line));
};

describe('decrypt and encrypt', () => {
  test('a file of both methods, and one without tags', async () => {
    const { run } = scene();
    expect((await run(['decrypt', '-f', MIXED])).stdout).toBe(PLAIN);
    expect((await run(['decrypt', '-f', UNTAGGED])).stdout).toBe('---\nuntagged: pkcs7 string\n');
  });

  test('an untagged value is shown as a PKCS7 marker, and markers go back to their methods', async () => {
    const { run, write } = scene();
    expect((await run(['decrypt', '-e', UNTAGGED])).stdout).toBe('---\nuntagged: DEC::PKCS7[pkcs7 string]!\n');
    write('pkcs7/new.eyaml', (await run(['decrypt', '-e', MIXED])).stdout);
    const { stdout } = await run(['encrypt', '-e', 'pkcs7/new.eyaml']);
    expect(tagsIn(stdout)).toEqual(['PKCS7', 'PKCS7', 'GPG', 'PKCS7', 'GPG']);
    expect((await run(['decrypt', '--stdin'], { input: stdout })).stdout).toBe(PLAIN);
  });

  test('without the private key the PKCS7 values are named, and the option', async () => {
    const { run } = scene(false);
    const { code, stdout, stderr } = await run(['decrypt', '-f', MIXED]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('\n  there is no PKCS7 private key');
    expect(stderr).toContain(`\n    ${MIXED}:4: mixed::pkcs7_block\n`);
    expect(stderr).toContain('--pkcs7-private-key');
  });

  test('a value for another certificate: the error names that one and ours', async () => {
    const other = scene(false);
    expect((await other.run(['createkeys'])).code).toBe(0);
    const { code, stderr } = await other.run(['decrypt', '-f', UNTAGGED]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /it is encrypted for the certificate with serial 00 issuer \/: the private key in \S+ does not/,
    );
    expect(stderr).toMatch(/; its certificate in \S+ has serial [0-9A-F]{16,} issuer \//);
  });
});

describe('which method a new value gets', () => {
  test.each([
    ['GPG where a recipients file applies', MIXED, [], 'GPG'],
    ['what -n says', MIXED, ['-n', 'pkcs7'], 'PKCS7'],
    ['PKCS7 where only its public key is there', 'keys/public_key.pkcs7.pem', [], 'PKCS7'],
  ])('%s', async (_, file, options, tag) => {
    const { stdout } = await scene().run(['encrypt', '-f', file, '-o', 'string', ...options]);
    expect(tagsIn(stdout)).toEqual([tag]);
  });
});

describe('edit', () => {
  test('a value of each method changed: two lines, each with its method', async () => {
    const { edit, read } = scene();
    const before = read(MIXED);
    expect((await edit(MIXED, 'sed -i "s/pkcs7 string/word/; s/gpg beside/by/"')).code).toBe(0);
    expect(changedLines(before, read(MIXED)).map((line) => line.slice(0, 20))).toEqual([
      'mixed::pkcs7: ENC[PK',
      'mixed::gpg: ENC[GPG,',
    ]);
  });

  test('an untagged value that did not change keeps its bytes, one that did gets its tag', async () => {
    const { edit, read } = scene();
    const before = read(UNTAGGED);
    await edit(UNTAGGED, 'sed -i "\\$a new: DEC::PKCS7[x]!"');
    expect(read(UNTAGGED).startsWith(before)).toBe(true);
    await edit(UNTAGGED, 'sed -i s/string/word/');
    expect(tagsIn(read(UNTAGGED))).toEqual(['PKCS7', 'PKCS7']);
  });

  test('without the private key the PKCS7 values stay, and the GPG values can be edited', async () => {
    const it = scene();
    remove(it, PRIVATE);
    const before = it.read(MIXED);
    const { code, stderr } = await it.edit(MIXED, 'sed -i "s/gpg beside it/changed/; \\$a new: DEC::PKCS7[x]!"');
    expect(code).toBe(0);
    expect(stderr).toContain('3 of 5 values cannot be decrypted and stay as they are');
    expect(changedLines(before, it.read(MIXED)).map((line) => line.slice(0, 16))).toEqual([
      'mixed::gpg: ENC[',
      'new: ENC[PKCS7,M',
    ]);
  });

  test('without the public key the PKCS7 values are shown, and one that was changed is an error', async () => {
    const it = scene();
    remove(it, PUBLIC);
    const before = it.read(MIXED);
    const changed = await it.edit(MIXED, 'sed -i "s/pkcs7 string/word/"');
    expect(changed.stderr).toMatch(/^warning: PKCS7 values cannot be changed: there is no PKCS7 public key/);
    expect(changed.code).toBe(1);
    expect(it.read(MIXED)).toBe(before);
    expect((await it.edit(MIXED, 'sed -i "s/gpg beside/by/"')).code).toBe(0);
    expect(changedLines(before, it.read(MIXED))).toHaveLength(1);
  });

  test.each([
    ['both methods', true, [], 'DEC::GPG[text to encrypt]!  (also: DEC::PKCS7[]!)'],
    ['the one asked for first', true, ['-n', 'pkcs7'], 'DEC::PKCS7[text to encrypt]!  (also: DEC::GPG[]!)'],
    ['only what is there', false, [], 'DEC::GPG[text to encrypt]!\n'],
  ])('the preamble names %s', async (_, keys, options, example) => {
    expect((await scene(keys).edit(MIXED, 'cat', ...options)).stdout).toContain(example);
  });
});

describe('recrypt', () => {
  test('-d gpg needs the PKCS7 private key and public GPG keys, -d pkcs7 goes back', async () => {
    const { run, read } = scene();
    const env = { GNUPGHOME: publicHome.path };
    const toGpg = await run(['recrypt', '--yes', '-d', 'gpg', 'pkcs7'], { env });
    expect(toGpg.stderr).toContain('  > 4 values from PKCS7 to GPG\n');
    expect(toGpg.code).toBe(0);
    expect(tagsIn(read(MIXED) + read(UNTAGGED))).toEqual(Array(6).fill('GPG'));
    expect((await run(['decrypt', '-f', MIXED])).stdout).toBe(PLAIN);

    const back = await run(['recrypt', '--yes', '-d', 'pkcs7', 'pkcs7']);
    expect(back.stderr).toContain('  > 6 values from GPG to PKCS7\n');
    expect(tagsIn(read(MIXED) + read(UNTAGGED))).toEqual(Array(6).fill('PKCS7'));
    expect((await run(['decrypt', '-f', MIXED], { env })).stdout).toBe(PLAIN);
  });

  test('without the private key a file is left whole as it was, and the exit code is 1', async () => {
    const it = scene();
    remove(it, PRIVATE);
    const before = it.read(MIXED);
    const { code, stderr } = await it.run(['recrypt', '-d', 'gpg', MIXED]);
    expect(code).toBe(1);
    expect(stderr).toContain('\n  there is no PKCS7 private key');
    expect(stderr).toContain(`\n    ${MIXED}:2\n`);
    expect(it.read(MIXED)).toBe(before);
  });

  test('a dry run writes nothing and needs no key to open', async () => {
    const it = scene();
    remove(it, PRIVATE);
    const before = it.read(MIXED);
    expect((await it.run(['recrypt', '--dry-run', '-d', 'gpg', MIXED])).stderr).toContain('3 values from PKCS7 to GPG');
    expect(it.read(MIXED)).toBe(before);
  });

  test('a pair that was replaced: check finds it, recrypt mends it with the old private and the new public key', async () => {
    const { run, read } = scene(false);
    expect((await run(['createkeys'])).code).toBe(0);
    const options = ['--disable-rule', 'foreign-method'];
    const found = await run(['check', ...options, MIXED]);
    expect(found.code).toBe(1);
    expect(found.stdout.match(/\[(?:extra|missing)-recipient\]/g)).toHaveLength(2);
    expect(found.stdout).toContain('6 findings in 1 file');

    const old = ['--pkcs7-private-key', path.join(FIXTURES, PRIVATE.replace('keys/', 'keys/pkcs7/'))];
    const gpgValue = read(MIXED).split('\n')[12];
    const mended = await run(['recrypt', ...old, MIXED]);
    expect(mended.stderr).toMatch(
      /\+ serial [0-9A-F]{16,} certificate of issuer \/ .*\n {2}- serial 00 certificate of issuer \/\n/,
    );
    expect(mended.stderr).toContain(`Change them:\n  ${MIXED}:2: mixed::pkcs7\n`);
    expect(read(MIXED)).toContain(`\n${gpgValue}\n`);
    expect((await run(['check', ...options, MIXED])).code).toBe(0);
    expect((await run(['decrypt', '-f', MIXED])).stdout).toBe(PLAIN);
  });
});

describe('check', () => {
  test('one method for each folder', async () => {
    const { run } = scene();
    const rules = async (...args: string[]) => {
      const { stdout } = await run(['check', '--format', 'json', ...args]);
      const { findings } = JSON.parse(stdout) as { findings: readonly { rule: string; line: number }[] };
      return findings.map(({ rule, line }) => `${line} ${rule}`);
    };
    const foreign = (...lines: number[]) => lines.map((line) => `${line} foreign-method`);
    expect(await rules(MIXED)).toEqual(foreign(2, 4, 14));
    expect(await rules('-n', 'pkcs7', MIXED)).toEqual(foreign(13, 14));
    expect(await rules('-n', 'pkcs7', UNTAGGED)).toEqual([]);
    expect(await rules('--decrypt', '--disable-rule', 'foreign-method', 'pkcs7')).toEqual([]);
  });
});

describe('a method that nothing here knows', () => {
  const withKms = () => {
    const it = scene();
    it.write(MIXED, `${it.read(MIXED)}a: ENC[KMS,AAAA]\nb: ENC[KMS,BBBB]\n`);
    return it;
  };

  test('decrypt names each value', async () => {
    const { code, stderr } = await withKms().run(['decrypt', '-f', MIXED]);
    expect(code).toBe(1);
    expect(stderr).toContain('\n  the encryption method KMS is not available\n');
    expect(stderr).toContain(`\n    ${MIXED}:16: b\n`);
    expect(stderr).toContain('available: GPG, PKCS7');
  });

  test('edit says once that its values stay', async () => {
    const it = withKms();
    const { code, stderr } = await it.edit(MIXED, 'sed -i s/beside/by/');
    expect(code).toBe(0);
    expect(stderr).toBe('warning: values of the method KMS stay as they are: unknown method\n');
    expect(it.read(MIXED)).toMatch(/\na: ENC\[KMS,AAAA\]\nb: ENC\[KMS,BBBB\]\n$/);
  });

  test('recrypt -d says that they keep theirs, and it is a failure', async () => {
    const it = withKms();
    const { code, stderr } = await it.run(['recrypt', '-d', 'gpg', MIXED]);
    expect(code).toBe(1);
    expect(stderr).toContain('warning: 2 KMS values stay as they are: unknown method');
    expect(stderr).toContain(`\n  ${MIXED}: its KMS values keep their method: unknown method\n`);
    expect(tagsIn(it.read(MIXED))).toEqual(['GPG', 'GPG', 'GPG', 'GPG', 'GPG', 'KMS', 'KMS']);
  });

  test('recrypt without -d says once how many stay', async () => {
    const { code, stderr } = await withKms().run(['recrypt', MIXED]);
    expect(code).toBe(0);
    expect(stderr.match(/KMS/g)).toHaveLength(1);
    expect(stderr).toContain('warning: 2 KMS values stay as they are: unknown method');
  });

  test('check finds them', async () => {
    const { stdout } = await withKms().run(['check', '--disable-rule', 'foreign-method', MIXED]);
    expect(stdout.match(/unknown method KMS \[unknown-method\]/g)).toHaveLength(1);
    expect(stdout).toContain('2 findings in 1 file');
  });
});

describe('a key that is there and cannot be used', () => {
  /** What a key's path leads to: a folder, or nowhere, so that even root cannot read it. */
  const WAYS: readonly [string, (file: string) => void][] = [
    ['a folder', (file) => mkdirSync(file)],
    ['a link to itself', (file) => symlinkSync(path.basename(file), file)],
  ];

  test.each(WAYS)('the PKCS7 public key is %s: a GPG file can be edited', async (_, put) => {
    const it = scene();
    remove(it, PUBLIC);
    put(path.join(it.cwd, PUBLIC));
    const file = 'pkcs7/gpg.eyaml';
    const before = it.read(MIXED).replace(/^(?!mixed::gpg).*\n/gm, '');
    it.write(file, before);
    const { code, stderr } = await it.edit(file, 'sed -i "\\$a new: DEC::GPG[x]!"');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^warning: no new values of PKCS7 can be added: .*public_key\.pkcs7\.pem cannot be read: .*\n$/,
    );
    expect((await it.edit(file, 'cat')).stdout).not.toContain('PKCS7');
    expect(it.read(file).startsWith(before)).toBe(true);
    expect(tagsIn(it.read(file))).toEqual(['GPG', 'GPG']);
  });

  test('the PKCS7 private key cannot be read: its values stay', async () => {
    const it = scene();
    remove(it, PRIVATE);
    symlinkSync('private_key.pkcs7.pem', path.join(it.cwd, PRIVATE));
    const before = it.read(MIXED);
    const { code, stderr } = await it.edit(MIXED, 'sed -i "s/gpg beside it/changed/"');
    expect(code).toBe(0);
    expect(stderr).toContain('3 of 5 values cannot be decrypted and stay as they are');
    expect(stderr).toContain('private_key.pkcs7.pem cannot be read: its symbolic links form a loop');
    expect(changedLines(before, it.read(MIXED)).map((line) => line.slice(0, 16))).toEqual(['mixed::gpg: ENC[']);
  });

  test('the PKCS7 private key is not that of the certificate: who encrypts is warned, once', async () => {
    const it = scene(false);
    expect((await it.run(['createkeys'])).code).toBe(0);
    const args = ['-n', 'pkcs7', '--pkcs7-private-key', path.join(FIXTURES, 'keys/pkcs7/private_key.pkcs7.pem')];
    const warning =
      /^warning: the private key in \S+ does not belong to \S+public_key\.pkcs7\.pem: you will not be able to read these values\n$/;
    const { code, stdout, stderr } = await it.run(['encrypt', '-s', 'x', '-o', 'string', ...args]);
    expect({ code, tags: tagsIn(stdout) }).toEqual({ code: 0, tags: ['PKCS7'] });
    expect(stderr).toMatch(warning);
    it.write('markers', 'a: DEC::PKCS7[a]!\nb: DEC::PKCS7[b]!\n');
    expect((await it.run(['encrypt', '-e', 'markers', ...args])).stderr).toMatch(warning);
    expect((await it.run(['encrypt', '-n', 'pkcs7', '-s', 'x'])).stderr).toBe('');
  });
});

describe('a method that is a slip of the pen', () => {
  test.each([
    ['-n', ['-n', 'pkcs']],
    ['encrypt_method', []],
  ])('in %s is wrong usage', async (_, options) => {
    const it = scene();
    if (options.length === 0) it.write(path.join(it.homeFolder, '.eyaml/config.yaml'), 'encrypt_method: pkcs\n');
    const before = it.read(MIXED);
    const stderr = 'error: the encryption method PKCS is not available [USAGE]\nhint: available: GPG, PKCS7\n';
    for (const args of [
      ['check', MIXED],
      ['check', 'pkcs7', 'production'],
      ['encrypt', '-s', 'x'],
    ]) {
      expect(await it.run([...args, ...options])).toMatchObject({ code: 2, stdout: '', stderr });
    }
    expect(await it.edit(MIXED, 'sed -i s/string/word/', ...options)).toMatchObject({ code: 2, stderr });
    expect(it.read(MIXED)).toBe(before);
  });
});

describe('what recrypt cannot do', () => {
  test('text that only looks like a value is named, and the other values are done', async () => {
    const it = createScene({ keys: true });
    const [value = ''] = /ENC\[[^\]]*\]/.exec(it.read(path.join(FIXTURES, 'tree', UNTAGGED))) ?? [];
    const text = `a: ${value}\nsome:\n  bad: ENC[GPG,MIIB!!\n# ENC[GPG,MIIB!!\nb: ${value}\n`;
    it.write('x.eyaml', text);
    const { code, stderr } = await it.run(['recrypt', '--all', 'x.eyaml']);
    expect(code).toBe(1);
    expect(stderr).toContain('re-encrypted 2 values in 1 file');
    expect(stderr).toMatch(/\n {2}x\.eyaml:3: some\.bad: this looks like an encrypted value, but [^\n]+\n$/);
    expect(changedLines(text, it.read('x.eyaml')).map((line) => line.slice(0, 13))).toEqual([
      'a: ENC[PKCS7,',
      'b: ENC[PKCS7,',
    ]);
    const again = await it.run(['recrypt', 'x.eyaml']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('x.eyaml:3: some.bad: ');
    expect(again.stderr).not.toContain('nothing to do');
  });

  test('-d pkcs7 of a method that nothing here knows', async () => {
    const it = createScene({ keys: true });
    it.write('x.eyaml', 'a: ENC[KMS,AAAA]\n');
    const { code, stderr } = await it.run(['recrypt', '-d', 'pkcs7', 'x.eyaml']);
    expect(code).toBe(1);
    expect(stderr).toContain('\n  x.eyaml: its KMS values keep their method: unknown method\n');
    expect(it.read('x.eyaml')).toBe('a: ENC[KMS,AAAA]\n');
  });
});

describe('values that Puppet passes over', () => {
  const passedOver = () => {
    const it = createScene({ keys: true });
    const payload = it.read(path.join(FIXTURES, 'tree', UNTAGGED)).replace(/^[^]*ENC\[|\][^]*$/g, '');
    const lines = (payload.match(/.{1,60}/g) ?? []).join('\n  ');
    const text = `a: |\n  ENC[PKCS7,${lines}]\nb: >\n  ENC[PKCS7,${lines}]\n`;
    it.write('x.eyaml', text);
    return { it, folded: text.slice(text.indexOf('b: >')), text };
  };
  const ON_ONE_LINE = /^a: \|\n {2}ENC\[PKCS7,[\w+/=]+\]\n(b: >\n[^]*)$/;

  test('check names them, recrypt puts them on one line', async () => {
    const { it, folded } = passedOver();
    const { code, stdout } = await it.run(['check', 'x.eyaml']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^error: it contains line ends or tabs: [^\n]* \[passed-over-value\]\n {2}x\.eyaml:2: a\n/);
    expect(stdout.match(/passed-over-value/g)).toHaveLength(1);
    const done = await it.run(['recrypt', 'x.eyaml']);
    expect(done.stderr).toContain('  ! 1 value that Puppet does not see, because they contain line ends\n');
    expect(done.code).toBe(0);
    expect(ON_ONE_LINE.exec(it.read('x.eyaml'))?.[1]).toBe(folded);
    expect((await it.run(['check', 'x.eyaml'])).code).toBe(0);
    expect((await it.run(['decrypt', '-e', 'x.eyaml'])).stdout).toContain('a: |\n  DEC::PKCS7[pkcs7 string]!\n');
  });

  test('edit puts one that was changed on one line, and leaves the others', async () => {
    const { it, text, folded } = passedOver();
    expect((await it.edit('x.eyaml', 'sed -i "\\$a c: d"')).code).toBe(0);
    expect(it.read('x.eyaml')).toBe(`${text}c: d\n`);
    expect((await it.edit('x.eyaml', 'sed -i "0,/string/s//word/"', '--no-preamble')).code).toBe(0);
    expect(ON_ONE_LINE.exec(it.read('x.eyaml'))?.[1]).toBe(`${folded}c: d\n`);
  });
});

test('the report of check: names and key paths from files start no line of their own', async () => {
  const it = createScene();
  const { certificateFile } = selfSigned(it.cwd, 'x', ['-subj', '/CN=x\n  1: error: forged\u001b[2J']);
  const encrypt = ['encrypt', '-s', 'x', '-o', 'string', '--pkcs7-public-key', certificateFile];
  const value = (await it.run(encrypt)).stdout;
  it.write('x.eyaml', `"a\\n  2: error: forged\\e[2J": ${value}\n`);
  const ours = path.join(FIXTURES, 'keys/pkcs7/public_key.pkcs7.pem');
  const { code, stdout } = await it.run(['check', '--pkcs7-public-key', ours, 'x.eyaml']);
  expect(code).toBe(1);
  expect(stdout).toContain('extra-recipient');
  expect(stdout).not.toMatch(/^ *\d: error: forged/m);
  expect(stdout).not.toMatch(/[^\n\P{Cc}]/u);
});
