// Makes the command executable, and writes down which commands there are, so that oclif need not look for them at every start.
import { chmod, rm, writeFile } from 'node:fs/promises';
import { Config } from '@oclif/core';

await chmod('dist/src/cli/main.js', 0o755);
await rm('oclif.manifest.json', { force: true });
const { plugins } = await Config.load(process.cwd());
const { manifest } = [...plugins.values()][0];
await writeFile('oclif.manifest.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
