import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.js';
import { createContext } from '../../../src/context/context.js';
import { doctor, type Patience } from '../../../src/verbs/doctor/doctor.js';
import type { DoctorFinding } from '../../../src/verbs/doctor/finding.js';
import { cleanEnvironment } from '../../helpers/cli.js';
import { SILENT } from '../../helpers/context.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../../helpers/gnupg.js';
import { PKCS7_KEYS } from '../../helpers/puppet.js';

let server: GnupgHome;
let person: GnupgHome;
beforeAll(() => {
  server = createGnupgHome({ secret: ['puppetmaster'], pub: ['alice'] });
  person = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster'] });
});
afterAll(() => {
  server.remove();
  person.remove();
});

/** A tree with one value for each of the named readers. */
function treeFor(options: string, ...readers: readonly string[]): string {
  const folder = scratchFolder();
  mkdirSync(path.join(folder, 'data'));
  const level = `name: Secrets, lookup_key: eyaml_lookup_key, path: common.eyaml, options: {${options}}`;
  writeFileSync(path.join(folder, 'hiera.yaml'), `version: 5\nhierarchy:\n  - {${level}}\n`);
  const values = readers.map((reader, i) => {
    const message = server.gpg(['--trust-model', 'always', '-r', reader, '-e'], 'canary').toString('base64');
    return `key${i}: ENC[GPG,${message}]\n`;
  });
  writeFileSync(path.join(folder, 'data/common.eyaml'), values.join(''));
  return folder;
}

interface Asked {
  readonly userName?: string;
  readonly puppetFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly patience?: Patience;
}

async function findingsFor(target: string, { userName = 'puppet', puppetFolder, env, patience }: Asked = {}) {
  const environment = cleanEnvironment({ GNUPGHOME: person.path, ...env });
  const around = { environment, cwd: '/', homeFolder: '/nonexistent' };
  const config = resolveConfig({}, around, false);
  const context = createContext(config, { environment, messages: SILENT });
  const of = { target, isNamed: true, ...around, config, context, now: Date.now() / 1000 };
  const found = await doctor(
    { ...of, program: '/nonexistent', userName, warnings: () => [], ...(puppetFolder && { puppetFolder }) },
    patience,
  );
  context.close();
  return found;
}

const aboutPuppet = (found: readonly DoctorFinding[]) =>
  found.flatMap(({ state, about, message }) => (about === 'Puppet' ? [`${state}: ${message}`] : []));

test('run as puppet it says whether the keys of the level open the values', async () => {
  const tree = treeFor(`gpg_gnupghome: ${server.path}`, 'puppetmaster', 'puppetmaster');
  const found = await findingsFor(tree);
  expect(aboutPuppet(found)).toContain('ok: Puppet can read 2 values in 1 file');
  // What only a person needs is not looked at.
  expect(found.map(({ about }) => about)).not.toContain('recipients');
  const closed = treeFor(`gpg_gnupghome: ${server.path}`, 'puppetmaster', 'alice@example.com');
  expect(aboutPuppet(await findingsFor(closed))).toContainEqual(
    expect.stringMatching(/^problem: Puppet cannot read 1 of 2 values in 1 file .*common\.eyaml:2$/),
  );
});

test('run as somebody else it names the command for the server', async () => {
  const tree = treeFor(`gpg_gnupghome: ${server.path}`, 'puppetmaster');
  const found = aboutPuppet(await findingsFor(tree, { userName: 'alice' }));
  expect(found).toContainEqual(expect.stringMatching(/^ok: to see whether Puppet .* sudo -u puppet eyaml doctor /));
});

test('a GnuPG home in the repository, or open to others, is not used', async () => {
  const tree = treeFor('gpg_gnupghome: HOME', 'puppetmaster');
  const home = path.join(tree, 'home');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, 'gpg-agent.conf'), 'pinentry-program /nonexistent\n');
  const hiera = (at: string) =>
    `version: 5\nhierarchy: [{name: S, lookup_key: eyaml_lookup_key, path: common.eyaml, options: {gpg_gnupghome: ${at}}}]\n`;
  writeFileSync(path.join(tree, 'hiera.yaml'), hiera(home));
  mkdirSync(path.join(tree, '.git'));
  expect(aboutPuppet(await findingsFor(tree))).toContainEqual(
    expect.stringMatching(/^problem: the GnuPG home of the level/),
  );
  const open = scratchFolder();
  chmodSync(open, 0o777);
  writeFileSync(path.join(tree, 'hiera.yaml'), hiera(open));
  expect(aboutPuppet(await findingsFor(tree))).toContainEqual(
    expect.stringMatching(/^problem: the GnuPG home of the level/),
  );
});

test('a server without a secret key, and one without the gem', async () => {
  const empty = createGnupgHome();
  try {
    const tree = treeFor(`gpg_gnupghome: ${empty.path}`, 'puppetmaster');
    const puppetFolder = scratchFolder();
    const gems = path.join(puppetFolder, 'server/data/puppetserver/jruby-gems/gems');
    mkdirSync(path.join(gems, 'hiera-eyaml-5.0.1'), { recursive: true });
    expect(aboutPuppet(await findingsFor(tree, { puppetFolder }))).toEqual(
      expect.arrayContaining([
        'problem: the server has no gem that decrypts GPG values',
        'problem: the level "Secrets" has no secret key in its GnuPG home',
      ]),
    );
    mkdirSync(path.join(gems, 'hiera-eyaml-gpg-0.7.4'));
    expect(aboutPuppet(await findingsFor(tree, { puppetFolder }))).toContain(
      'ok: the server has the gem hiera-eyaml-gpg',
    );
  } finally {
    empty.remove();
  }
});

test('PKCS7 values: a level without a private key, and one whose key cannot be read', async () => {
  const value = 'ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAxggEhMIIBHQIBADAFMAACAQEw]';
  const withOptions = (options: string) => {
    const tree = treeFor(options);
    writeFileSync(path.join(tree, 'data/common.eyaml'), `a: ${value}\n`);
    return tree;
  };
  const publicOnly = withOptions(`pkcs7_public_key: ${PKCS7_KEYS.publicKey}`);
  expect(aboutPuppet(await findingsFor(publicOnly))).toContainEqual(
    expect.stringMatching(/^problem: the level "Secrets" .* names no private key/),
  );
  const missing = withOptions('pkcs7_private_key: /nonexistent/key.pem');
  expect(aboutPuppet(await findingsFor(missing))).toContainEqual(expect.stringMatching(/^problem: .*KEY_FILE_MISSING/));
  const fine = withOptions(`pkcs7_private_key: ${PKCS7_KEYS.privateKey}`);
  expect(aboutPuppet(await findingsFor(fine))).toContain('ok: Puppet can read 1 value in 1 file');
});

test('a gpg that never ends keeps nobody waiting', async () => {
  const bin = scratchFolder();
  writeFileSync(path.join(bin, 'gpg'), '#!/bin/sh\nexec timeout 20 tail -f /dev/null\n', { mode: 0o755 });
  const tree = treeFor(`gpg_gnupghome: ${server.path}`, 'puppetmaster');
  const env = { PATH: `${bin}:${process.env.PATH ?? ''}` };
  const found = await findingsFor(tree, { userName: 'alice', env, patience: { forOne: 200, forAll: 600 } });
  expect(found).toContainEqual({
    state: 'warning',
    about: 'gpg',
    message: 'this check did not end within 0.2 s',
    command: 'gpg --version',
  });
});
