// Runs the tests that depend most on gpg with other programs that people have as their gpg, all at the same time: each folder of
// EYAML_GPGS (separated by colons; .ci/gnupg-peers makes them) comes first in PATH once.
// usage: npm run test:gnupgs [-- FILE...]   "test" for all files
import { spawn } from 'node:child_process';

const FILES = [
  'test/keys/gnupg/',
  'test/recipients/as-gnupg',
  'test/recipients/resolve',
  'test/encryptors/gpg/',
  'test/e2e/gnupg-agent',
  'test/e2e/gnupg-passphrase',
];
const { EYAML_GPGS = '', PATH = '' } = process.env;
const folders = EYAML_GPGS.split(':').filter(Boolean);
const files = process.argv.length > 2 ? process.argv.slice(2) : FILES;

/** Prints what the tests say when they end, so that those of one gpg stand together. */
function runWith(folder) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${folder}:${PATH}`, EYAML_GPG: folder };
    const tests = spawn('npx', ['vitest', 'run', '--maxWorkers=1', ...files], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    for (const stream of [tests.stdout, tests.stderr]) stream.on('data', (chunk) => output.push(chunk));
    tests.on('error', reject);
    tests.on('close', (code) => {
      console.log(`\nTests with the gpg of ${folder}:\n${Buffer.concat(output).toString()}`);
      resolve(code === 0);
    });
  });
}

if (folders.length === 0) console.log('tests with another gpg are skipped: EYAML_GPGS is empty');
const passed = await Promise.all(folders.map(runWith));
if (!passed.every(Boolean)) process.exitCode = 1;
