// Node.js for the executables: the packages of the npm registry that node.json pins, kept in build/cache.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const CACHE = 'build/cache';

/** The version that is pinned, and the package for each architecture. */
export const PINNED = JSON.parse(readFileSync(path.join(import.meta.dirname, 'node.json'), 'utf8'));

/**
 * Unpacks Node.js into a folder.
 *
 * @returns the program.
 * @throws an Error where the architecture is unknown, the registry cannot be reached, or the package is not the one that is pinned.
 */
export function unpackNode(arch, folder) {
  const file = fetch(arch);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1', 'package/bin/node', 'package/LICENSE']);
  return path.resolve(folder, 'bin/node');
}

/** The package as a file, from the cache or the registry. */
function fetch(arch) {
  const wanted = PINNED.packages[arch];
  if (wanted === undefined)
    throw new Error(`no Node.js for ${arch}; scripts/package/node.json has ${Object.keys(PINNED.packages).join(', ')}`);
  const name = `${wanted.name}-${PINNED.version}.tgz`;
  const kept = path.join(CACHE, name);
  if (existsSync(kept) && isIntact(kept, wanted)) return kept;
  const arrived = path.join(CACHE, `arriving-${process.pid}`);
  mkdirSync(arrived, { recursive: true });
  try {
    const spec = `${wanted.name}@${PINNED.version}`;
    download(spec, arrived);
    const file = path.join(arrived, name);
    if (!isIntact(file, wanted))
      throw new Error(`${spec} of the registry is not the one that scripts/package/node.json pins`);
    renameSync(file, kept);
  } finally {
    rmSync(arrived, { recursive: true, force: true });
  }
  return kept;
}

function download(spec, folder) {
  const args = ['pack', '--loglevel=error', '--ignore-scripts', '--pack-destination', folder, spec];
  try {
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    throw new Error(`npm could not download ${spec}; without a network, put its file into ${CACHE}`);
  }
}

function isIntact(file, { integrity }) {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}` === integrity;
}
