import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanEnvironment, SHELL_COMMAND } from '../helpers/cli.js';
import { hasPeer } from '../helpers/peers.js';
import { RUBY_GLUE } from '../helpers/puppet.js';

const GUIDE = readFileSync(path.resolve(import.meta.dirname, '../../docs/guide.md'), 'utf8');
const PEOPLE = ['alice', 'bob', 'server'];

// Short, since the path of an agent's socket is.
let top: string;
beforeAll(() => {
  top = mkdtempSync('/tmp/eg-');
  for (const name of ['tree', 'bin', 'exchange']) mkdirSync(path.join(top, name));
  program('eyaml', `exec ${SHELL_COMMAND} "$@"`);
  const facts = path.join(top, 'facts.json');
  writeFileSync(facts, '{"some":"fact"}');
  const options = ['--node', 'db1.example.com', '--facts', facts, '--libdir', RUBY_GLUE];
  const hiera = `--hiera_config "$PWD/hiera.yaml" --confdir "${top}/conf" --vardir "${top}/var"`;
  program('puppet', `[ "$1" = lookup ] && shift && PATH="$REST" exec puppet lookup ${options.join(' ')} ${hiera} "$@"`);
  for (const name of PEOPLE) {
    mkdirSync(path.join(top, name, '.gnupg'), { recursive: true, mode: 0o700 });
    // Nobody is there to type a passphrase.
    writeFileSync(path.join(top, 'passphrase'), 'a passphrase\n');
    writeFileSync(
      path.join(top, name, '.gnupg/gpg.conf'),
      `batch\nno-tty\npinentry-mode loopback\npassphrase-file ${top}/passphrase\n`,
    );
    writeFileSync(path.join(top, name, '.gitconfig'), `[user]\nname = ${name}\nemail = ${name}@example.com\n`);
  }
});
afterAll(() => {
  for (const name of PEOPLE) spawnSync('gpgconf', ['--homedir', path.join(top, name, '.gnupg'), '--kill', 'all']);
  rmSync(top, { recursive: true });
});

function program(name: string, line: string) {
  const file = path.join(top, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
}

/** Runs a line as one of the people, without a terminal. */
function run(who: string, line: string) {
  const [home, rest] = [path.join(top, who), process.env.PATH ?? ''];
  const env = { HOME: home, TMPDIR: path.join(top, 'exchange'), PATH: `${path.join(top, 'bin')}:${rest}`, REST: rest };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: path.join(top, 'tree'),
    env: cleanEnvironment(env),
  });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

const blocks = [...GUIDE.matchAll(/^```(console|yaml)\n(.*?)^```$/gms)].map(([, kind = '', text = '']) => ({
  kind,
  text,
}));

test.runIf(hasPeer('puppet'))(
  'every line of the guide runs, in order, and Puppet sees the secret',
  { timeout: 240_000 },
  () => {
    const shown = new Map<string, string[]>();
    for (const { kind, text } of blocks) {
      if (kind === 'yaml') {
        const gnupgHome = path.join(top, 'server/.gnupg');
        writeFileSync(path.join(top, 'tree/hiera.yaml'), text.replace(/(gpg_gnupghome: ).*/, `$1${gnupgHome}`));
        continue;
      }
      for (const [, who = '', line = ''] of text.matchAll(/^(\w+)\$ (.*)$/gm)) {
        const { status, stdout, stderr } = run(who, line);
        expect({ line, status, stderr: status === 0 ? '' : stderr }).toEqual({ line, status: 0, stderr: '' });
        shown.set(`${who}$ ${line}`, [...(shown.get(`${who}$ ${line}`) ?? []), stdout]);
      }
    }
    expect(shown.get('alice$ eyaml get data/common.eyaml db::password')).toEqual(['s3cret']);
    expect(shown.get('bob$ eyaml get data/common.eyaml db::password')).toEqual(['s3cret']);
    expect(shown.get('server$ puppet lookup db::password')?.map((text) => text.trim())).toEqual([
      '--- s3cret',
      '--- better',
    ]);
    expect(run('bob', 'eyaml get data/common.eyaml db::password').status).toBe(1);
  },
);

test('it is short', () => {
  expect(GUIDE.split('\n').length).toBeLessThanOrEqual(151);
});
