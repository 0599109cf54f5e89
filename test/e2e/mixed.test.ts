import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
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
    expect(stderr).toContain(`${MIXED}:4: mixed::pkcs7_block: there is no PKCS7 private key`);
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
    expect(changed.stderr).toMatch(/^warning: values of PKCS7 cannot be changed: there is no PKCS7 public key/);
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
    expect(stderr).toContain(`${MIXED}:2: there is no PKCS7 private key`);
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
    expect(found.stdout.match(/\[(?:extra|missing)-recipient\]/g)).toHaveLength(6);

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
    expect(stderr).toContain(`${MIXED}:16: b: the encryption method KMS is not available`);
    expect(stderr).toContain('available: GPG, PKCS7');
  });

  test('edit says once that its values stay', async () => {
    const it = withKms();
    const { code, stderr } = await it.edit(MIXED, 'sed -i s/beside/by/');
    expect(code).toBe(0);
    expect(stderr).toBe('warning: values of the method KMS stay as they are: nothing here knows it\n');
    expect(it.read(MIXED)).toMatch(/\na: ENC\[KMS,AAAA\]\nb: ENC\[KMS,BBBB\]\n$/);
  });

  test('recrypt -d says that they keep theirs, and it is a failure', async () => {
    const it = withKms();
    const { code, stderr } = await it.run(['recrypt', '-d', 'gpg', MIXED]);
    expect(code).toBe(1);
    expect(stderr).toContain('warning: 2 KMS values stay as they are: nothing here knows this method');
    expect(stderr).toContain(`\n  ${MIXED}: its KMS values keep their method: nothing here knows this method\n`);
    expect(tagsIn(it.read(MIXED))).toEqual(['GPG', 'GPG', 'GPG', 'GPG', 'GPG', 'KMS', 'KMS']);
  });

  test('recrypt without -d says once how many stay', async () => {
    const { code, stderr } = await withKms().run(['recrypt', MIXED]);
    expect(code).toBe(0);
    expect(stderr.match(/KMS/g)).toHaveLength(1);
    expect(stderr).toContain('warning: 2 KMS values stay as they are: nothing here knows this method');
  });

  test('check finds them', async () => {
    const { stdout } = await withKms().run(['check', '--disable-rule', 'foreign-method', MIXED]);
    expect(stdout.match(/nothing here knows the method KMS \[unknown-method\]/g)).toHaveLength(2);
  });
});
