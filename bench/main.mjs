// How long the command takes beside gpg itself: start-up, one encrypt, and decrypting a file of 100 values. Prints the median of some
// runs, in milliseconds. Run it with `npm run bench`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MAIN = path.resolve('dist/src/cli/main.js');
const VALUES = 100;
const RUNS = 7;

for (const [name, userId, algorithm] of [
  ['cv25519', 'a@example.com', 'future-default'],
  ['rsa3072', 'b@example.com', 'rsa3072'],
]) {
  const home = mkdtempSync('/tmp/eb-');
  try {
    const gpg = (args, input) =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], {
        input,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
    makeKey(gpg, userId, algorithm);
    const messages = Array.from({ length: VALUES }, (_, i) =>
      gpg(['-e', '-r', userId, '--compress-algo', 'none'], `value ${i}`),
    );
    const file = path.join(home, 'values.eyaml');
    writeFileSync(file, messages.map((message, i) => `key${i}: ENC[GPG,${message.toString('base64')}]\n`).join(''));
    const env = { ...process.env, GNUPGHOME: home };
    const eyaml = (...args) => spawnSync(process.execPath, [MAIN, ...args], { env, input: 'one value' });
    row(`${name}: node alone (node -e 0)`, () => spawnSync(process.execPath, ['-e', '0']));
    row(`${name}: start-up (eyaml version)`, () => eyaml('version'));
    row(`${name}: encrypt one value`, () => eyaml('encrypt', '--stdin', '-o', 'string', '--gpg-recipients', userId));
    row(`${name}: decrypt ${VALUES} values`, () => eyaml('decrypt', '-f', file));
    row(`${name}: gpg --decrypt, ${VALUES} times`, () => messages.forEach((message) => gpg(['--decrypt'], message)));
  } finally {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
    rmSync(home, { recursive: true, force: true });
  }
}

function makeKey(gpg, userId, algorithm) {
  gpg(['--passphrase', '', '--quick-gen-key', userId, algorithm, 'default', 'never']);
  if (algorithm !== 'rsa3072') return;
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(gpg(['--with-colons', '--list-keys']).toString())[1];
  gpg(['--passphrase', '', '--quick-add-key', fingerprint, algorithm, 'encr', 'never']);
}

function row(name, work) {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  console.log(`${String(Math.round(times[RUNS >> 1])).padStart(6)} ms  ${name}`);
}
