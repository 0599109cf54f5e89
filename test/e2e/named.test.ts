import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, SHELL_COMMAND } from '../helpers/cli.js';
import { createScene } from '../helpers/scene.js';

const MARKER = 'a: DEC::GPG[x]!\n';

describe('what is named is read or is an error', () => {
  test('check reads standard input where /dev/stdin is named', () => {
    const command = `printf "%s" "$1" | ${SHELL_COMMAND} check --format json /dev/stdin`;
    const { status, stdout } = spawnSync('sh', ['-c', command, 'sh', MARKER], {
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ findings: [{ file: '/dev/stdin', rule: 'leftover-marker' }] });
  });

  test('check reads a pipe that lies in a folder', async () => {
    const { cwd, run } = createScene();
    execFileSync('mkfifo', [path.join(cwd, 'pipe')]);
    const running = run(['check', 'pipe']);
    execFileSync('sh', ['-c', 'printf "%s" "$1" > "$2"', 'sh', MARKER, path.join(cwd, 'pipe')]);
    const { code, stdout } = await running;
    expect(code).toBe(1);
    expect(stdout).toContain('[leftover-marker]');
  });

  test('a device is a finding of check, beside files that are fine', async () => {
    const { write, run } = createScene();
    write('a.yaml', 'a: 1\n');
    const { code, stdout } = await run(['check', 'a.yaml', '/dev/null']);
    expect(code).toBe(1);
    expect(stdout).toContain('cannot read /dev/null: it is not a regular file [unreadable-file]');
  });

  test('recrypt refuses a pipe and a device', async () => {
    const { cwd, run } = createScene();
    execFileSync('mkfifo', [path.join(cwd, 'pipe')]);
    for (const file of ['pipe', '/dev/null']) {
      const { code, stderr } = await run(['recrypt', file]);
      expect(code).toBe(1);
      expect(stderr).toContain(`cannot read ${file}: it is not a regular file`);
    }
  });
});

describe('where no file matches, exit code 2 says so', () => {
  test.each(['check', 'recrypt'])('%s', async (command) => {
    const { write, run } = createScene();
    write('e/notes.txt', 'a: 1\n');
    for (const paths of [['.'], ['e'], ['*.nothing']]) {
      const { code, stdout, stderr } = await run([command, ...paths]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/no file matches/);
    }
  });
});

describe('recrypt that can do nothing because a key is missing', () => {
  test('is exit code 1, and does not say that the values are up to date', async () => {
    const { write, run } = createScene();
    const payload = 'A'.repeat(40);
    write('a.yaml', `a: ENC[PKCS7,${payload}]\n`);
    for (const more of [[], ['--all', '--yes'], ['--dry-run']]) {
      const { code, stderr } = await run(['recrypt', ...more, 'a.yaml']);
      expect(code).toBe(1);
      expect(stderr).toContain('warning: 1 PKCS7 value stays as it is: ');
      expect(stderr).toContain('error: no value can be re-encrypted: every value is unchanged [METHOD_UNAVAILABLE]\n');
      expect(stderr).not.toContain('up to date');
    }
  });
});
