import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toolsWithoutGpg } from '../helpers/key-homes.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

// The tour of the main job, as `npm run demo` gives it, where there is no GnuPG.
let scratch: string;
let folder = '';
let status: number | null;
let stdout: string;
let stderr: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'eyaml-demo-test-'));
  const env = { PATH: toolsWithoutGpg(scratch), HOME: scratch, TMPDIR: scratch, TERM: 'dumb' };
  const ran = spawnSync(process.execPath, ['scripts/demo.mjs'], { cwd: ROOT, env, encoding: 'utf8' });
  ({ status, stdout, stderr } = ran);
  folder = /All of it is in (\S+)\. Go on/.exec(stdout)?.[1] ?? '';
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a command of the tour printed, by the nth time it was run. */
function shownBy(command: string, time = 1): string {
  return stdout.split(`\n${command}\n`)[time]?.split(/(?:^|\n)\n/)[0] ?? '';
}

test('it ends well, and says what to go on with', () => {
  expect(status).toBe(0);
  expect(stderr).not.toContain('the demo failed');
  expect(folder.startsWith(scratch)).toBe(true);
  expect(existsSync(path.join(folder, 'as'))).toBe(true);
});

test('the tour has no gpg to use', () => {
  expect(stdout).not.toMatch(/\$ gpg/);
  expect(existsSync(path.join(folder, 'tools/gpg'))).toBe(false);
});

test('a value is changed in the editor and read by the server', () => {
  expect(shownBy('alice$ EDITOR=change-password eyaml edit production/common.eyaml')).toContain(
    'DEC(1)::GPG[battery staple]!',
  );
  for (const time of [1, 2]) {
    expect(shownBy('puppet$ eyaml decrypt -f production/common.eyaml', time)).toBe('db::password: battery staple');
  }
});

test('who is not to read does not', () => {
  for (const who of ['carol', 'bob']) expect(shownBy(`${who}$ eyaml decrypt -f production/common.eyaml`)).toBe('');
  expect(
    stderr.match(/^error: cannot decrypt a value of production\/common\.eyaml \[VALUE_UNREADABLE\]$/gm),
  ).toHaveLength(2);
});

test('who has left is found by check, taken out by recrypt, and what he knew is listed', () => {
  expect(shownBy('alice$ eyaml check .')).toMatch(
    /Bob <bob@example\.com>.* can read it but is not in .*\[extra-recipient\]/,
  );
  expect(stderr).toContain(
    'Removing a reader does not take back what they have read: Bob <bob@example.com> could read these secrets',
  );
  expect(shownBy('alice$ eyaml check .', 2)).toBe('3 values in 4 files: no problems found');
  const kept = readFileSync(path.join(folder, 'hieradata/production/hiera-eyaml-gpg.recipients'), 'utf8');
  expect(kept).not.toContain('Bob');
});
