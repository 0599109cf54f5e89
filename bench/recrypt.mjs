// A large tree: 1,000 files with 20,000 values. How long `recrypt --dry-run` takes and how much memory, and a recrypt of 1,000 values
// beside a shell loop of `gpg -d | gpg -e`. Build first; run it with `node bench/recrypt.mjs`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MAIN = path.resolve('dist/src/cli/main.js');
const FILES = 1000;
const VALUES_PER_FILE = 20;
// Making 20,000 messages would take longer than what is measured: these are repeated.
const DISTINCT = 300;
const DRIFTED = 1000;
const [STAYS, JOINS] = ['stays@example.com', 'joins@example.com'];
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';

// The child says at its end what it has used, as /usr/bin/time does where that is installed.
const REPORT = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write('\\npeak ' + process.resourceUsage().maxRSS + '\\n'))",
)}`;

const home = mkdtempSync('/tmp/eb-');
try {
  const gpg = (args, input) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  for (const userId of [STAYS, JOINS])
    gpg(['--passphrase', '', '--quick-gen-key', userId, 'future-default', 'default', 'never']);
  const messages = (readers, count) =>
    Array.from({ length: count }, (_, i) => gpg([...readers.flatMap((reader) => ['-r', reader]), '-e'], `value ${i}`));
  const right = messages([STAYS, JOINS], DISTINCT);
  const drifted = messages([STAYS], DRIFTED);

  const large = path.join(home, 'large');
  writeTree(large, FILES, (file, i) => right[(file * VALUES_PER_FILE + i) % DISTINCT]);
  const small = path.join(home, 'small');
  writeTree(small, DRIFTED / VALUES_PER_FILE, (file, i) => drifted[file * VALUES_PER_FILE + i]);
  const loose = path.join(home, 'loose');
  mkdirSync(loose);
  drifted.forEach((message, i) => writeFileSync(path.join(loose, `${i}.gpg`), message));

  measure(`dry run, ${FILES} files, ${FILES * VALUES_PER_FILE} values, all right`, '--dry-run', large);
  writeFileSync(path.join(large, RECIPIENTS), `${JOINS}\n`);
  measure(`dry run, ${FILES} files, ${FILES * VALUES_PER_FILE} values, all drifted`, '--dry-run', large);
  measure(`recrypt, ${DRIFTED / VALUES_PER_FILE} files, ${DRIFTED} values, all drifted`, '--yes', small);
  const loop = `for f in "$1"/*.gpg; do
    gpg --batch --quiet -d "$f" 2>/dev/null | gpg --batch --quiet -r ${STAYS} -r ${JOINS} -e > "$f.new" && mv "$f.new" "$f"
  done`;
  const start = performance.now();
  const { status } = spawnSync('sh', ['-c', loop, 'sh', loose], { env: { ...process.env, GNUPGHOME: home } });
  row(`gpg -d | gpg -e, ${DRIFTED} values (exit ${status})`, performance.now() - start);
} finally {
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  rmSync(home, { recursive: true, force: true });
}

function writeTree(folder, files, messageOf) {
  for (let file = 0; file < files; file += 1) {
    const below = path.join(folder, `nodes${file % 50}`);
    mkdirSync(below, { recursive: true });
    const values = Array.from({ length: VALUES_PER_FILE }, (_, i) => messageOf(file, i).toString('base64'));
    const text = values.map((value, i) => `profile::key${i}: ENC[GPG,${value}]\n`).join('');
    writeFileSync(path.join(below, `${file}.eyaml`), `---\n${text}`);
  }
  writeFileSync(path.join(folder, RECIPIENTS), `${STAYS}\n${JOINS}\n`);
}

function measure(name, ...args) {
  const start = performance.now();
  const child = spawnSync(process.execPath, ['--import', REPORT, MAIN, 'recrypt', ...args], {
    env: { ...process.env, GNUPGHOME: home },
    maxBuffer: 2 ** 28,
  });
  const peak = /^peak (\d+)$/m.exec(child.stderr.toString())?.[1];
  row(`${name} (exit ${child.status}, peak ${Math.round(peak / 1024)} MB)`, performance.now() - start);
}

function row(name, milliseconds) {
  console.log(`${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${name}`);
}
