import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SCRIPT } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { toolsWithoutGpg } from '../helpers/key-homes.js';

// What differs from run to run.
const shown = (text: string) =>
  text.replace(/ENC\[GPG,[^\]]*\]/g, 'ENC[GPG,…]').replace(/\b[0-9A-F]{40}\b/g, 'FINGERPRINT');

test('the first lines of the README run in an empty folder, with an empty HOME, without GnuPG and without a terminal', () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const session = /```console\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const scratch = scratchFolder();
  const [home, cwd, bin] = ['home', 'empty', 'bin'].map((name) => path.join(scratch, name)) as [string, string, string];
  for (const folder of [home, cwd, bin]) mkdirSync(folder);
  writeFileSync(path.join(bin, 'eyaml'), SCRIPT);
  chmodSync(path.join(bin, 'eyaml'), 0o755);
  const env = { HOME: home, PATH: `${bin}:${toolsWithoutGpg(scratch)}` };

  const commands = session.split('\n').filter((line) => line.startsWith('$ '));
  expect(commands.length).toBeGreaterThan(4);
  const printed = commands.map((line) => {
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line.slice(2)], { cwd, env, encoding: 'utf8' });
    expect({ line, status, stderr: status === 0 ? '' : stderr }).toEqual({ line, status: 0, stderr: '' });
    return `${line}\n${stdout.replace(/(?<!\n|^)$/, '\n')}`;
  });
  expect(shown(printed.join(''))).toBe(shown(session));
});
