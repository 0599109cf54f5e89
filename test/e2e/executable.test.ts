import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, COMMAND, eyaml, isExecutable } from '../helpers/cli.js';
import { BOBS_PASSPHRASE, FIXTURES } from '../helpers/gnupg.js';
import { copyKey, keyFile } from '../helpers/key-homes.js';
import { PKCS7_FLAGS } from '../helpers/pkcs7.js';
import { createRepository } from '../helpers/repository.js';
import { createScene } from '../helpers/scene.js';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync('/tmp/eyaml-executable-');
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Writes a module that is loaded as a plugin, before the command begins. */
function plugin(name: string, code: string): { readonly EYAML_PLUGINS: string } {
  const file = path.join(scratch, `${name}.mjs`);
  writeFileSync(file, `${code}\nexport const tag = 'T', encrypt = (octets) => octets, decrypt = (octets) => octets;\n`);
  return { EYAML_PLUGINS: file };
}

// An executable is Node.js with files in it: what this changes.
describe.runIf(isExecutable)('the executable', () => {
  test('knows what it is, and its compiled code fits', async () => {
    const { run } = createScene();
    const { stdout } = await run(['version', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      node: { program: null },
      installed: { as: 'executable', program: COMMAND[0] },
      keptCode: true,
    });
  });

  // Of RHEL 8 and its family: glibc 2.28, and the libstdc++ of GCC 8. Debian 11 has newer ones.
  test('needs nothing newer than RHEL 8 has', () => {
    const text = readFileSync(COMMAND[0], 'latin1');
    const newest = (pattern: RegExp) => Math.max(...Array.from(text.matchAll(pattern), ([, last]) => Number(last)));
    expect(newest(/\0GLIBC_2\.(\d+)/g)).toBe(28);
    expect(newest(/\0GLIBCXX_3\.4\.(\d+)/g)).toBeLessThanOrEqual(25);
    expect(newest(/\0CXXABI_1\.3\.(\d+)/g)).toBeLessThanOrEqual(11);
  });

  test('takes no options of Node.js from outside', () => {
    const file = path.join(scratch, 'outside.mjs');
    writeFileSync(file, 'console.log("loaded");\n');
    const env = cleanEnvironment({ NODE_OPTIONS: `--import=${file} --nonsense` });
    const { status, stdout, stderr } = spawnSync(COMMAND[0], ['version'], { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('loaded');
  });

  test('loads plugins with their own packages', async () => {
    mkdirSync(path.join(scratch, 'node_modules/own'), { recursive: true });
    writeFileSync(path.join(scratch, 'node_modules/own/index.js'), 'module.exports = { text: "from a package" };\n');
    const env = plugin('with-package', "import own from 'own'; import 'node:fs'; process.stderr.write(own.text);");
    const { code, stderr } = await createScene({ env }).run(['encrypt', '-n', 't', '-s', 'x']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'from a package' });
  });

  test('the trace of an unexpected error names files of the source', async () => {
    // A stream that cannot be written to is nobody's mistake but the program's.
    const env = plugin('thrower', 'process.stdout.write = () => { throw new TypeError("secret"); };');
    const { code, stderr } = await createScene({ env }).run(['encrypt', '-n', 't', '-s', 'x', '--trace']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/UNEXPECTED/);
    expect(stderr).toMatch(/src\/cli\/ui\.ts:\d+/);
    expect(stderr).not.toContain('secret');
  });

  test.runIf(availableParallelism() > 1)('shares the work of an RSA key with a second thread', async () => {
    const answered = path.join(scratch, 'answered');
    const env = plugin(
      'listener',
      `import { writeFileSync } from 'node:fs';
      process.on('worker', (thread) => thread.once('message', () => writeFileSync('${answered}', 'yes')));`,
    );
    const { run, write, homeFolder } = createScene({ env });
    copyKey('bob', path.join(homeFolder, 'bob.asc'));
    writeFileSync(path.join(homeFolder, 'passphrase'), BOBS_PASSPHRASE, { mode: 0o600 });
    const forBob = [
      '--gpg-always-trust',
      '--gpg-recipients',
      'bob@example.com',
      '--gpg-public-keys',
      keyFile('bob', 'pub'),
    ];
    const asBob = ['--gpg-private-key', '~/bob.asc', '--gpg-passphrase-file', '~/passphrase'];
    // As many as it takes: how fast a machine is, and how soon a thread starts, is not for this test to say.
    for (let count = 400; !existsSync(answered); count *= 2) {
      const markers = Array.from({ length: count }, (_, i) => `k${i}: DEC::GPG[value ${i}]!\n`).join('');
      write('markers', markers);
      write('values.eyaml', (await run(['encrypt', '-e', 'markers', ...forBob])).stdout);
      expect((await run(['decrypt', '-e', 'values.eyaml', ...asBob])).stdout).toBe(markers);
    }
  });

  test('is what git starts after git install', async () => {
    const { top, env, git, read, write, commit } = createRepository();
    cpSync(path.join(FIXTURES, 'keys/pkcs7'), path.join(top, 'keys'), { recursive: true });
    write('.gitignore', 'keys\n');
    const run = (...args: readonly string[]) => eyaml(args, { cwd: top, env });
    const value = async (text: string) => (await run('encrypt', '-n', 'pkcs7', '-o', 'string', '-s', text)).stdout;
    write('a.eyaml', `a: ${await value('one')}\n`);
    expect((await run('git', 'install')).code).toBe(0);
    commit('one');
    git('checkout', '-q', '-b', 'side');
    write('a.eyaml', `${read('a.eyaml')}side: ${await value('two')}\n`);
    commit('side');
    git('checkout', '-q', 'main');
    write('a.eyaml', `${read('a.eyaml')}main: ${await value('three')}\n`);
    commit('main');
    git('merge', '-q', '-m', 'both', 'side');
    expect((await run('decrypt', '-f', 'a.eyaml')).stdout).toBe('a: one\nmain: three\nside: two\n');
    expect(git('diff', 'HEAD~1', 'HEAD')).toContain('+side: DEC::PKCS7[two]!\n');
  });

  test('opens PKCS7 values of Ruby eyaml', async () => {
    const file = path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml');
    const { stdout } = await createScene().run(['decrypt', '-f', file, ...PKCS7_FLAGS]);
    expect(stdout).toBe('---\nuntagged: pkcs7 string\n');
  });

  test('asks openpgp.js for what is rare', async () => {
    const rare = readFileSync(path.join(FIXTURES, 'vectors/3des.gpg')).toString('base64');
    const { homeFolder, run } = createScene();
    copyKey('alice', path.join(homeFolder, 'alice.asc'));
    const { stdout } = await run(['decrypt', '-s', `ENC[GPG,${rare}]`, '--gpg-private-key', '~/alice.asc']);
    expect(stdout).toBe('3des');
  });
});
