// The history of a file.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { lines, newFolder, values } from '../inputs.mjs';
import { team } from '../keys.mjs';
import { equal, rawAgent } from '../peers.mjs';
import { longer, megabytes, seconds } from '../targets.mjs';
import { eyaml, must } from '../world.mjs';

const KEYS = 50;
const FILES = 60;
const EACH = 20;
/** Of how many commits one changes a value. */
const EVERY = 4;

export const HISTORY = [
  {
    ...{ name: 'log-100', title: 'log: 100 commits that change one of 50 values', size: 100, short: 3, needs: 'git' },
    commands: async (world, size) => {
      const { env } = await team(world);
      const file = await historyOf(world, size);
      const verify = ({ code, stdout, stderr }) => equal(`${code} ${kindsIn(stdout)} ${stderr}`, `0 ${size} `);
      return {
        eyaml: eyaml(world, ['log', '--json', file], { env, verify }),
        'raw agent': await rawAgent(world, 'cv25519', KEYS + size),
      };
    },
    targets: () => [longer(1500, 'raw agent')],
  },
  {
    ...{
      name: 'exposure-5000',
      title: 'exposure --no-states: 20,000 commits, 5,000 of which change one of 1,200 values',
    },
    ...{ size: 5000, short: 5, grows: true, needs: 'git' },
    commands: async (world, size) => {
      const { env, fingerprints } = await team(world);
      const cwd = await bigHistory(world, size);
      const args = ['exposure', '--no-states', '--format', 'json', fingerprints[0]];
      return { eyaml: eyaml(world, args, { env, cwd, verify: ofAll(0) }) };
    },
    targets: () => [seconds(5), megabytes(200)],
  },
  {
    ...{
      name: 'exposure-240',
      title: 'exposure: 960 commits, 240 of which change one of 1,200 values',
      size: 240,
      short: 5,
    },
    needs: 'git',
    commands: async (world, size) => {
      const { env, fingerprints } = await team(world);
      const cwd = await bigHistory(world, size);
      return {
        eyaml: eyaml(world, ['exposure', '--format', 'json', fingerprints[0]], { env, cwd, verify: ofAll(1) }),
        'raw agent': await rawAgent(world, 'cv25519', FILES * EACH + size),
      };
    },
    targets: () => [longer(3000, 'raw agent')],
  },
];

// Each value is for the person, and each is still in use.
function ofAll(expected) {
  return ({ code, stdout, stderr }) =>
    equal(`${code} ${JSON.parse(stdout).secrets.length} ${stderr}`, `${expected} ${FILES * EACH} `);
}

/** A repository in which so many commits change one of 1,200 values, and three times as many change something else; gives its folder. */
async function bigHistory(world, size) {
  const all = await values(world, 'cv25519', FILES * EACH + size);
  const folder = newFolder(world);
  const stream = path.join(newFolder(world), 'stream');
  const output = openSync(stream, 'w');
  const now = all.slice(0, FILES * EACH);
  const write = (file, text) =>
    writeSync(output, `M 100644 inline ${file}\ndata ${Buffer.byteLength(text)}\n${text}\n`);
  const writeValues = (file) =>
    write(
      `${file}.eyaml`,
      lines(EACH, (key) => now[key], file * EACH),
    );
  for (let i = 0; i <= size * EVERY; i += 1) {
    const person = `committer A <a@example.com> ${1_600_000_000 + i * 3600} +0000`;
    writeSync(output, `commit refs/heads/main\n${person}\ndata 2\nc\n\n`);
    if (i === 0) for (let file = 0; file < FILES; file += 1) writeValues(file);
    else if (i % EVERY === 0) {
      const place = (i / EVERY) % (FILES * EACH);
      now[place] = all[FILES * EACH + i / EVERY - 1];
      writeValues(Math.floor(place / EACH));
    } else write('README', `${i}\n`);
  }
  closeSync(output);
  const git = (args, options = {}) => must(world, [world.programs.git, ...args], { cwd: folder, ...options });
  await git(['init', '-q', '-b', 'main']);
  await git(['fast-import', '--quiet'], { input: stream });
  await git(['checkout', '-q', 'main']);
  return folder;
}

function kindsIn(json) {
  const entries = JSON.parse(json);
  return entries.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'changed')).length;
}

/** A repository with a file of which each commit but the first changes one value; gives the file. */
async function historyOf(world, size) {
  const all = await values(world, 'cv25519', KEYS + size);
  const file = path.join(newFolder(world), 'history.eyaml');
  const person = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
  const git = (...args) => must(world, [world.programs.git, ...person, ...args], { cwd: path.dirname(file) });
  await git('init', '-q');
  const now = all.slice(0, KEYS);
  for (let i = 0; i <= size; i += 1) {
    if (i > 0) now[i % KEYS] = all[KEYS + i - 1];
    writeFileSync(
      file,
      lines(KEYS, (key) => now[key]),
    );
    await git('add', '-A');
    await git('commit', '-q', '-m', `commit ${i}`);
  }
  return file;
}
