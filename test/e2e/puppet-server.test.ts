import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanEnvironment, eyaml } from '../helpers/cli.js';
import { addPublicKeys, keyFile, recipientLine } from '../helpers/key-homes.js';
import { hasPeer } from '../helpers/peers.js';
import { RUBY_GLUE } from '../helpers/puppet.js';

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/puppet-server.md'), 'utf8');
const SERVER = '/opt/puppetlabs/server/data/puppetserver/.gnupg';
const SECRET = '/run/secrets/puppet-key.asc';

/** The only block of a kind on the page, with the paths of a server replaced by others. */
function block(kind: string, paths: Readonly<Record<string, string>> = {}): string {
  const blocks = Array.from(PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)).filter(([, name]) => name === kind);
  expect(blocks).toHaveLength(1);
  return Object.entries(paths).reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, blocks[0]?.[2] ?? '');
}

// Short, since the path of an agent's socket is.
let top: string;
const at = (name: string) => path.join(top, name);
beforeAll(() => {
  top = mkdtempSync('/tmp/eg-');
  for (const name of ['tree/data', 'conf', 'var']) mkdirSync(at(name), { recursive: true });
});
afterAll(() => {
  spawnSync('gpgconf', ['--homedir', at('gnupg'), '--kill', 'all']);
  rmSync(top, { recursive: true });
});

function run(line: string, cwd = top) {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', line], { cwd, env: cleanEnvironment({ HOME: top }) });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

test('the script imports the key at each start, into a home that is its alone', () => {
  writeFileSync(at('import-key.sh'), block('sh', { [SERVER]: at('gnupg'), [SECRET]: keyFile('puppetmaster', 'sec') }));
  for (let start = 0; start < 2; start++) expect(run('sh ./import-key.sh')).toMatchObject({ status: 0, stderr: '' });
  expect(statSync(at('gnupg')).mode & 0o777).toBe(0o700);
  expect(run(`gpg --homedir gnupg --list-secret-keys --with-colons`).stdout.match(/^sec:/gm)).toHaveLength(1);
});

test.runIf(hasPeer('puppet'))('with its hiera.yaml Puppet reads what was encrypted for the server', async () => {
  const tree = at('tree');
  writeFileSync(path.join(tree, 'hiera-eyaml-gpg.recipients'), recipientLine('alice') + recipientLine('puppetmaster'));
  addPublicKeys(tree, ['alice', 'puppetmaster']);
  const options = { cwd: tree, env: { HOME: top } };
  const pinned = ['--gpg-trust', 'pinned'];
  const set = ['set', ...pinned, 'data/common.eyaml', 'db::password', '--stdin'];
  expect(await eyaml(set, { ...options, input: 's3cret' })).toMatchObject({ code: 0 });
  const shown = await eyaml(['recipients', ...pinned, 'data/common.eyaml'], options);
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('puppetmaster') as string });
  expect(await eyaml(['check', ...pinned, '.'], options)).toMatchObject({ code: 0 });

  writeFileSync(path.join(tree, 'hiera.yaml'), block('yaml', { [SERVER]: at('gnupg') }));
  writeFileSync(at('facts.json'), '{"some":"fact"}');
  const puppet = (glue: string) =>
    run(
      `puppet lookup --explain db::password --node db1.example.com --facts ${at('facts.json')} --libdir ${glue} ` +
        `--hiera_config "$PWD/hiera.yaml" --confdir ${at('conf')} --vardir ${at('var')}`,
      tree,
    );
  expect(puppet(RUBY_GLUE)).toMatchObject({ status: 0, stdout: expect.stringContaining('s3cret') as string });

  const [withoutPlugin = '', , withoutKey = ''] = Array.from(
    PAGE.matchAll(/^\| `(.*?)` \|/gm),
    ([, message]) => message,
  );
  expect(puppet(at('no-plugin')).stderr).toContain(withoutPlugin);
  rmSync(at('gnupg/private-keys-v1.d'), { recursive: true });
  run('gpgconf --homedir gnupg --kill all');
  expect(puppet(RUBY_GLUE).stderr).toContain(withoutKey);
});
