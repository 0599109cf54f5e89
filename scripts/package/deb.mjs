// Makes build/eyaml_VERSION_ARCHITECTURE.deb from the executable, the manual page and the completions: for Debian 11 and newer, and
// distributions made from it. The same commit gives the same octets.
// usage: npm run package:deb [-- --arch arm64]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { changelog } from './debian-changelog.mjs';
import { copyright } from './debian-copyright.mjs';
import { dependsOf } from './debian-depends.mjs';
import { DESCRIPTION, MAINTAINER, SUMMARY, listParts, product, wrap } from './product.mjs';
import { commonFiles, gzip, writeTree } from './tree.mjs';

// Debian 11 cannot read zstd. Level 6 makes the file 15 % smaller, and takes seven times as long. Threads would show in the octets.
const COMPRESSION = ['-Zxz', '-z1', '--threads-max=1'];

const { version, time, executable, notice, arch, names } = await product();
const folder = `build/deb-${names.debian}`;
const tree = await writeTree(
  folder,
  {
    ...(await commonFiles(executable)),
    'usr/share/zsh/vendor-completions/_eyaml': await readFile('completions/_eyaml'),
    'usr/share/doc/eyaml/copyright': copyright(await readFile('LICENSE', 'utf8'), notice),
    'usr/share/doc/eyaml/changelog.gz': gzip(changelog(await readFile('CHANGELOG.md', 'utf8'), version, time)),
    'usr/share/lintian/overrides/eyaml': await readFile('scripts/package/lintian-overrides'),
  },
  time,
);
await writeControl();
const result = `build/eyaml_${version}_${names.debian}.deb`;
const env = { ...process.env, SOURCE_DATE_EPOCH: String(time) };
execFileSync('dpkg-deb', ['--root-owner-group', ...COMPRESSION, '--build', folder, result], {
  env,
  stdio: ['ignore', 'ignore', 'inherit'],
});
await rm(folder, { recursive: true });
await listParts(result, executable, arch);
console.log(result);

async function writeControl() {
  const sizes = await Promise.all(tree.files.map(async (file) => (await stat(path.join(folder, file))).size));
  // As deb-substvars(5) counts it.
  const installed = sizes.reduce((sum, size) => sum + Math.ceil(size / 1024), tree.folders);
  const sums = tree.files.map(async (file) => `${md5(await readFile(path.join(folder, file)))}  ${file}\n`);
  const files = {
    control: control(await readFile(executable), installed),
    md5sums: (await Promise.all(sums)).join(''),
  };
  await writeTree(`${folder}/DEBIAN`, files, time);
  await utimes(folder, time, time);
}

/** Replaces is left out on purpose: where Puppet uses the library in hiera-eyaml, dpkg must not remove that without asking. */
function control(program, installed) {
  return `Package: eyaml
Version: ${version}
Architecture: ${names.debian}
Maintainer: ${MAINTAINER}
Installed-Size: ${installed}
Depends: ${dependsOf(program)}
Recommends: git, gnupg
Suggests: bash-completion
Conflicts: hiera-eyaml
Provides: eyaml
Section: admin
Priority: optional
Multi-Arch: foreign
Description: ${SUMMARY}
${DESCRIPTION.map((paragraph) =>
  wrap(paragraph, 78)
    .map((line) => ` ${line}\n`)
    .join(''),
).join(' .\n')}`;
}

function md5(content) {
  return createHash('md5').update(content).digest('hex');
}
