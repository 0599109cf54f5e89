import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { createScene, tagsIn, type Scene } from '../helpers/scene.js';

const ROT = path.join(FIXTURES, 'plugins/rot.mjs');
const env = { EYAML_PLUGINS: ROT };
const HELLO = 'ENC[ROT,UnVyeXl8]';

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster', 'bob'] });
});
afterAll(() => home.remove());

describe('the verbs', () => {
  test('encrypt, decrypt and edit', async () => {
    const { run, edit, read, write } = createScene({ env });
    expect((await run(['encrypt', '-n', 'rot', '-s', 'hello', '-o', 'string'])).stdout).toBe(HELLO);
    write('a.eyaml', `a: ${HELLO}\nb: ${HELLO}\n`);
    expect((await run(['decrypt', '-f', 'a.eyaml'])).stdout).toBe('a: hello\nb: hello\n');

    const { code } = await edit('a.eyaml', 'sed -i "/^a:/s/hello/jello/; \\$a c: DEC::rot[new]!"', '-n', 'rot');
    expect(code).toBe(0);
    expect((await run(['decrypt', '-e', 'a.eyaml'])).stdout).toBe(
      'a: DEC::ROT[jello]!\nb: DEC::ROT[hello]!\nc: DEC::ROT[new]!\n',
    );
    expect(read('a.eyaml')).toContain(`\nb: ${HELLO}\n`);
    expect((await edit('a.eyaml', 'cat', '-n', 'rot')).stdout).toContain('key: DEC::ROT[text to encrypt]!');
  });

  test('recrypt moves values to a plugin’s method and back, check tells them from others', async () => {
    const { run, read } = createScene({ gnupg: home, tree: true, env });
    const file = 'production/role.eyaml';
    const before = (await run(['decrypt', '-f', file])).stdout;
    expect((await run(['recrypt', '-d', 'rot', file])).stderr).toContain('2 values from GPG to ROT');
    expect(tagsIn(read(file))).toEqual(['ROT', 'ROT']);
    const { code, stdout } = await run(['check', file]);
    expect(code).toBe(1);
    expect(
      stdout.match(/encrypted with ROT, but new values here get GPG \[foreign-method\](?:\n  \S+:\d+: .+)+/g),
    ).toHaveLength(1);
    expect(stdout.match(/^  \S+:\d+: /gm)).toHaveLength(2);
    expect((await run(['check', '-n', 'rot', '--decrypt', file])).stdout).toContain('2 opened: no problems found');
    expect((await run(['recrypt', '-d', 'gpg', file])).code).toBe(0);
    expect((await run(['decrypt', '-f', file])).stdout).toBe(before);
  });

  test('recrypt leaves its values alone, having no recipients to follow', async () => {
    const { run, read, write } = createScene({ env });
    write('a.eyaml', `a: ${HELLO}\n`);
    expect((await run(['recrypt', 'a.eyaml'])).stderr).toBe('nothing to do: 1 value in 1 file is up to date\n');
    expect(read('a.eyaml')).toBe(`a: ${HELLO}\n`);
  });
});

test('its options: the default, a configuration file, the command line', async () => {
  const { run, write } = createScene({ env });
  const encrypt = async (...args: string[]) =>
    (await run(['encrypt', '-n', 'rot', '-s', 'a', '-o', 'string', ...args])).stdout;
  const shifted = (by: number) => `ENC[ROT,${Buffer.from([0x52, 0x61 + by]).toString('base64')}]`;
  expect(await encrypt()).toBe(shifted(13));
  write('.eyaml/config.yaml', 'rot_shift: 2\n');
  expect(await encrypt()).toBe(shifted(2));
  expect(await encrypt('--rot-shift', '3')).toBe(shifted(3));
  const { stdout } = await run(['help', 'options']);
  expect(stdout).toMatch(/ROT FLAGS\n +--rot-shift=<value> +how far to shift each octet \(default: 13\)/);
});

