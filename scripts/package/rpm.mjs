// Makes build/eyaml-VERSION-1.ARCHITECTURE.rpm from the executable, the manual page and the completions: for the families of RHEL 8 and
// newer, and Fedora. The same commit gives the same octets.
// usage: npm run package:rpm [-- --arch arm64]
import { execFileSync } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { noticesIn } from '../notices.mjs';
import { DESCRIPTION, SUMMARY, listParts, product, wrap } from './product.mjs';
import { commonFiles, writeTree } from './tree.mjs';

const MACROS = {
  // Every rpm can read xz; the one of RHEL 8.0 cannot read zstd.
  _binary_payload: 'w1.xzdio',
  // The executable is taken as it is: stripped, it does not run.
  __os_install_post: '%{nil}',
  debug_package: '%{nil}',
  _build_id_links: 'none',
  // Nothing of the machine and the clock that build it.
  _buildhost: 'localhost',
  use_source_date_epoch_as_buildtime: 1,
  clamp_mtime_to_source_date_epoch: 1,
};

const { version, time, executable, notice, arch, names } = await product();
const folder = path.resolve(`build/rpm-${names.rpm}`);
const { files } = await writeTree(
  `${folder}/tree`,
  {
    ...(await commonFiles(executable)),
    'usr/share/zsh/site-functions/_eyaml': await readFile('completions/_eyaml'),
    'usr/share/doc/eyaml/CHANGELOG.md': await readFile('CHANGELOG.md'),
    'usr/share/licenses/eyaml/LICENSE': await readFile('LICENSE'),
    'usr/share/licenses/eyaml/NOTICE': notice,
  },
  time,
);
await writeFile(`${folder}/eyaml.spec`, specification());
const macros = Object.entries({ ...MACROS, _topdir: folder, _rpmdir: folder }).flatMap(([name, value]) => [
  '--define',
  `${name} ${value}`,
]);
const env = { ...process.env, SOURCE_DATE_EPOCH: String(time), LC_ALL: 'C.UTF-8' };
execFileSync('rpmbuild', ['-bb', '--quiet', '--target', `${names.rpm}-linux`, ...macros, `${folder}/eyaml.spec`], {
  env,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const name = `eyaml-${version}-1.${names.rpm}.rpm`;
const result = `build/${name}`;
await rename(`${folder}/${names.rpm}/${name}`, result);
await rm(folder, { recursive: true });
await listParts(result, executable, arch);
console.log(result);

/** The libraries that it needs are found by rpmbuild. */
function specification() {
  return `Name: eyaml
Version: ${version}
Release: 1
Summary: ${SUMMARY}
License: ${licences()}
Conflicts: rubygem-hiera-eyaml
Recommends: git-core
Recommends: gnupg2

%description
${DESCRIPTION.map((paragraph) => wrap(paragraph, 78).join('\n')).join('\n\n')}

%install
cp -a '${folder}/tree/.' '%{buildroot}'

%files
%dir /usr/share/doc/eyaml
%dir /usr/share/licenses/eyaml
${files.map((file) => `${kindOf(file)}%attr(${file.startsWith('usr/bin/') ? '0755' : '0644'}, root, root) /${file}\n`).join('')}`;
}

/** In names of SPDX. NOTICE tells those of the libraries in Node.js. */
function licences() {
  const all = ['MIT', ...noticesIn(notice).map(({ license }) => license.split(' ')[0].replace(/\+$/, '-or-later'))];
  return [...new Set(all)].join(' AND ');
}

function kindOf(file) {
  if (file.startsWith('usr/share/licenses/')) return '%license ';
  return /^usr\/share\/(?:doc|man)\//.test(file) ? '%doc ' : '';
}
