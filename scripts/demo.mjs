// The main job from beginning to end, in a scratch folder with throw-away keys: each command as a person would type it, and what it
// really prints.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

// gpg-agent's socket lies in the GnuPG home and needs a short path, which the system's temporary folder may not have.
const folder = mkdtempSync('/tmp/eyaml-demo-');
const home = (name) => path.join(folder, 'gnupg', name);
const tree = path.join(folder, 'hieradata');
const bin = path.join(folder, 'bin');

process.on('exit', () => {
  for (const name of ['alice', 'puppet']) spawnSync('gpgconf', ['--homedir', home(name), '--kill', 'all']);
  rmSync(folder, { recursive: true, force: true });
});

try {
  setUp();
  tour();
} catch (error) {
  console.error(
    error.code === 'ENOENT'
      ? 'the demo needs gpg on PATH (Debian: apt install gnupg)'
      : `the demo failed: ${error.message}`,
  );
  process.exitCode = 1;
}

function setUp() {
  write(
    path.join(bin, 'eyaml'),
    `#!/bin/sh\nexec "${process.execPath}" "${path.resolve('dist/src/cli/main.js')}" "$@"\n`,
  );
  write(
    path.join(bin, 'change-password'),
    `#!/bin/sh\nsed -i.bak 's/correct horse/battery staple/' "$1"\necho "# the editor saw:"; tail -n 2 "$1"\n`,
  );
  chmodSync(path.join(bin, 'eyaml'), 0o755);
  chmodSync(path.join(bin, 'change-password'), 0o755);
  write(path.join(tree, 'development/hiera-eyaml-gpg.recipients'), '# everybody\nalice@example.com\npuppet\n');
  write(path.join(tree, 'production/hiera-eyaml-gpg.recipients'), '# operations only\nalice@example.com\npuppet\n');
  write(
    path.join(tree, 'production/dc1/hiera-eyaml-gpg.recipients'),
    '# the data centre has a server of its own\npuppet\n',
  );
  for (const [name, userId] of [
    ['alice', 'Alice <alice@example.com>'],
    ['puppet', 'puppet'],
  ]) {
    mkdirSync(home(name), { recursive: true, mode: 0o700 });
    gpg(name, ['--passphrase', '', '--quick-gen-key', userId, 'future-default', 'default', 'never']);
  }
  gpg('alice', ['--import'], gpg('puppet', ['--export']));
  const listing = gpg('puppet', ['--with-colons', '--list-keys']).toString();
  gpg('alice', ['--quick-lsign-key', /^fpr:+([0-9A-F]+):/m.exec(listing)[1]]);
}

function tour() {
  say('Alice works on a tree of Hiera data; each folder says who may read its secrets.');
  run('alice', 'head */hiera-eyaml-gpg.recipients */*/hiera-eyaml-gpg.recipients');
  say('She encrypts a value for the readers of production.');
  run(
    'alice',
    "cd production && printf 'correct horse' | eyaml encrypt --stdin -o block -l db::password | tee -a common.eyaml",
  );
  say('She changes it in her editor (here a script), and everything else keeps its bytes.');
  run('alice', 'EDITOR=change-password eyaml edit production/common.eyaml');
  run('alice', 'eyaml decrypt -f production/common.eyaml');
  say('A new file, for the data centre: nobody but its server will be able to read it, and eyaml says so.');
  run(
    'alice',
    "printf -- '---\\nsnmp: DEC::GPG[public is not private]!\\n' > new.yaml && eyaml encrypt -e new.yaml --gpg-recipients-file production/dc1/hiera-eyaml-gpg.recipients > production/dc1/base.eyaml; rm new.yaml",
  );
  run('alice', 'eyaml decrypt -f production/dc1/base.eyaml', { mayFail: true });
  say('The Puppet server reads both.');
  run('puppet', 'eyaml decrypt -f production/common.eyaml && eyaml decrypt -f production/dc1/base.eyaml');
}

function run(name, command, { mayFail = false } = {}) {
  console.log(`\n${name}$ ${command}`);
  const env = { ...process.env, GNUPGHOME: home(name), PATH: `${bin}:${process.env.PATH}` };
  delete env.HIERA_EYAML_GPG_GNUPGHOME;
  const { status } = spawnSync('sh', ['-c', command], { cwd: tree, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0 && !mayFail) throw new Error(`exit code ${status}: ${command}`);
}

function say(words) {
  console.log(`\n# ${words}`);
}

function gpg(name, args, input) {
  return execFileSync('gpg', ['--homedir', home(name), '--batch', '--quiet', ...args], {
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

function write(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
