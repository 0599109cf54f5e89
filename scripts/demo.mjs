// The main job from beginning to end, in a folder of its own, with new keys in plain files and no GnuPG: each command as a person would
// type it, and what it really prints.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'eyaml-demo-'));
const tree = path.join(folder, 'hieradata');
const bin = path.join(folder, 'bin');
const homeOf = (name) => path.join(folder, 'home', name);

const PEOPLE = {
  alice: 'Alice <alice@example.com>',
  bob: 'Bob <bob@example.com>',
  carol: 'Carol <carol@example.com>',
  puppet: 'puppet.example.com',
};
// All that the commands below use, so that the tour shows what can be done without GnuPG even where there is one.
const TOOLS = ['sh', 'cat', 'grep', 'mv', 'rm', 'sed', 'tail', 'tee'];

try {
  setUp();
  tour();
} catch (error) {
  console.error(`the demo failed: ${error.message}`);
  process.exitCode = 1;
}

function setUp() {
  write(
    path.join(bin, 'eyaml'),
    `#!/bin/sh\nexec "${process.execPath}" "${path.resolve(import.meta.dirname, '../dist/bin/eyaml.cjs')}" "$@"\n`,
  );
  write(
    path.join(bin, 'change-password'),
    `#!/bin/sh\nsed -i.bak 's/correct horse/battery staple/' "$1"\necho "# the editor saw:"; tail -n 2 "$1"\n`,
  );
  write(
    path.join(folder, 'as'),
    `#!/bin/sh\ncd "${tree}" && HOME="${folder}/home/$1" PATH="${bin}:$PATH" PS1="$1$ " exec sh -i\n`,
  );
  for (const script of [path.join(bin, 'eyaml'), path.join(bin, 'change-password'), path.join(folder, 'as')])
    chmodSync(script, 0o755);
  mkdirSync(path.join(folder, 'tools'));
  for (const tool of TOOLS) symlinkSync(find(tool), path.join(folder, 'tools', tool));
  for (const name of Object.keys(PEOPLE)) {
    write(path.join(homeOf(name), '.eyaml/config.yaml'), 'gpg_private_key: ~/key.asc\ngpg_trust: pinned\n');
  }
  for (const place of ['development', 'production/dc1']) mkdirSync(path.join(tree, place), { recursive: true });
}

function tour() {
  say('Three people and a Puppet server, each with their own key. The configuration in their home names the key file.');
  run('alice', 'cat ~/.eyaml/config.yaml');
  for (const [name, userId] of Object.entries(PEOPLE)) {
    const quiet = name === 'alice' ? '' : ' --quiet';
    run(
      name,
      `eyaml createkeys -n gpg --gpg-user-id '${userId}' --no-passphrase --gpg-public-key ../keys/${name}.asc${quiet}`,
    );
  }
  say('They have exchanged their public keys. Alice makes the tree of Hiera data ready for secrets.');
  run('alice', 'eyaml init --gpg-public-keys ../keys --all-keys');
  say(
    'All four can read development. Carol cannot read production. Only Alice and the server can read its data centre 1.',
  );
  run('alice', 'grep -v Carol hiera-eyaml-gpg.recipients | tee production/hiera-eyaml-gpg.recipients');
  run('alice', 'grep -v Bob production/hiera-eyaml-gpg.recipients > production/dc1/hiera-eyaml-gpg.recipients');
  say('Alice encrypts values, each for the recipients of its folder.');
  run('alice', "cd development && eyaml encrypt -s 'only for tests' -l db::password -o block > common.eyaml");
  run(
    'alice',
    "cd production && printf 'correct horse' | eyaml encrypt --stdin -o block -l db::password | tee common.eyaml",
  );
  run(
    'alice',
    "cd production/dc1 && printf -- '---\\nsnmp: DEC::GPG[public is not private]!\\n' > new && eyaml encrypt -e new > base.eyaml && rm new",
  );
  say('She changes one value in her editor (here a script). Nothing else in the file changes.');
  run('alice', 'EDITOR=change-password eyaml edit production/common.eyaml');
  say('The Puppet server can read it, Carol cannot.');
  run('puppet', 'eyaml decrypt -f production/common.eyaml');
  run('carol', 'eyaml decrypt -f production/common.eyaml', { fails: true });
  say('Bob leaves. Alice removes him from the recipients files, and check shows what he can still read.');
  run(
    'alice',
    'for list in . production; do grep -v Bob $list/hiera-eyaml-gpg.recipients > new; mv new $list/hiera-eyaml-gpg.recipients; done',
  );
  run('alice', 'eyaml check .', { fails: true });
  run('alice', 'eyaml recrypt --yes .');
  run('alice', 'eyaml check .');
  say('Bob can no longer read the values in the tree. Change the secrets that he could read before.');
  run('bob', 'eyaml decrypt -f production/common.eyaml', { fails: true });
  run('puppet', 'eyaml decrypt -f production/common.eyaml');
  say(`All of it is in ${folder}. Go on as one of them: ${folder}/as alice`);
}

function run(name, command, { fails = false } = {}) {
  console.log(`\n${name}$ ${command}`);
  const env = { HOME: homeOf(name), PATH: `${bin}:${path.join(folder, 'tools')}`, TERM: 'dumb' };
  const { status } = spawnSync('/bin/sh', ['-c', command], { cwd: tree, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if ((status !== 0) !== fails) throw new Error(`exit code ${status}: ${command}`);
}

function say(words) {
  console.log(`\n# ${words}`);
}

function find(tool) {
  const found = (process.env.PATH ?? '').split(path.delimiter).map((place) => path.join(place, tool));
  const file = [...found, `/bin/${tool}`, `/usr/bin/${tool}`].find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (file === undefined) throw new Error(`there is no ${tool} on PATH`);
  return file;
}

function write(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
