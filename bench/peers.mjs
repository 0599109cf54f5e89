// What the tool is compared with, as commands.
import { existsSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { plaintextOf } from './inputs.mjs';
import { rsaHome, team } from './keys.mjs';
import { must, once } from './world.mjs';

const peer = (name) => path.join(import.meta.dirname, 'peers', name);

/** Node alone. */
export function node({ node, env, folder }) {
  return { argv: [node, '-e', '0'], env, cwd: folder };
}

/** Ruby's eyaml, or nothing where it is not installed. */
export function ruby({ programs, env, folder }, args, verify) {
  return programs.ruby && { argv: [programs.ruby, ...args], env, cwd: folder, verify };
}

/** `pass show`, or nothing where it is not installed. */
export async function pass(world) {
  if (!world.programs.pass) return undefined;
  const home = await team(world);
  const env = { ...home.env, PASSWORD_STORE_DIR: path.join(world.folder, 'pass') };
  await once(world, 'pass', async () => {
    await must(world, [world.programs.pass, 'init', home.fingerprints[0]], { env });
    const input = path.join(world.folder, 'pass-input');
    writeFileSync(input, `${plaintextOf(0)}\n`);
    await must(world, [world.programs.pass, 'insert', '--multiline', 'one'], { env, input });
  });
  return {
    argv: [world.programs.pass, 'show', 'one'],
    env,
    cwd: world.folder,
    verify: ({ stdout }) => equal(stdout, `${plaintextOf(0)}\n`),
  };
}

/** A shell loop with one gpg for each message of a folder. */
export function gpgEach(world, { env }, messages, count) {
  const loop = 'for message in "$1"/*.gpg; do gpg --batch --quiet --decrypt "$message" 2>/dev/null; done';
  const expected = Array.from({ length: count }, (_, i) => plaintextOf(i)).join('');
  return {
    argv: ['sh', '-c', loop, 'sh', messages],
    env,
    cwd: world.folder,
    verify: ({ stdout }) => equal(stdout, expected),
  };
}

/** A shell loop that encrypts each message of a folder again, for others. */
export function gpgAgain(world, { env, fingerprints }, messages, count) {
  const recipients = fingerprints.map((fingerprint) => `-r ${fingerprint}`).join(' ');
  const loop = `for message in "$1"/*.gpg; do
    gpg --batch --quiet --decrypt "$message" 2>/dev/null | gpg --batch --quiet ${recipients} --encrypt > "$message.new" && echo done
  done`;
  return {
    argv: ['sh', '-c', loop, 'sh', messages],
    env,
    cwd: world.folder,
    verify: ({ stdout }) => equal(stdout, 'done\n'.repeat(count)),
  };
}

/** Operations of the agent alone; the start of the process does not count. */
export async function rawAgent(world, type, count) {
  const { env, socket, keygrip } = await (type === 'cv25519' ? team(world) : rsaHome(world));
  const argv = [world.node, peer('raw-agent.mjs'), socket, keygrip, type, String(count)];
  return ownClock({ argv, env, cwd: world.folder }, count);
}

/** Operations of OpenSSL alone, with RSA of 3072 bits, in one thread; the start of the process does not count. */
export function rawRsa(world, count) {
  const file = path.join(world.folder, 'raw-rsa.pem');
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }
  return ownClock(
    { argv: [world.node, peer('raw-rsa.mjs'), file, String(count)], env: world.env, cwd: world.folder },
    count,
  );
}

function ownClock(command, count) {
  const read = ({ stdout }) => JSON.parse(stdout);
  return {
    ...command,
    wall: (sample) => read(sample).milliseconds,
    verify: (sample) => equal(read(sample).done, count),
  };
}

/** @throws an Error without either when they differ: they may be long. */
export function equal(actual, expected) {
  if (actual !== expected) throw new Error('its output is wrong');
}
