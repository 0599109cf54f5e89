import { afterAll, beforeAll, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'] });
});
afterAll(() => home.remove());

const encrypt = (...more: string[]) =>
  eyamlOnTerminal(['encrypt', '-p', '-o', 'string', '--gpg-recipients', 'alice@example.com', ...more], {
    cwd: scratchFolder(),
    env: { GNUPGHOME: home.path },
  });

test('-p asks once and does not show the answer', async () => {
  const terminal = encrypt();
  await terminal.waitFor(/Enter password:/);
  terminal.type('hidden Ünïcode\r');
  expect((await terminal.ended).exitCode).toBe(0);
  expect(terminal.shown()).not.toContain('hidden');
  const value = /ENC\[GPG,[^\]]+\]/.exec(terminal.shown())?.[0] ?? '';
  expect((await eyaml(['decrypt', '-s', value], { env: { GNUPGHOME: home.path } })).stdout).toBe('hidden Ünïcode');
});

test('--confirm asks twice, and two answers that differ are an error', async () => {
  const terminal = encrypt('--confirm');
  await terminal.waitFor(/Enter password:/);
  terminal.type('one\r');
  await terminal.waitFor(/Enter it again:/);
  terminal.type('two\r');
  expect((await terminal.ended).exitCode).toBe(2);
  expect(terminal.shown()).toContain('error: the two answers are not the same');
});

test('Ctrl-C at the question ends the command', async () => {
  const terminal = encrypt();
  await terminal.waitFor(/Enter password:/);
  terminal.type('\u0003');
  expect((await terminal.ended).exitCode).toBe(130);
  expect(terminal.shown()).not.toContain('ENC[');
});
