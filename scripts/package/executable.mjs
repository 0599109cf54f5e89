// Makes the command one executable: Node.js with the files of dist/bin in it (a single executable application).
// usage: npm run package:executable [-- --arch x64|arm64 | --all] [-- --openpgp FILE]   build/eyaml-linux-ARCH, and beside it what is in it
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import postject from 'postject';
import { launcher } from '../launcher/text.mjs';
import { PINNED, unpackNode } from './node.mjs';

const BUILT = 'dist/bin';
// Node.js looks for its application by this name, and changes this text where there is one.
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const { values: options } = parseArgs({
  options: { arch: { type: 'string' }, all: { type: 'boolean' }, openpgp: { type: 'string' } },
});
const architectures = options.all ? Object.keys(PINNED.packages) : [options.arch ?? process.arch];
if (!existsSync(BUILT)) throw new Error('there is no dist/bin; run npm run build first');
for (const arch of architectures) await makeExecutable(arch);

async function makeExecutable(arch) {
  const stage = `build/stage-${arch}`;
  rmSync(stage, { recursive: true, force: true });
  try {
    // The application must be prepared by the very version that will run it.
    const here = unpackNode(process.arch, `${stage}/here`);
    const node = arch === process.arch ? here : unpackNode(arch, `${stage}/there`);
    await gather(`${stage}/bin`);
    if (arch === process.arch) keepCode(here, `${stage}/bin`);
    const blob = prepare(here, `${stage}/bin`);
    await put(blob, node, `build/eyaml-linux-${arch}`);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  console.log(`build/eyaml-linux-${arch}`);
}

/** The files of the command, and openpgp.js as it was given. */
async function gather(folder) {
  cpSync(BUILT, folder, { recursive: true, filter: (file) => file !== path.join(BUILT, 'cache') });
  if (options.openpgp) copyFileSync(options.openpgp, `${folder}/lib/openpgp.cjs`);
  writeFileSync(`${folder}/executable.cjs`, await launcher('executable'));
}

// The seed is in the code that is kept; no other seed makes it fit less.
function keepCode(node, folder) {
  execFileSync(node, ['--random-seed=1', 'keep-code.cjs'], { cwd: folder });
  const [build] = readdirSync(`${folder}/cache`);
  renameSync(`${folder}/cache/${build}`, `${folder}/kept`);
}

/** What Node.js will find in the executable, as one file. Paths are relative: they are in it. */
function prepare(node, folder) {
  const names = ['lib', 'kept'].filter((name) => existsSync(path.join(folder, name)));
  const files = names.flatMap((name) =>
    readdirSync(path.join(folder, name))
      .sort()
      .map((file) => `${name}/${file}`),
  );
  const assets = ['cli.cjs', 'cli.cjs.map', 'NOTICE', ...files];
  const config = {
    main: 'executable.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    // Options of Node.js for other programs, and code that they would load, are not for this one.
    execArgv: [],
    execArgvExtension: 'none',
    assets: Object.fromEntries(assets.map((name) => [name, name])),
  };
  writeFileSync(`${folder}/sea.json`, JSON.stringify(config));
  execFileSync(node, ['--experimental-sea-config', 'sea.json'], { cwd: folder, stdio: 'pipe' });
  return readFileSync(`${folder}/blob`);
}

async function put(blob, node, file) {
  const unfinished = `${file}.unfinished`;
  copyFileSync(node, unfinished);
  await quietly(() => postject.inject(unfinished, RESOURCE, blob, { sentinelFuse: FUSE }));
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, file);
}

// The library that it uses writes warnings about names of sections, which are of no importance here.
async function quietly(work) {
  const { warn, error, log } = console;
  Object.assign(console, { warn: () => undefined, error: () => undefined, log: () => undefined });
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, error, log });
  }
}
