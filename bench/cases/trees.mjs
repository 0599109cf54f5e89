// Whole trees: recrypt and check.
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileOf, lines, looseMessages, newFolder, plaintextOf, tree, writeRecipients } from '../inputs.mjs';
import { team } from '../keys.mjs';
import { equal, gpgAgain, rawAgent } from '../peers.mjs';
import { cpuSeconds, eachWithin, megabytes, seconds, times } from '../targets.mjs';
import { eyaml, must } from '../world.mjs';

// The shell loop takes so long that a part of it must do.
const LOOP_SHARE = 0.1;
const VALUES_EACH = 25;

export const TREES = [
  {
    ...{
      name: 'recrypt-1000',
      title: 'recrypt 1,000 drifted values in 100 files, 3 recipients',
      size: 1000,
      short: 20,
    },
    commands: async (world, size) => {
      const home = await team(world);
      const drifted = await tree(world, { files: size / 10, recipients: home.fingerprints });
      const some = Math.ceil(size * LOOP_SHARE);
      const messages = await looseMessages(world, 'cv25519', some);
      return {
        eyaml: recryption(world, home, { from: drifted, file: path.join('place0', '0.eyaml'), count: 10 }),
        'gpg -d | gpg -e each': { ...gpgAgain(world, home, messages, some), share: some / size },
      };
    },
    targets: (size) => [cpuSeconds(1.3), eachWithin(2, size), times(0.12, 'gpg -d | gpg -e each')],
  },
  {
    ...{ name: 'recrypt-50000', title: 'recrypt one file of 50,000 drifted values, 3 recipients' },
    ...{ size: 50_000, short: 30, grows: true },
    commands: async (world, size) => {
      const home = await team(world);
      const file = await fileOf(world, 'cv25519', size);
      writeRecipients(path.dirname(file), home.fingerprints);
      return {
        eyaml: recryption(world, home, { from: path.dirname(file), file: path.basename(file), count: size }),
        'raw agent': await rawAgent(world, 'cv25519', size),
      };
    },
    targets: () => [times(1.3, 'raw agent')],
  },
  {
    ...{ name: 'check-tree', title: 'check 50,000 values in 2,000 files', size: 50_000, short: 100, grows: true },
    commands: async (world, size) => ({
      eyaml: await checkOf(world, { files: Math.ceil(size / VALUES_EACH), each: VALUES_EACH }),
    }),
    targets: () => [seconds(2), megabytes(150)],
  },
  {
    ...{ name: 'check-mapping', title: 'check one mapping of 50,000 keys', size: 50_000, short: 50, grows: true },
    commands: async (world, size) => {
      const { env, fingerprints } = await team(world);
      const folder = path.dirname(await fileOf(world, 'cv25519', size));
      writeRecipients(folder, fingerprints.slice(0, 1));
      return { eyaml: eyaml(world, ['check', folder], { env, verify: findsNothing }) };
    },
    targets: () => [seconds(1.5)],
  },
  {
    ...{ name: 'matrix', title: 'recipients --tree of 50,000 values in 2,000 files, all with a reader too few' },
    ...{ size: 50_000, short: 100, grows: true },
    commands: async (world, size) => {
      const { env, fingerprints } = await team(world);
      const shape = { files: Math.ceil(size / VALUES_EACH), each: VALUES_EACH };
      const folder = await tree(world, { ...shape, recipients: fingerprints.slice(0, 2) });
      const told = `${shape.files * shape.each} GPG values: the readers of ${shape.files * shape.each} are not`;
      const verify = ({ code, stdout }) => equal([code, stdout.includes(told)].join(), '0,true');
      return { eyaml: eyaml(world, ['recipients', '--tree', folder], { env, verify }) };
    },
    targets: () => [seconds(4), megabytes(200)],
  },
  {
    ...{ name: 'check-deep', title: 'check 300 files 60 folders deep', size: 300, short: 20 },
    commands: async (world, size) => ({
      eyaml: await checkOf(world, { files: size, depth: 60 }),
      flat: await checkOf(world, { files: size }),
    }),
    targets: () => [times(1.2, 'flat')],
  },
];

async function checkOf(world, shape) {
  const { env, fingerprints } = await team(world);
  const folder = await tree(world, { ...shape, recipients: fingerprints.slice(0, 1) });
  return eyaml(world, ['check', folder], { env, verify: findsNothing });
}

function findsNothing({ code, stderr, stdout }) {
  if (code !== 0) throw new Error(`exit code ${code}: ${stdout.slice(0, 500)}`);
  equal(/no problems/.test(stdout + stderr), true);
}

// Works on a copy, which must hold the same plaintexts afterwards, for the right readers.
function recryption(world, { env }, { from, file, count }) {
  const copy = newFolder(world);
  const after = path.join(copy, file);
  const expected = lines(count, (i) => `DEC::GPG[${plaintextOf(i)}]!`);
  const run = (...args) => must(world, eyaml(world, args).argv, { env });
  return eyaml(world, ['recrypt', '--yes', copy], {
    env,
    prepare: () => {
      rmSync(copy, { recursive: true });
      cpSync(from, copy, { recursive: true });
    },
    verify: async ({ code }, isFirst) => {
      equal(code, 0);
      if (!isFirst) return;
      equal(await run('decrypt', '-e', after), expected);
      await run('check', copy);
    },
  });
}
