// Many values in one file.
import { fileOf, looseMessages, markers } from '../inputs.mjs';
import { keyFile, pkcs7, rsaHome, team } from '../keys.mjs';
import { equal, gpgEach, rawAgent, rawRsa, ruby } from '../peers.mjs';
import { megabytes, times, timesBesideStart } from '../targets.mjs';
import { eyaml } from '../world.mjs';

export const BULK = [
  besideGpg({ name: 'decrypt-200', size: 200, short: 5 }, 0.2),
  besideGpg({ name: 'decrypt-500', size: 500, short: 10 }, 0.13),
  {
    ...{ name: 'decrypt-10000', title: 'decrypt 10,000 cv25519 values, agent', size: 10_000, short: 20, grows: true },
    commands: besideRawAgent,
    targets: () => [times(1.3, 'raw agent'), megabytes(150)],
  },
  {
    ...{
      name: 'decrypt-50000',
      title: 'decrypt -e of one file of 50,000 values',
      size: 50_000,
      short: 30,
      grows: true,
    },
    commands: besideRawAgent,
    targets: () => [times(1.3, 'raw agent')],
  },
  {
    ...{ name: 'rsa-agent', title: 'decrypt 500 rsa3072 values, agent', size: 500, short: 5 },
    commands: async (world, size) => ({
      eyaml: await decryptFile(world, 'rsa3072', size, await rsaHome(world)),
      'raw agent': await rawAgent(world, 'rsa3072', size),
      version: eyaml(world, ['version']),
    }),
    targets: () => [timesBesideStart(1.05, 'raw agent')],
  },
  {
    ...{ name: 'rsa-key-file-one-core', title: 'decrypt 500 rsa3072 values, key file, one core' },
    ...{ size: 500, short: 5, needs: 'taskset' },
    commands: async (world, size) => onOneCore(world, await besideRawRsa(world, size)),
    targets: () => [timesBesideStart(1.3, 'raw RSA')],
  },
  {
    ...{ name: 'rsa-key-file', title: 'the same, all cores', size: 500, short: 5 },
    commands: besideRawRsa,
    targets: () => [],
  },
  {
    ...{ name: 'pkcs7-500', title: 'decrypt 500 PKCS7 values', size: 500, short: 5 },
    commands: async (world, size) => {
      const options = await pkcs7(world);
      const tool = await decryptFile(world, 'pkcs7', size, { options });
      const args = ['decrypt', '-e', await fileOf(world, 'pkcs7', size), ...options];
      const verify = ({ stdout }) => equal(stdout.match(/secret number \d+\]!/g)?.length, size);
      return { eyaml: tool, Ruby: ruby(world, args, verify) };
    },
    targets: () => [times(0.3, 'Ruby')],
  },
];

function besideGpg({ name, size, short }, limit) {
  return {
    ...{ name, title: `decrypt ${size} cv25519 values, agent`, size, short },
    commands: async (world, size) => {
      const home = await team(world);
      return {
        eyaml: await decryptFile(world, 'cv25519', size, home),
        'gpg -d each': gpgEach(world, home, await looseMessages(world, 'cv25519', size), size),
      };
    },
    targets: () => [times(limit, 'gpg -d each')],
  };
}

async function besideRawAgent(world, size) {
  return {
    eyaml: await decryptFile(world, 'cv25519', size, await team(world)),
    'raw agent': await rawAgent(world, 'cv25519', size),
  };
}

async function besideRawRsa(world, size) {
  return {
    eyaml: await decryptFile(world, 'rsa3072 file', size, await keyFile(world, 'rsa3072')),
    'raw RSA': rawRsa(world, size),
    version: eyaml(world, ['version']),
  };
}

function onOneCore({ programs }, commands) {
  const pinned = ({ argv, ...command }) => ({ ...command, argv: [programs.taskset, '--cpu-list', '0', ...argv] });
  return Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, pinned(command)]));
}

/** A `decrypt -e` of a new file, which must give every plaintext. */
export async function decryptFile(world, kind, count, { env = world.env, options = [] }) {
  const expected = markers(count, { tag: kind === 'pkcs7' ? 'PKCS7' : 'GPG' });
  const file = await fileOf(world, kind, count);
  const verify = ({ stdout }) => equal(stdout, expected);
  return eyaml(world, ['decrypt', '-e', file, ...options], { env, verify });
}
