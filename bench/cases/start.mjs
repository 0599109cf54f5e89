// Commands that do little: what counts is how fast they start.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { newFolder, plaintextOf, values, writeRecipients } from '../inputs.mjs';
import { keyFile, pkcs7, ring, team } from '../keys.mjs';
import { equal, node, pass, ruby } from '../peers.mjs';
import { times } from '../targets.mjs';
import { eyaml, must } from '../world.mjs';

const ONE = { size: 1, short: 1 };
const TEXT = 'x';

export const START = [
  {
    ...{ name: 'version', title: '`eyaml version`', starts: true },
    commands: (world) => ({
      eyaml: eyaml(world, ['version'], { verify: shows('hiera-eyaml-gpg') }),
      node: node(world),
      Ruby: ruby(world, ['version'], shows('hiera-eyaml')),
    }),
    targets: () => [times(2, 'node')],
  },
  ...[
    { name: 'help', args: ['--help'] },
    { name: 'encrypt-help', args: ['encrypt', '--help'], starts: true },
  ].map(({ args, ...one }) => ({
    ...one,
    title: `\`eyaml ${args.join(' ')}\``,
    commands: (world) => ({ eyaml: eyaml(world, args, { verify: shows('USAGE') }), node: node(world) }),
    targets: () => [times(2.5, 'node')],
  })),
  {
    ...{ name: 'encrypt', title: '`encrypt -s x -o string`, 3 GnuPG recipients', starts: true },
    commands: async (world) => {
      const { env, fingerprints } = await team(world);
      return {
        eyaml: encryption(world, env, fingerprints),
        node: node(world),
        Ruby: ruby(world, ['encrypt', '-s', TEXT, '-o', 'string', ...(await pkcs7(world))], shows('ENC[PKCS7,')),
      };
    },
    targets: () => [times(3.2, 'node'), times(0.5, 'Ruby')],
  },
  {
    ...{ name: 'encrypt-key-files', title: 'the same with 3 key files, no GnuPG' },
    commands: async (world) => {
      const { env, recipients, options } = await keyFile(world, 'cv25519');
      return { eyaml: encryption(world, env, recipients, options), node: node(world) };
    },
    targets: () => [times(2.9, 'node')],
  },
  {
    ...{ name: 'encrypt-pkcs7', title: '`encrypt -s x -o string`, PKCS7' },
    commands: async (world) => {
      const options = await pkcs7(world);
      const args = ['encrypt', '-s', TEXT, '-o', 'string', ...options];
      return {
        eyaml: eyaml(world, args, { verify: decryptsTo(world, world.env, options) }),
        node: node(world),
        Ruby: ruby(world, args, shows('ENC[PKCS7,')),
      };
    },
    targets: () => [times(3, 'node')],
  },
  {
    ...{ name: 'decrypt', title: '`decrypt -s`, one value, agent', starts: true },
    commands: async (world) => {
      const { env } = await team(world);
      const [pkcs7Value] = await values(world, 'pkcs7', 1);
      return {
        eyaml: await decryption(world, 'cv25519', { env }),
        node: node(world),
        Ruby: ruby(world, ['decrypt', '-s', pkcs7Value, ...(await pkcs7(world))], shows(plaintextOf(0))),
        'pass show': await pass(world),
      };
    },
    targets: () => [times(3.3, 'node'), times(0.5, 'Ruby')],
  },
  {
    ...{ name: 'decrypt-key-file', title: '`decrypt -s`, one cv25519 value, key file' },
    commands: async (world) => ({
      eyaml: await decryption(world, 'cv25519 file', await keyFile(world, 'cv25519')),
      node: node(world),
    }),
    targets: () => [times(3.3, 'node')],
  },
  {
    ...{ name: 'decrypt-pkcs7', title: '`decrypt -s`, one value, PKCS7' },
    commands: async (world) => {
      const options = await pkcs7(world);
      const [value] = await values(world, 'pkcs7', 1);
      return {
        eyaml: await decryption(world, 'pkcs7', { options }),
        node: node(world),
        Ruby: ruby(world, ['decrypt', '-s', value, ...options], shows(plaintextOf(0))),
      };
    },
    targets: () => [times(3, 'node')],
  },
  {
    ...{ name: 'encrypt-large-ring', title: 'encrypt in a keyring of 2,000 keys', size: 2000, short: 20 },
    commands: async (world, size) => {
      const [small, large] = [await team(world), await ring(world, size)];
      return {
        eyaml: encryption(world, large.env, large.fingerprints),
        'small keyring': encryption(world, small.env, small.fingerprints),
      };
    },
    targets: () => [times(1.3, 'small keyring')],
  },
].map((one) => ({ ...ONE, ...one }));

function encryption(world, env, recipients, options = []) {
  const cwd = newFolder(world);
  writeRecipients(cwd, recipients);
  const verify = decryptsTo(world, env, options);
  return eyaml(world, ['encrypt', '-s', TEXT, '-o', 'string', ...options], { env, cwd, verify });
}

async function decryption(world, kind, { env = world.env, options = [] }) {
  const [value] = await values(world, kind, 1);
  const verify = ({ stdout }) => equal(stdout, plaintextOf(0));
  return eyaml(world, ['decrypt', '-s', value, ...options], { env, verify });
}

function shows(words) {
  return ({ code, stdout, stderr }) => equal(code === 0 && (stdout + stderr).includes(words), true);
}

// Decrypting it would take longer than what is measured: once will do.
function decryptsTo(world, env, options) {
  return async ({ stdout }, isFirst) => {
    equal(/^ENC\[\w+,[\w+/=]+\]$/.test(stdout), true);
    if (!isFirst) return;
    const file = path.join(world.folder, 'value');
    writeFileSync(file, stdout);
    equal(await must(world, eyaml(world, ['decrypt', '-f', file, ...options]).argv, { env }), TEXT);
  };
}
