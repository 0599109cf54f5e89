import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { toolsWithoutGpg } from '../helpers/key-homes.js';
import { createScene, type Scene } from '../helpers/scene.js';

const OPEN = ['--passphrase', '', '--pinentry-mode', 'loopback'];
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';

// A key with an encryption subkey for each of two devices; the device here has the older one.
let everything: GnupgHome;
let here: GnupgHome;
let primary: string;
let olderSubkey: string;
let publicKey: Buffer;
let secretKey: Buffer;
let value: string;
beforeAll(() => {
  everything = createGnupgHome();
  const at = (year: number) => ['--faked-system-time', `${year}0101T000000!`, ...OPEN];
  everything.gpg([...at(2023), '--quick-gen-key', 'Dora <dora@example.com>', 'ed25519', 'cert', 'never']);
  const fingerprints = () => {
    const listing = everything.gpg(['--with-colons', '--list-keys']).toString();
    return Array.from(listing.matchAll(/^fpr:+([0-9A-F]{40})/gm), ([, fingerprint = '']) => fingerprint);
  };
  [primary = ''] = fingerprints();
  for (const year of [2023, 2024])
    everything.gpg([...at(year), '--quick-add-key', primary, 'cv25519', 'encr', 'never']);
  [, olderSubkey = ''] = fingerprints();
  publicKey = everything.gpg(['--armor', '--export', primary]);
  secretKey = everything.gpg(['--armor', '--export-secret-subkeys', `${olderSubkey}!`]);
  const sealed = everything.gpg(['--rfc4880', '--encrypt', '--recipient', `${olderSubkey}!`], 'old value');
  value = `ENC[GPG,${sealed.toString('base64')}]`;
  here = createGnupgHome();
  here.gpg(['--import'], publicKey);
  here.gpg(['--import'], secretKey);
  here.gpg(['--import-ownertrust'], `${primary}:6:\n`);
});
afterAll(() => {
  everything.remove();
  here.remove();
});

/** A folder with a recipients file and a value for the older subkey, where keys are in GnuPG or in files. */
function sceneIn(world: string): Scene {
  const scene = createScene(world === 'GnuPG' ? { gnupg: here } : {});
  scene.write('old.yaml', `a: ${value}\n`);
  scene.write(RECIPIENTS, `${primary}\n`);
  if (world === 'GnuPG') return scene;
  mkdirSync(path.join(scene.cwd, '.eyaml/public-keys'), { recursive: true });
  scene.write('.eyaml/public-keys/dora.asc', publicKey.toString());
  const privateKey = path.join(scene.homeFolder, 'dora.asc');
  writeFileSync(privateKey, secretKey, { mode: 0o600 });
  scene.write('.eyaml/config.yaml', `gpg_private_key: ${privateKey}\n`);
  const tools = toolsWithoutGpg(scene.homeFolder);
  return { ...scene, run: (args, more = {}) => scene.run(args, { ...more, env: { PATH: tools, ...more.env } }) };
}

describe.each(['GnuPG', 'key files'])('my newest encryption subkey is on another device, keys in %s:', (world) => {
  const told = () =>
    expect.stringMatching(
      new RegExp(
        `the encryption subkey of your key ${primary}, is not on this machine: you will not be able to read these values here; to change that, add ${olderSubkey}! to .*${RECIPIENTS}`,
      ),
    ) as string;

  test.each([
    ['encrypt', ['encrypt', '-o', 'string', '-s', 'x'], {}],
    ['edit', ['edit', 'old.yaml'], { EDITOR: 'cat' }],
    ['recrypt', ['recrypt', '--yes', 'old.yaml'], {}],
  ] as const)('%s says so, and what to write', async (_, args, env) => {
    const scene = sceneIn(world);
    expect((await scene.run(args, { env })).stderr).toEqual(told());
  });

  test('and with that line nobody is warned, and the value can be read here', async () => {
    const scene = sceneIn(world);
    scene.write(RECIPIENTS, `${primary}\n${olderSubkey}!\n`);
    const { stdout, stderr } = await scene.run(['encrypt', '-o', 'string', '-s', 'x']);
    expect(stderr).not.toContain('able to decrypt these values');
    expect((await scene.run(['decrypt', '-s', stdout])).stdout).toBe('x');
  });
});
