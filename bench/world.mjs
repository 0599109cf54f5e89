// A scratch folder with the packed and installed tool, and the programs to compare it with. Nothing outside of it is written, but for
// `dist`, which `npm pack` builds.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRunner } from './measure.mjs';

/** How the names of GnuPG homes in the scratch folder start. */
export const HOME_PREFIX = 'gnupg-';

const ROOT = path.resolve(import.meta.dirname, '..');

// A world is an object:
//   folder    everything is in it; its path is short, because a GnuPG home has sockets
//   node      the Node that runs the tool
//   tool      the main file of the installed tool
//   env       a clean environment, without a GnuPG home
//   programs  the files of ruby (Ruby's eyaml), pass, taskset and git, each undefined where it is not installed; and rubyVersion
//   run       runs a command (measure.mjs)
//   made      what several cases use

/**
 * Makes the world and hands it to `work`; whatever happens, all of it is removed afterwards, and its agents are ended.
 *
 * @param signal - ends what runs.
 * @returns what `work` gives.
 */
export async function inWorld(signal, work) {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'eyb-'));
  const env = cleanEnvironment(folder);
  try {
    mkdirSync(env.HOME);
    const run = createRunner(folder, signal);
    const tool = await install(folder, run);
    return await work({ folder, node: process.execPath, tool, env, programs: findPrograms(env), run, made: new Map() });
  } finally {
    for (const home of readdirSync(folder).filter((name) => name.startsWith(HOME_PREFIX))) endAgent(folder, home, env);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Gives something that several cases use, and makes it at its first use. */
export function once(world, name, make) {
  if (!world.made.has(name)) world.made.set(name, make());
  return world.made.get(name);
}

/**
 * Runs a command that prepares something, and gives its standard output.
 *
 * @throws an Error when it fails.
 */
export async function must({ folder, env, run }, argv, options = {}) {
  const { code, stdout, stderr } = await run({ argv, env, cwd: folder, ...options });
  if (code !== 0) throw new Error(`${argv.slice(0, 4).join(' ')}: exit code ${code}\n${stderr.slice(-2000)}`);
  return stdout;
}

/** Has the tool keep its compiled code for another Node, as an installation with that Node does. */
export async function keepCode(world, node) {
  await once(world, `code of ${node}`, () => must(world, [node, path.join(path.dirname(world.tool), 'keep-code.cjs')]));
}

/** The tool as a command; `options` may set all but `argv`. */
export function eyaml({ folder, env, node, tool }, args, options = {}) {
  return { argv: [node, tool, ...args], env, cwd: folder, ...options };
}

// Node reads NODE_EXTRA_CA_CERTS at each start, and npm puts folders into PATH that every program search then walks through.
function cleanEnvironment(folder) {
  const places = (process.env.PATH ?? '').split(path.delimiter).filter((place) => !place.includes('node_modules'));
  return { PATH: places.join(path.delimiter), HOME: path.join(folder, 'home'), LANG: 'C.UTF-8' };
}

async function install(folder, run) {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const call = (...args) => must({ folder, env: process.env, run }, [...npm, '--silent', ...args], { cwd: ROOT });
  const tarball = (await call('pack', '--pack-destination', folder)).trim().split('\n').at(-1);
  const place = path.join(folder, 'tool');
  mkdirSync(place);
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts=false'];
  await call('install', '--prefix', place, ...options, path.join(folder, tarball));
  return realpathSync(path.join(place, 'node_modules/.bin/eyaml'));
}

function findPrograms(env) {
  const places = (name) => env.PATH.split(path.delimiter).map((place) => path.join(place, name));
  const find = (name) => places(name).find(existsSync);
  const rubies = places('eyaml')
    .filter(existsSync)
    .map((file) => ({ file, version: rubyVersion(file, env) }));
  const ruby = rubies.find(({ version }) => version !== undefined);
  return {
    ruby: ruby?.file,
    rubyVersion: ruby?.version,
    pass: find('pass'),
    taskset: find('taskset'),
    git: find('git'),
  };
}

// Of Ruby's eyaml only: there may be others on PATH.
function rubyVersion(file, env) {
  const { stdout, stderr } = spawnSync(file, ['version'], { env, encoding: 'utf8' });
  return /hiera-eyaml \(core\): ([\d.]+)/.exec(`${stdout}${stderr}`)?.[1];
}

// The sockets may lie in the user's run-time folder.
function endAgent(folder, home, env) {
  for (const args of [['--kill', 'all'], ['--remove-socketdir']])
    spawnSync('gpgconf', ['--homedir', path.join(folder, home), ...args], { env, stdio: 'ignore' });
}