describe('where plugins may be named', () => {
  /** A plugin with the tag T that leaves a file behind when it is loaded. */
  const tattling = ({ cwd }: Scene, file: string) => {
    const at = path.resolve(cwd, file);
    mkdirSync(path.dirname(at), { recursive: true });
    const mark = JSON.stringify(path.join(cwd, 'loaded'));
    writeFileSync(
      at,
      `import { writeFileSync } from 'node:fs';
       writeFileSync(${mark}, '');
       export const tag = 'T';
       export const encrypt = (octets) => Uint8Array.of(0, ...octets);
       export const decrypt = (octets) => octets.slice(1);`,
    );
    return at;
  };
  const encrypt = (it: Scene, more: Readonly<Record<string, string>> = {}) =>
    it.run(['encrypt', '-n', 't', '-s', 'x', '-o', 'string'], { env: more });

  test('the home folder’s configuration, with a path from its own folder', async () => {
    const it = createScene();
    tattling(it, path.join(it.homeFolder, '.eyaml/plugins/t.mjs'));
    it.write(path.join(it.homeFolder, '.eyaml/config.yaml'), 'plugins: [plugins/t.mjs]\n');
    expect(await encrypt(it)).toMatchObject({ code: 0, stdout: 'ENC[T,AHg=]', stderr: '' });
  });

  test('EYAML_PLUGINS, which comes instead of the configuration', async () => {
    const it = createScene();
    tattling(it, path.join(it.homeFolder, '.eyaml/t.mjs'));
    it.write(path.join(it.homeFolder, '.eyaml/config.yaml'), 'plugins: t.mjs\n');
    const { code, stderr } = await encrypt(it, env);
    expect(code).toBe(2);
    expect(stderr).toContain('the encryption method T is not available [USAGE]\nhint: available: GPG, PKCS7, ROT');
    expect(it.has('loaded')).toBe(false);
    const both = await encrypt(it, { EYAML_PLUGINS: `${ROT}:~/.eyaml/t.mjs` });
    expect(both.code).toBe(0);
  });

  test.each([
    ['the current folder’s configuration', '.eyaml/config.yaml', {}],
    ['the file that EYAML_CONFIG names', 'mine.yaml', { EYAML_CONFIG: 'mine.yaml' }],
  ])('not %s: a warning, and nothing of it is run', async (_, file, more) => {
    const it = createScene();
    const plugin = tattling(it, 't.mjs');
    it.write(file, `plugins: [${plugin}]\n`);
    const { code, stderr } = await encrypt(it, more);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file} names plugins, which are not loaded: only`);
    expect(stderr).toContain('the encryption method T is not available');
    for (const args of [['help', 'options'], ['check', '.'], ['version']]) await it.run(args, { env: more });
    expect(it.has('loaded')).toBe(false);
  });

  test.each(['', '.', './'])('nor where HOME is %j', async (HOME) => {
    const it = createScene();
    it.write('.eyaml/config.yaml', `plugins: [${tattling(it, 't.mjs')}]\n`);
    const { code, stderr } = await encrypt(it, { HOME });
    expect(code).toBe(2);
    expect(stderr).toContain('/.eyaml/config.yaml names plugins, which are not loaded');
    expect(it.has('loaded')).toBe(false);
  });

  test('an empty EYAML_PLUGINS is as good as none', async () => {
    const it = createScene();
    tattling(it, path.join(it.homeFolder, '.eyaml/t.mjs'));
    it.write(path.join(it.homeFolder, '.eyaml/config.yaml'), 'plugins: t.mjs\n');
    expect((await encrypt(it, { EYAML_PLUGINS: '' })).code).toBe(0);
  });

  test('a repository cannot take away what the home folder’s configuration names', async () => {
    const it = createScene();
    tattling(it, path.join(it.homeFolder, '.eyaml/t.mjs'));
    it.write(path.join(it.homeFolder, '.eyaml/config.yaml'), 'plugins: t.mjs\n');
    it.write('.eyaml/config.yaml', 'plugins: []\n');
    expect((await encrypt(it)).code).toBe(0);
  });
});

describe('a broken plugin', () => {
  const broken = (text: string) => {
    const it = createScene({ env: { EYAML_PLUGINS: 'broken.mjs' } });
    it.write('broken.mjs', text);
    it.write('a.eyaml', 'a: ENC[X,AAAA]\n');
    return it;
  };

  test.each([
    ['throws', 'throw new Error("swordfish");', 'Error'],
    ['is no JavaScript', 'swordfish: [', 'SyntaxError'],
  ])('that %s when it is loaded stops every command but help', async (_, text, name) => {
    const it = broken(text);
    for (const args of [
      ['decrypt', '-f', 'a.eyaml'],
      ['check', '.'],
      ['encrypt', '-s', 'x'],
    ]) {
      const { code, stdout, stderr } = await it.run(args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(
        `broken.mjs: it is not an ES module that Node can load (${name}) [PLUGIN_INVALID]\nhint: docs/plugins.md`,
      );
      expect(stderr).not.toContain('swordfish');
    }
    expect(await it.run(['help', 'options'])).toMatchObject({ code: 0 });
  });

  test.each([[[]], [['--trace', '-v']]])(
    'that fails with a secret in its message does not show it: %j',
    async (more) => {
      const it = broken(`export const tag = 'X';
      export const encrypt = (octets) => octets;
      export const decrypt = () => { throw new Error('swordfish'); };`);
      const { code, stdout, stderr } = await it.run(['decrypt', '-f', 'a.eyaml', ...more]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('a.eyaml:1: a: the plugin for X could not decrypt: Error\n');
      expect(stderr).not.toContain('swordfish');
      const edited = await it.edit('a.eyaml', 'cat', '-n', 'x');
      expect(edited.stderr).toContain('1 of 1 values cannot be decrypted and stay as they are');
      expect(edited.stdout + edited.stderr).not.toContain('swordfish');
    },
  );

  test('that answers a string', async () => {
    const it = broken(`export const tag = 'X';
      export const encrypt = () => 'swordfish';
      export const decrypt = () => 'swordfish';`);
    for (const args of [
      ['decrypt', '-f', 'a.eyaml'],
      ['encrypt', '-n', 'x', '-s', 'y'],
    ]) {
      const { code, stdout, stderr } = await it.run(args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('the plugin for X did not return octets');
      expect(stderr).not.toContain('swordfish');
    }
  });

  test.each([[''], ['--trace']])('whose errors are named after a secret: %j', async (more) => {
    const fails = (text: string) => `throw Object.assign(new Error('swordfish'), { name: ${text}, code: ${text} })`;
    for (const text of ["'swordfish'", "'swordfish\\nhint: swordfish'", "{ toString: () => 'swordfish' }"]) {
      const it = broken(`export const tag = 'X';
        export const encrypt = () => { ${fails(text)} };
        export const decrypt = encrypt;`);
      for (const args of [
        ['decrypt', '-f', 'a.eyaml'],
        ['encrypt', '-n', 'x', '-s', 'swordfish'],
      ]) {
        const { code, stdout, stderr } = await it.run([...args, ...(more ? [more] : [])]);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toContain('the plugin for X could not');
        expect(stderr).not.toContain('swordfish');
      }
    }
  });

  test('that never answers: an error, nothing printed, nothing written', async () => {
    const ENDED = 'error: exited before finishing: something (a plugin?) never answered [UNEXPECTED]\n';
    const it = broken(`export const tag = 'X';
      export const encrypt = () => new Promise(() => undefined);
      export const decrypt = (octets) => octets.length === 3 ? octets : encrypt();`);
    it.write('b.eyaml', 'a: ENC[X,AAAA]\nb: ENC[X,AA==]\n');
    const before = it.read('b.eyaml');
    for (const args of [
      ['decrypt', '-f', 'b.eyaml'],
      ['encrypt', '-n', 'x', '-s', 'y'],
      ['check', '-n', 'x', '--decrypt', 'b.eyaml'],
    ]) {
      expect(await it.run(args)).toMatchObject({ code: 1, stdout: '', stderr: ENDED });
    }
    expect(await it.edit('b.eyaml', 'true', '-n', 'x')).toMatchObject({ code: 1, stdout: '', stderr: ENDED });
    const changed = await it.edit('a.eyaml', 'sed -i "\\$a b: DEC::X[c]!"', '-n', 'x');
    expect(changed).toMatchObject({ code: 1, stdout: '', stderr: ENDED });
    expect((await it.run(['recrypt', '--all', 'b.eyaml'])).code).toBe(1);
    expect([it.read('a.eyaml'), it.read('b.eyaml')]).toEqual(['a: ENC[X,AAAA]\n', before]);

    it.write('broken.mjs', 'await new Promise(() => undefined);');
    expect(await it.run(['decrypt', '-f', 'a.eyaml'])).toMatchObject({ code: 1, stdout: '', stderr: ENDED });
  });

  test('with an option that a configuration file could not tell from ours, or from another plugin’s', async () => {
    const plugin = (tag: string, option: string) =>
      `export const tag = '${tag}';
       export const options = { '${option}': { summary: 'x' } };
       export const encrypt = (octets) => octets;
       export const decrypt = encrypt;`;
    const it = broken(plugin('PKCS7_PUBLIC', 'key'));
    const { code, stderr } = await it.run(['decrypt', '-s', 'x']);
    expect(code).toBe(1);
    expect(stderr).toContain('a plugin declares the option --pkcs7_public-key, which already exists');
    it.write('broken.mjs', plugin('A', 'b-c'));
    it.write('other.mjs', plugin('A_B', 'c'));
    const both = await it.run(['decrypt', '-s', 'x'], { env: { EYAML_PLUGINS: 'broken.mjs:other.mjs' } });
    expect(both).toMatchObject({ code: 1, stdout: '' });
    expect(both.stderr).toContain('a plugin declares the option --a_b-c, which already exists');
  });
});

describe('a plugin with buffers of its own ways', () => {
  const WIPES = `export const encrypt = (octets) => {
      const made = Uint8Array.of(1, ...octets);
      octets.fill(0);
      return made;
    };
    export const decrypt = (octets) => {
      const made = octets.slice(1);
      octets.fill(0);
      return made;
    };`;
  const REUSES = `const buffer = Buffer.alloc(64);
    const answer = (octets) => (buffer.fill(0).set(octets), buffer.subarray(0, octets.length));
    export const encrypt = (octets) => answer([1, ...octets]);
    export const decrypt = (octets) => answer(octets.subarray(1));`;

  test.each([
    ['that wipes what it was given', WIPES],
    ['that answers always the same', REUSES],
  ])('%s harms no value', async (_, text) => {
    const it = createScene({ env: { EYAML_PLUGINS: 'x.mjs' } });
    it.write('x.mjs', `export const tag = 'X';\n${text}`);
    const markers = 'a: DEC::X[one]!\nb: DEC::X[two]!\nc: DEC::X[one]!\nd: DEC::X[three]!\n';
    it.write('markers', markers);
    const { stdout } = await it.run(['encrypt', '-e', 'markers']);
    const valueOf = (plain: string) => `ENC[X,${Buffer.from(`\u0001${plain}`).toString('base64')}]`;
    expect(stdout).toBe(`a: ${valueOf('one')}\nb: ${valueOf('two')}\nc: ${valueOf('one')}\nd: ${valueOf('three')}\n`);
    it.write('x.eyaml', stdout);
    expect((await it.run(['decrypt', '-e', 'x.eyaml'])).stdout).toBe(markers);
    expect((await it.run(['recrypt', '--all', 'x.eyaml'])).code).toBe(0);
    expect(it.read('x.eyaml')).toBe(stdout);
    expect((await it.edit('x.eyaml', 'sed -i "s/two/2/; \\$a e: DEC::X[one]!"', '-n', 'x')).code).toBe(0);
    expect(it.read('x.eyaml')).toBe(`${stdout.replace(valueOf('two'), valueOf('2'))}e: ${valueOf('one')}\n`);
  });
});
