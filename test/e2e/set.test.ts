import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { lockOf } from '../../src/files/lock.js';
import { cleanEnvironment, commandWith } from '../helpers/cli.js';
import { killAtEveryOperation } from '../helpers/faults.js';
import { BOBS_PASSPHRASE, createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { fakePinentry, type FakePinentry } from '../helpers/pinentry.js';
import { createScene, tagsIn, type Scene } from '../helpers/scene.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';
import { holdAt, isStopped, until } from '../helpers/writers.js';

const FILE = 'common.eyaml';
const set = (scene: Scene, key: string, value: string, ...more: readonly string[]) =>
  scene.run(['set', '--stdin', FILE, key, ...more], { input: value });
const valuesIn = async (scene: Scene) =>
  JSON.parse((await scene.run(['get', '--json', FILE])).stdout) as Record<string, string>;

describe('several writers of one file', () => {
  test.each([
    ['a file that is there', '---\n# note\nbefore: 1\n'],
    ['a new file', undefined],
  ])('fifty at once lose none of the fifty: %s', { timeout: 180_000 }, async (_, text) => {
    const scene = createScene({ keys: true });
    if (text !== undefined) scene.write(FILE, text);
    const keys = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? `k${i}` : `group${i % 5}.k${i}`));
    const runs = await Promise.all(keys.map((key) => set(scene, key, `value of ${key}`)));
    expect(runs.map(({ code, stderr }) => ({ code, stderr })).filter(({ code }) => code !== 0)).toEqual([]);
    const wanted = Object.fromEntries(keys.map((key) => [key, `value of ${key}`]));
    expect(await valuesIn(scene)).toEqual(wanted);
    expect(scene.read(FILE).startsWith(text ?? '---\n')).toBe(true);
    expect(readdirSync(scene.cwd).sort()).toEqual([FILE, 'keys']);
  });

  /** A `set` that stops, or is killed, at a call of its own. */
  function held(scene: Scene, key: string, call: string) {
    const env = { ...cleanEnvironment({ HOME: scene.homeFolder }), ...holdAt(call) };
    const child = spawn(...commandWith(['set', '--value', 'held', FILE, key], env), {
      cwd: scene.cwd,
      env,
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return { pid: child.pid ?? 0, ended: once(child, 'close') };
  }

  test('what another one wrote meanwhile stays, and the value is put into it', async () => {
    const scene = createScene({ keys: true });
    scene.write(FILE, 'a: 1\n');
    // It has read the file and is about to take the lock.
    const first = held(scene, 'b', 'symlinkSync:1:SIGSTOP');
    await until(() => isStopped(first.pid));
    expect(await set(scene, 'c', 'second')).toMatchObject({ code: 0 });
    expect((await scene.edit(FILE, 'sed -i "s/a: 1/a: 2/"')).code).toBe(0);
    process.kill(first.pid, 'SIGCONT');
    expect(await first.ended).toEqual([0, null]);
    expect(await valuesIn(scene)).toEqual({ b: 'held', c: 'second' });
    expect(scene.read(FILE)).toMatch(/^a: 2\nc: ENC\[.*\]\nb: ENC\[.*\]\n$/);
  });

  test('what another one wrote meanwhile may leave no place for the value', async () => {
    const scene = createScene({ keys: true });
    scene.write(FILE, 'a:\n');
    const first = held(scene, 'a', 'symlinkSync:1:SIGSTOP');
    await until(() => isStopped(first.pid));
    expect(await set(scene, 'a.b', 'second')).toMatchObject({ code: 0 });
    process.kill(first.pid, 'SIGCONT');
    expect(await first.ended).toEqual([1, null]);
    expect(await valuesIn(scene)).toEqual({ 'a.b': 'second' });
  });

  test('the lock of one that was killed is taken over', async () => {
    const scene = createScene({ keys: true });
    scene.write(FILE, 'a: 1\n');
    expect(await held(scene, 'b', 'renameSync:1:SIGKILL').ended).toEqual([null, 'SIGKILL']);
    expect(lstatSync(lockOf(path.join(scene.cwd, FILE))).isSymbolicLink()).toBe(true);
    expect(scene.read(FILE)).toBe('a: 1\n');
    expect(await set(scene, 'c', 'next')).toMatchObject({ code: 0 });
    expect((await scene.run(['unset', FILE, 'a'])).code).toBe(0);
    expect(await valuesIn(scene)).toEqual({ c: 'next' });
    expect(readdirSync(scene.cwd).sort()).toEqual([FILE, 'keys']);
  });

  test.each([
    ['a file that is there', 'a: 1\n'],
    ['a new file', undefined],
  ])('one that is killed at any moment leaves the old file or the new one: %s', async (_, text) => {
    const keys = path.join(FIXTURES, 'keys/pkcs7');
    const args = ['set', '--value', 'x', FILE, 'b', '--pkcs7-public-key', path.join(keys, 'public_key.pkcs7.pem')];
    const operations = await killAtEveryOperation(
      { args },
      ({ cwd }) => text === undefined || writeFileSync(path.join(cwd, FILE), text),
      ({ cwd }, moment) => {
        const now = readdirSync(cwd).includes(FILE) ? readFileSync(path.join(cwd, FILE), 'utf8') : undefined;
        const isNew = now !== undefined && /^(?:a: 1|---)\nb: ENC\[PKCS7,[\w+/=]+\]\n$/.test(now);
        expect(isNew || (moment !== undefined && now === text)).toBe(true);
        return Promise.resolve();
      },
    );
    expect(operations.length).toBeGreaterThan(5);
  });
});

describe('a value that is there', () => {
  test('keeps its method, unless -n names another; the configuration decides only about new ones', async () => {
    const home = createGnupgHome({ secret: ['alice'] });
    onTestFinished(() => home.remove());
    const scene = createScene({ keys: true, gnupg: home });
    scene.write(`.eyaml/config.yaml`, 'encrypt_method: pkcs7\n');
    scene.write('hiera-eyaml-gpg.recipients', 'alice@example.com\n');
    const tags = async (...more: readonly string[]) => {
      expect(await set(scene, 'a', `with ${more.join(' ')}`, ...more)).toMatchObject({ code: 0 });
      return tagsIn(scene.read(FILE));
    };
    expect(await tags()).toEqual(['PKCS7']);
    expect(await tags('-n', 'gpg')).toEqual(['GPG']);
    expect(await tags()).toEqual(['GPG']);
    expect(await valuesIn(scene)).toEqual({ a: 'with ' });
  });

  test('keeps its ciphertext if it is the same, and loses it if its readers changed', async () => {
    const scene = createScene({ keys: true });
    await set(scene, 'a', 'same');
    const before = scene.read(FILE);
    expect(await set(scene, 'a', 'same')).toMatchObject({
      stderr: `a in ${FILE} already has this value; nothing was written\n`,
    });
    expect(scene.read(FILE)).toBe(before);
    await set(scene, 'a', 'other');
    expect(scene.read(FILE)).not.toBe(before);
    // Puppet does not see a value that crosses lines under |.
    scene.write(
      'hidden.eyaml',
      scene
        .read(FILE)
        .replace('a: ', 'a: |\n  ')
        .replace(/(.{40})(?=.)/g, '$1\n  '),
    );
    expect((await scene.run(['check', 'hidden.eyaml'])).stdout).toContain('passed-over-value');
    expect((await scene.run(['set', '--stdin', 'hidden.eyaml', 'a'], { input: 'other' })).stderr).toContain('changed');
    expect((await scene.run(['check', 'hidden.eyaml'])).code).toBe(0);
    // A block is asked for, so it is written.
    await set(scene, 'a', 'other', '--block');
    expect(scene.read(FILE)).toMatch(/^---\na: >\n {2}ENC\[/);
  });
});

describe('with GnuPG', () => {
  let pinentry: FakePinentry;
  let bob: GnupgHome;
  beforeAll(() => {
    pinentry = fakePinentry(BOBS_PASSPHRASE);
    bob = createGnupgHome({ secret: ['bob'], pub: ['alice'], agentConf: [pinentry.agentConf] });
  });
  afterAll(() => {
    bob.remove();
    pinentry.remove();
  });

  test('nobody is asked for a passphrase to find out whether a value is the same', async () => {
    const scene = createScene({ gnupg: bob });
    scene.write('hiera-eyaml-gpg.recipients', 'alice@example.com\nbob@example.com\n');
    await set(scene, 'a', 'same');
    const before = scene.read(FILE);
    expect(await set(scene, 'a', 'same')).toMatchObject({ code: 0 });
    expect(pinentry.starts()).toBe(0);
    expect(scene.read(FILE)).not.toBe(before);
    // From now on the agent has the passphrase.
    expect((await scene.run(['get', FILE, 'a'])).stdout).toBe('same');
    expect(pinentry.starts()).toBe(1);
    expect((await set(scene, 'a', 'same')).stderr).toContain('nothing was written');
    scene.write('hiera-eyaml-gpg.recipients', 'bob@example.com\n');
    expect((await set(scene, 'a', 'same')).stderr).toContain(`changed ${FILE}`);
    expect(pinentry.starts()).toBe(1);
  });

  test('only public keys are needed, and new readers are named', async () => {
    const home = createGnupgHome({ pub: ['alice', 'bob'] });
    onTestFinished(() => home.remove());
    const scene = createScene({ gnupg: home });
    scene.write('hiera-eyaml-gpg.recipients', 'alice@example.com\n');
    expect(await set(scene, 'a', 'x')).toMatchObject({ code: 0 });
    scene.write('hiera-eyaml-gpg.recipients', 'alice@example.com\nbob@example.com\n');
    expect(await scene.run(['recipients', 'ack', '--yes'])).toMatchObject({ code: 0 });
    const { stderr } = await set(scene, 'b', 'x');
    expect(stderr).toContain('Bob <bob@example.com>');
    expect(stderr).toContain('will read what you set; 1 other value of this file is not encrypted to them');
  });
});

describe('on a terminal', () => {
  const onTerminal = (scene: Scene, ...more: readonly string[]) =>
    eyamlOnTerminal(['set', FILE, 'a', ...more], { cwd: scene.cwd, env: { HOME: scene.homeFolder } });

  test('the value is asked for and not shown', async () => {
    const scene = createScene({ keys: true });
    const terminal = onTerminal(scene);
    await terminal.waitFor(/New value of a:/);
    terminal.type('hidden Ünïcode\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('hidden');
    expect((await scene.run(['get', FILE, 'a'])).stdout).toBe('hidden Ünïcode');
  });

  test('--confirm asks twice; Ctrl-C ends it; nothing is written then', async () => {
    const scene = createScene({ keys: true });
    const twice = onTerminal(scene, '--confirm');
    await twice.waitFor(/New value of a:/);
    twice.type('one\r');
    await twice.waitFor(/again:/);
    twice.type('two\r');
    expect((await twice.ended).exitCode).toBe(2);
    const interrupted = onTerminal(scene);
    await interrupted.waitFor(/New value of a:/);
    interrupted.type('\u0003');
    expect((await interrupted.ended).exitCode).toBe(130);
    expect(scene.has(FILE)).toBe(false);
  });

  test('what is wrong is said before the question', async () => {
    const scene = createScene({ keys: true });
    scene.write(FILE, 'a: {b: 1}\n');
    const terminal = onTerminal(scene);
    expect((await terminal.ended).exitCode).toBe(1);
    expect(terminal.shown()).not.toContain('New value');
    expect(terminal.shown()).toContain('[KEY_UNUSABLE]');
  });

  test('--value is warned of; get ends its line without a change of what it prints', async () => {
    const scene = createScene({ keys: true });
    const terminal = onTerminal(scene, '--value', 'x');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).toContain('note: other users may see the text given with --value');
    const got = eyamlOnTerminal(['get', FILE, 'a'], { cwd: scene.cwd, env: { HOME: scene.homeFolder } });
    await got.ended;
    expect(got.shown()).toBe('x\r\n');
  });
});

test('a file keeps its byte order mark, its CRLF and its missing last line end', async () => {
  const scene = createScene({ keys: true });
  scene.write(FILE, '\ufeff---\r\na: 1\r\nb:\r\n  c: 2');
  expect(await set(scene, 'b.d', 'x')).toMatchObject({ code: 0 });
  expect(scene.read(FILE)).toMatch(/^\ufeff---\r\na: 1\r\nb:\r\n {2}c: 2\r\n {2}d: ENC\[PKCS7,[\w+/=]+\]$/);
  expect(await valuesIn(scene)).toEqual({ 'b.d': 'x' });
  expect((await scene.run(['unset', FILE, 'a'])).code).toBe(0);
  expect(scene.read(FILE)).toMatch(/^\ufeff---\r\nb:\r\n {2}c: 2\r\n {2}d: ENC/);
});

test('a link stays one, and any octets come back', async () => {
  const scene = createScene({ keys: true });
  scene.write('real.eyaml', '---\n');
  symlinkSync('real.eyaml', path.join(scene.cwd, FILE));
  const octets = Buffer.from([0, 0xff, 0x0d, 0x0a, 0x80, 0x0a]);
  expect((await scene.run(['set', '--stdin', FILE, 'a'], { input: octets })).code).toBe(0);
  expect(lstatSync(path.join(scene.cwd, FILE)).isSymbolicLink()).toBe(true);
  expect((await scene.run(['get', 'real.eyaml', 'a'])).stdoutOctets).toEqual(octets);
  expect((await scene.run(['get', '--json', FILE, 'a'])).stdout).toBe(
    `{\n  "a": {\n    "base64": "${octets.toString('base64')}"\n  }\n}\n`,
  );
});
