// Makes the npm package, build/NAME-VERSION.tgz, and beside it what is in it. Each file has the mode that it should have, whatever umask
// it was written under: modes are in the package.
// usage: npm run package:npm
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeSbom } from './sbom.mjs';

const STAGE = 'build/stage-npm';

function pack(cwd, ...args) {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output)[0];
}

rmSync(STAGE, { recursive: true, force: true });
try {
  for (const { path: file, mode } of pack('.', '--dry-run').files) {
    const copy = path.join(STAGE, file);
    mkdirSync(path.dirname(copy), { recursive: true });
    copyFileSync(file, copy);
    chmodSync(copy, mode & 0o100 ? 0o755 : 0o644);
  }
  const { filename } = pack(STAGE, '--pack-destination', '..');
  writeSbom(`build/${filename}`);
  console.log(`build/${filename}`);
} finally {
  rmSync(STAGE, { recursive: true, force: true });
}
