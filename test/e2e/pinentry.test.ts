import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder, scratchTree } from '../helpers/files.js';
import { BOBS_PASSPHRASE, createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { eyaml } from '../helpers/cli.js';
import { eyamlOnTerminal, type Terminal } from '../helpers/terminal.js';

describe.runIf(hasPeer('pinentry-curses'))('a key with a passphrase', () => {
  let home: GnupgHome;
  beforeAll(() => {
    home = createGnupgHome({ secret: ['bob'], agentConf: ['pinentry-program /usr/bin/pinentry-curses'] });
  });
  afterAll(() => home.remove());

  const decrypt = () =>
    eyamlOnTerminal(['decrypt', '-f', 'production/role.eyaml'], { cwd: scratchTree(), env: { GNUPGHOME: home.path } });

  test('pinentry asks on this terminal; cancelled, it does not ask for the next value', async () => {
    const terminal = decrypt();
    await terminal.waitFor(/Passphrase/);
    terminal.type('\t\t\r');
    expect((await terminal.ended).exitCode).toBe(1);
    expect(terminal.shown()).toContain(
      'error: no passphrase was given for the secret key 1E8E7705F0FDE5ED (Bob <bob@example.com>)',
    );
    expect(terminal.shown().match(/error:/g)).toHaveLength(1);
  });

  test.runIf(process.platform === 'linux')('the terminal is found without a program', async () => {
    home.killAgent();
    const folder = scratchFolder();
    for (const program of ['gpg', 'gpgconf'])
      symlinkSync(execFileSync('which', [program]).toString().trim(), path.join(folder, program));
    const env = { GNUPGHOME: home.path, PATH: folder };
    const terminal = eyamlOnTerminal(['decrypt', '-f', 'production/role.eyaml'], { cwd: scratchTree(), env });
    await terminal.waitFor(/Passphrase/);
    terminal.type('\t\t\r');
    expect((await terminal.ended).exitCode).toBe(1);
  });

  test('without a terminal the error says what to do', async () => {
    const { code, stderr, stdout } = await eyaml(['decrypt', '-f', 'production/role.eyaml'], {
      cwd: scratchTree(),
      env: { GNUPGHOME: home.path },
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      'error: no pinentry can ask for the passphrase for the secret key 1E8E7705F0FDE5ED (Bob <bob@example.com>)',
    );
    expect(stderr).toContain('export GPG_TTY=$(tty)');
  });

  test('the passphrase is asked once for two values, and is used', async () => {
    const terminal = decrypt();
    await terminal.waitFor(/Passphrase/);
    terminal.type(`${BOBS_PASSPHRASE}\r`);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).toContain('role::root_password: $6$rounds=656000$salt$hash/with.dots');
  });

  test.each([
    ['Ctrl-C', (terminal: Terminal) => terminal.type('\x03'), 130],
    ['SIGTERM', (terminal: Terminal) => process.kill(terminal.pid, 'SIGTERM'), 143],
  ])('%s while it asks ends the pinentry too', async (_, end, exitCode) => {
    home.killAgent();
    const terminal = decrypt();
    await terminal.waitFor(/<OK>/);
    const [pinentry = 0] = childrenOf(home.agentPid());
    expect(isRunning(pinentry)).toBe(true);
    end(terminal);
    expect((await terminal.ended).exitCode).toBe(exitCode);
    expect(isRunning(pinentry)).toBe(false);
  });

  test('Ctrl-C while gpg has it ask ends the pinentry and gpg too', async () => {
    home.killAgent();
    const password = ['--pinentry-mode', 'loopback', '--passphrase', 'x', '--symmetric'];
    const value = `ENC[GPG,${home.gpg(password, 'hidden').toString('base64')}]`;
    const terminal = eyamlOnTerminal(['decrypt', '-s', value], { cwd: scratchTree(), env: { GNUPGHOME: home.path } });
    await terminal.waitFor(/<OK>/);
    const [pinentry = 0] = childrenOf(home.agentPid());
    expect(isRunning(pinentry)).toBe(true);
    terminal.type('\x03');
    expect((await terminal.ended).exitCode).toBe(130);
    expect(isRunning(pinentry)).toBe(false);
  });
});

function childrenOf(pid: number): readonly number[] {
  // Each thread has children of its own.
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/children`);
  return threads.flatMap((file) => readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
