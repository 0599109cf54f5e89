import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cleanEnvironment } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome } from '../helpers/gnupg.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('the packed tool, installed in an empty folder, is a command and a library', { timeout: 180_000 }, () => {
  const folder = scratchFolder();
  const home = createGnupgHome({ secret: ['alice'] });
  try {
    const npm = (...args: string[]) =>
      execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    const [{ filename }] = JSON.parse(
      npm('pack', '--ignore-scripts', '--json', '--pack-destination', folder, ROOT),
    ) as [{ filename: string }];
    npm('install', '--no-audit', '--no-fund', '--omit=dev', `./${path.basename(filename)}`);

    const env = cleanEnvironment({ GNUPGHOME: home.path, HOME: folder });
    const run = (program: string, args: string[], input = '') =>
      execFileSync(program, args, { cwd: folder, env, input }).toString();
    const eyaml = path.join(folder, 'node_modules/.bin/eyaml');
    expect(run(eyaml, ['version'])).toMatch(/^hiera-eyaml-gpg \d+\.\d+\.\d+ /);
    const value = run(eyaml, ['encrypt', '--stdin', '-o', 'string', '--gpg-recipients', 'alice@example.com'], 'packed');
    expect(value).toMatch(/^ENC\[GPG,/);
    expect(run(eyaml, ['decrypt', '--stdin'], value)).toBe('packed');

    writeFileSync(
      path.join(folder, 'use.mjs'),
      "import { createEyamlText } from 'hiera-eyaml-gpg'; console.log(createEyamlText('a: ENC[GPG,AAAA]').values[0].text);",
    );
    expect(run(process.execPath, ['use.mjs'])).toBe('ENC[GPG,AAAA]\n');

    writeFileSync(path.join(folder, 'threads.mjs'), SECOND_THREAD);
    expect(run(process.execPath, ['threads.mjs'])).toBe('the second thread answers\n');
  } finally {
    home.remove();
  }
});

// It is never needed: where no second thread can be started, the first does all.
const SECOND_THREAD = `
import { generateKeyPairSync } from 'node:crypto';
import { createRsaEngine } from './node_modules/hiera-eyaml-gpg/dist/src/keys/keyfiles/rsa-pool.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { decrypt } = createRsaEngine({ cores: 2, worthIt: 0 });
process.on('worker', (thread) => {
  thread.on('message', () => {
    console.log('the second thread answers');
    process.exit();
  });
  thread.on('error', () => {
    console.log('the second thread does not start');
    process.exit();
  });
});
for (;;) await decrypt(privateKey, Buffer.alloc(256, 1));
`;
