import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { known } from '../helpers/abilities.js';
import { assuanServer } from '../helpers/assuan-server.js';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome } from '../helpers/gnupg.js';
import { fakePinentry } from '../helpers/pinentry.js';

test.each([
  ['never greets', ''],
  ['never answers', 'OK\n'],
])(
  'encrypting does not wait for an agent that %s, and does not claim that nobody here can read',
  async (_, greeting) => {
    const home = createGnupgHome({ secret: ['alice'] });
    onTestFinished(() => home.remove());
    await assuanServer(greeting, undefined, home.agentSocket());
    const cwd = scratchFolder();
    writeFileSync(path.join(cwd, 'hiera-eyaml-gpg.recipients'), 'alice@example.com\n');
    const env = { GNUPGHOME: home.path };
    const { code, stdout, stderr } = await eyaml(['encrypt', '-s', 'x', '-o', 'string'], { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ENC\[GPG,/);
  },
);

// GnuPG 2.2 does not ask.
test('a key without a passphrase whose use is to be confirmed opens every value', async ({ skip }) => {
  const pinentry = fakePinentry('never asked for');
  const home = createGnupgHome({ agentConf: [pinentry.agentConf] });
  onTestFinished(() => {
    home.remove();
    pinentry.remove();
  });
  const key = ['--quick-generate-key', 'dave@example.com', 'future-default', 'default', 'never'];
  home.gpg(['--pinentry-mode', 'loopback', '--passphrase', '', ...key]);
  const folder = path.join(home.path, 'private-keys-v1.d');
  const files = readdirSync(folder).map((file) => path.join(folder, file));
  const isBare = (file: string) => readFileSync(file, 'latin1').includes('(private-key');
  skip(!known('make a key without a passphrase', () => files.every(isBare)), 'this gpg protects every key');
  const cwd = scratchFolder();
  writeFileSync(path.join(cwd, 'hiera-eyaml-gpg.recipients'), 'dave@example.com\n');
  const env = { GNUPGHOME: home.path };
  const values = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((n) => eyaml(['encrypt', '-s', `v${n}`, '-l', `k${n}`, '-o', 'string'], { cwd, env })),
  );
  writeFileSync(path.join(cwd, 'a.eyaml'), values.map(({ stdout }) => `${stdout.trim()}\n`).join(''));
  for (const file of files) appendFileSync(file, 'Confirm: yes\n');
  home.killAgent();
  const { code, stdout, stderr } = await eyaml(['decrypt', '-e', 'a.eyaml'], { cwd, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe([1, 2, 3, 4, 5, 6].map((n) => `k${n}: DEC::GPG[v${n}]!\n`).join(''));
});
