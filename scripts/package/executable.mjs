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
import { writeSbom } from './sbom.mjs';

const BUILT = 'dist/bin';
// Node.js looks for its application by this name, and changes this text where there is one.
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

async function main() {
  const { values } = parseArgs({
    options: { arch: { type: 'string' }, all: { type: 'boolean' }, openpgp: { type: 'string' } },
  });
  if (process.platform !== 'linux')
    throw new Error('executables are made on Linux: the Node.js that will run it prepares it');
  const architectures = values.all ? Object.keys(PINNED.packages) : [values.arch ?? process.arch];
  for (const arch of architectures) await makeExecutable(arch, values.openpgp);
}

async function makeExecutable(arch, openpgp) {
  const stage = `build/stage-${arch}`;
  const file = `build/eyaml-linux-${arch}`;
  rmSync(stage, { recursive: true, force: true });
  try {
    // The application must be prepared by the very version that will run it.
    const here = unpackNode(process.arch, `${stage}/here`);
    const node = arch === process.arch ? here : unpackNode(arch, `${stage}/there`);
    await gather(`${stage}/bin`, path.join(path.dirname(here), '../LICENSE'));
    if (openpgp) replaceLibrary(openpgp, here, `${stage}/bin/lib/openpgp.cjs`);
    if (arch === process.arch) keepCode(here, `${stage}/bin`);
    await put(prepare(here, `${stage}/bin`), node, file);
    copyFileSync(`${stage}/bin/NOTICE`, `${file}.NOTICE`);
    // Which version a file of somebody's own is, no registry can say.
    if (openpgp) rmSync(`${file}.cdx.json`, { force: true });
    else writeSbom(file, arch);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  console.log(file);
}

/** The files of the command, and the licences of all that will be in the executable. */
async function gather(folder, licenceOfNode) {
  cpSync(BUILT, folder, { recursive: true, filter: (file) => file !== path.join(BUILT, 'cache') });
  writeFileSync(`${folder}/executable.cjs`, await launcher('executable'));
  const line = `\n${'-'.repeat(80)}\n\n`;
  const own = ['hiera-eyaml-gpg: MIT\n', readFileSync('LICENSE', 'utf8')].join('\n');
  const node = [`node ${PINNED.version}: MIT and others\n`, readFileSync(licenceOfNode, 'utf8')].join('\n');
  writeFileSync(`${folder}/NOTICE`, [own, readFileSync(`${folder}/NOTICE`, 'utf8'), node].join(line));
}

/** LGPL-3.0, section 4: who has the executable may make it with another version of the library. */
function replaceLibrary(openpgp, node, file) {
  copyFileSync(openpgp, file);
  if (readFileSync(file).some((octet) => octet > 0x7f))
    throw new Error(`${openpgp} is not in ASCII; take openpgp.min.cjs`);
  execFileSync(node, ['-p', 'require(process.argv[1]).config.versionString', path.resolve(file)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

// V8's seed and the paths of files show in the octets of compiled code. It fits any seed, and the path is the one of the executable's launcher.
function keepCode(node, folder) {
  const text = readFileSync(`${folder}/eyaml.cjs`, 'utf8');
  writeFileSync(`${folder}/eyaml.cjs`, text.replace('folder: __dirname', "folder: '/eyaml/dist/bin'"));
  execFileSync(node, ['--random-seed=1', 'keep-code.cjs', '--reproducible'], { cwd: folder });
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

await main().catch(({ message }) => {
  console.error(`error: ${message}`);
  process.exitCode = 1;
});
