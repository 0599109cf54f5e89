// Writes down which commands there are and what options they take, so that oclif need not look for them at every start.
import { rm, writeFile } from 'node:fs/promises';
import { Config } from '@oclif/core';

await rm('oclif.manifest.json', { force: true });
const { plugins } = await Config.load(process.cwd());
const { manifest } = [...plugins.values()][0];
// oclif has them in the order in which the disk gives its files.
const commands = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
await writeFile(
  'oclif.manifest.json',
  `${JSON.stringify({ ...manifest, commands: Object.fromEntries(commands) }, undefined, 2)}\n`,
);
