import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cleanEnvironment, commandWith } from '../helpers/cli.js';
import { PKCS7_FLAGS } from '../helpers/pkcs7.js';
import { hasPeer } from '../helpers/peers.js';
import { createScene, type Scene } from '../helpers/scene.js';
import { holdAt, isStopped, until } from '../helpers/writers.js';

// How the commands write their files; test/files has the parts.
const isRoot = process.getuid?.() === 0;
const FILE = 'file.yaml';

async function sceneWithFile(): Promise<Scene & { at: (name: string) => string; text: () => Promise<string> }> {
  const scene = createScene({ keys: true });
  const { stdout } = await scene.run(['encrypt', '-n', 'pkcs7', '-o', 'string', '-s', 'hello', ...PKCS7_FLAGS]);
  scene.write(FILE, `a: ${stdout}\n`);
  const text = async () => (await scene.run(['decrypt', '-f', FILE])).stdout;
  return { ...scene, at: (name) => path.join(scene.cwd, name), text };
}

/** Starts a command that stops itself at a call, and waits until it has. */
async function held({ cwd, homeFolder }: Scene, call: string, args: readonly string[]) {
  const env = cleanEnvironment({ HOME: homeFolder, EDITOR: 'sed -i s/hello/held/', ...holdAt(`${call}:SIGSTOP`) });
  const child = spawn(...commandWith(args, env), { cwd, env, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await until(() => isStopped(child.pid ?? 0));
  return { ended, signal: (signal: NodeJS.Signals) => child.kill(signal) };
}

const temporaries = ({ cwd }: Scene) => readdirSync(cwd).filter((name) => name.endsWith('.tmp'));

describe('two commands at one file', () => {
  test.each([
    ['recrypt', ['recrypt', '--all', '--yes', FILE], 'a: hello\n'],
    ['edit', ['edit', FILE], 'a: held\n'],
  ])('%s is held at its rename, and an edit that is saved then goes beside it', async (_, args, plaintext) => {
    const scene = await sceneWithFile();
    const first = await held(scene, 'renameSync:1', args);
    const second = scene.edit(FILE, 'sed -i s/hello/bye/');
    // The second one has all but taken the lock.
    await until(() => temporaries(scene).length === 2);
    first.signal('SIGCONT');
    expect(await first.ended).toBe(0);
    const { code, stderr } = await second;
    expect({ code, text: await scene.text() }).toEqual({ code: 1, text: plaintext });
    expect(stderr).toContain(`your edit, encrypted, is in ${scene.at('file.edited.yaml')}`);
    expect((await scene.run(['decrypt', '-f', 'file.edited.yaml'])).stdout).toBe('a: bye\n');
    expect(readdirSync(scene.cwd).sort()).toEqual(['file.edited.yaml', FILE, 'keys']);
  });

  test('recrypt leaves a file alone that an edit is just saving', async () => {
    const scene = await sceneWithFile();
    const first = await held(scene, 'renameSync:1', ['edit', FILE]);
    const second = scene.run(['recrypt', '--all', '--yes', FILE]);
    await until(() => temporaries(scene).length === 2);
    first.signal('SIGCONT');
    expect(await first.ended).toBe(0);
    const { code, stderr } = await second;
    expect({ code, text: await scene.text() }).toEqual({ code: 1, text: 'a: held\n' });
    expect(stderr).toContain('changed in the meantime; it was not overwritten');
  });

  test('a signal while the file is replaced leaves neither a lock nor a temporary file', async () => {
    const scene = await sceneWithFile();
    const first = await held(scene, 'renameSync:1', ['edit', FILE]);
    first.signal('SIGTERM');
    first.signal('SIGCONT');
    await first.ended;
    expect(await scene.text()).toBe('a: held\n');
    expect(readdirSync(scene.cwd).sort()).toEqual([FILE, 'keys']);
  });

  test('the lock of a killed one is no hindrance', async () => {
    const scene = await sceneWithFile();
    const first = await held(scene, 'renameSync:1', ['edit', FILE]);
    first.signal('SIGKILL');
    await first.ended;
    expect((await scene.edit(FILE, 'sed -i s/hello/bye/')).code).toBe(0);
    expect(await scene.text()).toBe('a: bye\n');
  });
});

describe('a file that cannot be replaced', () => {
  test.runIf(isRoot && hasPeer('mount'))('because it is a mount is written in place by edit and recrypt', async () => {
    const scene = await sceneWithFile();
    writeFileSync(scene.at('other.yaml'), '');
    execFileSync('mount', ['--bind', scene.at('other.yaml'), scene.at(FILE)]);
    onTestFinished(() => void execFileSync('umount', ['-l', scene.at(FILE)]));
    expect((await scene.edit(FILE, 'sed -i "$ a a: DEC::PKCS7[mounted]!"')).code).toBe(0);
    expect(await scene.text()).toContain('a: mounted\n');
    const before = scene.read(FILE);
    expect((await scene.run(['recrypt', '--all', '--yes', FILE])).code).toBe(0);
    expect(scene.read(FILE)).not.toBe(before);
    expect(scene.read('other.yaml')).toBe(scene.read(FILE));
    expect(readdirSync(scene.cwd).sort()).toEqual([FILE, 'keys', 'other.yaml']);
  });

  test('because of other hard links is written in place by edit and recrypt', async () => {
    const scene = await sceneWithFile();
    linkSync(scene.at(FILE), scene.at('other.yaml'));
    expect((await scene.edit(FILE, 'sed -i s/hello/bye/')).code).toBe(0);
    expect((await scene.run(['recrypt', '--all', '--yes', FILE])).code).toBe(0);
    expect(statSync(scene.at('other.yaml')).ino).toBe(statSync(scene.at(FILE)).ino);
    expect(await scene.text()).toBe('a: bye\n');
  });

  test('and was half written when edit was killed: the next run says where its old content is, before an editor opens', async () => {
    const scene = await sceneWithFile();
    linkSync(scene.at(FILE), scene.at('other.yaml'));
    const before = scene.read(FILE);
    const first = await held(scene, 'ftruncateSync:2', ['edit', FILE]);
    first.signal('SIGKILL');
    await first.ended;
    const { code, stderr } = await scene.edit(FILE, 'touch opened');
    expect({ code, opened: scene.has('opened') }).toEqual({ code: 1, opened: false });
    expect(stderr).toContain('file.yaml may be incomplete');
    expect(stderr).toContain(`${scene.at(FILE)}.eyaml-old`);
    const recrypted = await scene.run(['recrypt', '--all', '--yes', FILE]);
    expect(recrypted.code).toBe(1);
    expect(recrypted.stderr).toContain('file.yaml may be incomplete');
    expect(readFileSync(`${scene.at(FILE)}.eyaml-old`, 'utf8')).toBe(before);
    copyFileSync(`${scene.at(FILE)}.eyaml-old`, scene.at(FILE));
    expect((await scene.edit(FILE, 'sed -i s/hello/bye/')).code).toBe(0);
    expect(scene.has(`${FILE}.eyaml-old`)).toBe(false);
  });

  // Root may write everywhere.
  test.skipIf(isRoot)('because of its folder is refused before an editor opens', async () => {
    const scene = await sceneWithFile();
    chmodSync(scene.cwd, 0o555);
    const { code, stderr } = await scene.edit(FILE, 'sed -i s/hello/bye/');
    chmodSync(scene.cwd, 0o755);
    expect(code).toBe(1);
    expect(stderr).toContain('its folder is not writable (permission denied)');
  });
});
