// Keeps the compiled code of the command for the Node.js that runs this, in a folder beside this file. Commands that need no key and no
// GnuPG are run once, so that the functions that most commands use are among it.
'use strict';
const { spawnSync } = require('node:child_process');
const { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { cache, keptAs, load, modules } = require('./eyaml.cjs');

const OWN = ['--gpg-private-key', 'a.sec.asc'];

// Somebody's public key as gpg lists it. The user's own GnuPG is left alone, and need not be there.
const LISTED = [
  'tru::1:1796028717:0:3:1:5',
  'pub:u:255:22:056AABE81232DA67:1796028717:::u:::scESC:::::ed25519:::0:',
  'fpr:::::::::6D31A163ABCCAFC93CE80134056AABE81232DA67:',
  'pkd:0:80:092B06010401DA470F01:',
  'pkd:1:263:40708C5E6EB0B6A81B106D0D4C29512E4615A9BA675E17BA3C061D9401CB290F8E:',
  'uid:u::::1796028717::196F12047F0F89D9F6412F580067500BF6440AC5::ann <ann@example.com>::::::::::0:',
  'sub:u:255:18:53C94AEFD662BD82:1796028717::::::e:::::cv25519::',
  'fpr:::::::::FDA26827DE84C64A8E8BD45E53C94AEFD662BD82:',
  'pkd:0:88:0A2B060104019755010501:',
  'pkd:1:263:40CF7DBD948B3E99D2FC3B9BEFC6E6D1B67C0E1D02F159E08674ED389F0B4C7C5C:',
  'pkd:2:32:03010807:',
];

const kept = new Map();

// Code that was not used for a while is dropped, at times that differ: good for the start, but then two runs do not keep the same.
const isReproducible = process.argv.includes('--reproducible');

/** Notes the compiled code of a file as it is now. */
function keep(name, isShort) {
  kept.set(keptAs(name, isShort), modules.get(name).script.createCachedData());
}

/** Only what most starts need: what is kept takes time to read, too. */
async function runCommands() {
  const createKeys = (...args) =>
    spawnSync(process.execPath, [path.join(__dirname, 'eyaml.cjs'), 'createkeys', '-q', ...args]);
  createKeys(
    '-n',
    'gpg',
    '--gpg-user-id',
    'a@example.com',
    '--no-passphrase',
    ...['--gpg-public-key', 'a.asc'],
    ...OWN,
  );
  createKeys();
  const { runHere } = load('cli.cjs');
  for (const words of [['version'], ['help']]) await said(() => runHere(words));
  if (!isReproducible) keep('cli.cjs', true);
  for (const library of readdirSync(path.join(__dirname, 'lib'))) load(`lib/${library}`);
  await said(() => runHere(['encrypt', '--help']));
  writeFileSync('hiera-eyaml-gpg.recipients', 'a@example.com\n');
  const gpg = ['-n', 'gpg', '--gpg-always-trust', ...OWN];
  // The second time, the recipients are known from the first.
  for (const how of [['-n', 'pkcs7'], gpg, gpg]) {
    const value = await said(() => runHere(['encrypt', '-s', 'text', '-o', 'string', ...how]));
    await said(() => runHere(['decrypt', '-s', value, ...OWN]));
  }
  // Another program answers at times that differ.
  if (!isReproducible) await encryptWithGpg(runHere);
}

/** As with GnuPG, by a program that lists one key. */
async function encryptWithGpg(runHere) {
  const lines = LISTED.map((line) => `'${line}'`).join(' ');
  writeFileSync('gpg', `#!/bin/sh\nprintf '%s\\n' ${lines}\n`, { mode: 0o700 });
  mkdirSync('.gnupg', { mode: 0o700 });
  process.env.PATH = process.cwd();
  const options = ['-n', 'gpg', '--gpg-always-trust', '--gpg-recipients', '6D31A163ABCCAFC93CE80134056AABE81232DA67'];
  await said(() => runHere(['encrypt', '-s', 'text', '-o', 'string', ...options]));
  process.env.PATH = '';
}

/** What a command prints to standard output; nothing is shown. A command that fails has shown what it can. */
async function said(command) {
  let text = '';
  const { write } = process.stdout;
  const quiet = process.stderr.write;
  process.stdout.write = (chunk, ...rest) => {
    text += chunk;
    rest.findLast((last) => typeof last === 'function')?.();
    return true;
  };
  process.stderr.write = () => true;
  try {
    await command();
  } catch {
    // Another command may go better.
  } finally {
    process.stdout.write = write;
    process.stderr.write = quiet;
  }
  return text.trim();
}

// Everybody who runs the command must be able to read it, and nobody but who installed the package may write it: it is code that will run.
// So the modes do not depend on the umask of the installation.
function write() {
  const folder = mkdtempSync(path.join(__dirname, '.cache-'));
  try {
    for (const [name, code] of kept) {
      const file = path.join(folder, name);
      writeFileSync(file, code, { mode: 0o600 });
      chmodSync(file, 0o644);
    }
    mkdirSync(path.dirname(cache), { recursive: true, mode: 0o700 });
    for (const place of [path.dirname(cache), folder]) chmodSync(place, 0o755);
    renameSync(folder, cache);
  } finally {
    // Of a second installation at the same time.
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const folder = mkdtempSync(path.join(tmpdir(), 'eyaml-'));
  const before = process.cwd();
  // Else all that it holds would be kept once more.
  rmSync(cache, { recursive: true, force: true });
  // Node.js asks the system's own environment where the home is.
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, { PATH: '', HOME: folder });
  process.chdir(folder);
  if (isReproducible) setFlagsFromString('--no-flush-bytecode');
  try {
    await runCommands();
  } finally {
    // Kept code fits only a Node.js with the same settings.
    if (isReproducible) setFlagsFromString('--flush-bytecode');
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
  for (const name of modules.keys()) keep(name, false);
  write();
}

// Without the kept code the command starts more slowly, and that is all.
main()
  .catch(() => undefined)
  .finally(() => process.exit(0));
