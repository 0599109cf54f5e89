// The history of a file.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { lines, newFolder, values } from '../inputs.mjs';
import { team } from '../keys.mjs';
import { equal, rawAgent } from '../peers.mjs';
import { longer } from '../targets.mjs';
import { eyaml, must } from '../world.mjs';

const KEYS = 50;

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
];

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
