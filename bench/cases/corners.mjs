// What must not be slow, though it is rare; and how long an editor takes to come up.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileOf, markers, newFolder, values, writeRecipients } from '../inputs.mjs';
import { team } from '../keys.mjs';
import { equal } from '../peers.mjs';
import { longer, times } from '../targets.mjs';
import { eyaml } from '../world.mjs';
import { decryptFile } from './bulk.mjs';

export const CORNERS = [
  {
    ...{ name: 'recipients-blanks', title: 'check with 80,000 blanks in a recipients line' },
    ...{ size: 80_000, short: 80, grows: true },
    commands: async (world, size) => ({
      eyaml: await checkWithBlanks(world, size),
      'one blank': await checkWithBlanks(world, 1),
    }),
    targets: () => [times(1.5, 'one blank')],
  },
  {
    ...{ name: 'editor', title: 'edit: until the editor starts, 100 values', size: 100, short: 5 },
    commands: async (world, size) => {
      const home = await team(world);
      return {
        eyaml: await edit(world, home, size),
        'decrypt -e': await decryptFile(world, 'cv25519', size, home),
      };
    },
    targets: () => [longer(30, 'decrypt -e')],
  },
];

// The blanks are everywhere in the line where there may be some.
async function checkWithBlanks(world, count) {
  const { env, fingerprints } = await team(world);
  const folder = newFolder(world);
  const [value] = await values(world, 'cv25519', 1);
  writeFileSync(path.join(folder, 'one.eyaml'), `key: ${value}\n`);
  const blanks = ' '.repeat(Math.ceil(count / 4));
  writeRecipients(folder, [[blanks, fingerprints[0], blanks, '#', blanks, 'ann', blanks, 'x'].join('')]);
  return eyaml(world, ['check', folder], { env, verify: ({ code }) => equal(code, 0) });
}

// The editor writes down when it started, keeps what it was given, and changes nothing.
async function edit(world, home, count) {
  const folder = newFolder(world);
  const [editor, started, seen] = ['editor', 'started', 'seen'].map((name) => path.join(folder, name));
  writeFileSync(editor, `#!/bin/bash\necho "$EPOCHREALTIME" > '${started}'\ncp "$1" '${seen}'\n`);
  chmodSync(editor, 0o755);
  const expected = markers(count).replaceAll(
    /DEC::(GPG\[secret number )(\d+)/g,
    (_, text, i) => `DEC(${Number(i) + 1})::${text}${i}`,
  );
  return eyaml(world, ['edit', '--no-preamble', await fileOf(world, 'cv25519', count)], {
    env: { ...home.env, EDITOR: editor },
    wall: ({ start }) => Number(readFileSync(started, 'latin1')) * 1000 - start,
    verify: ({ code }) => equal(code === 0 && readFileSync(seen, 'utf8') === expected, true),
  });
}
