// Who made what is in the executable, and under which licences, in the format of Debian:
// https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
import { noticesIn } from '../notices.mjs';

/** Licences whose texts every Debian has in /usr/share/common-licenses, and their names there. */
const COMMON = { 'LGPL-3.0+': ['LGPL-3', 'GPL-3'], 'Apache-2.0': ['Apache-2.0'] };
const HOLDER = /^\W*(Copyright (?:\([cC]\)|©|\d|(?!Holder)[A-Z][a-z]).*)$/;

/**
 * @param own - LICENSE.
 * @param notice - what is beside the executable, with the licences of all that is in it.
 * @returns the text of usr/share/doc/eyaml/copyright.
 */
export function copyright(own, notice) {
  return [
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: hiera-eyaml-gpg
Comment: usr/bin/eyaml is Node.js with the program of hiera-eyaml-gpg and the
 packages below in it. Whoever has the source can put another openpgp.js into it:
 npm run package:executable -- --openpgp FILE && npm run package:deb\n`,
    paragraph(['*'], 'MIT', own),
    ...others(notice),
  ].join('\n');
}

/** One paragraph for all packages with the same text. */
function others(notice) {
  const parts = noticesIn(notice);
  const texts = new Set(parts.map(({ license, text }) => JSON.stringify([license, text])));
  return [...texts].map((both) => {
    const [license, text] = JSON.parse(both);
    const names = parts.filter((part) => part.license === license && part.text === text).map(({ name }) => name);
    return paragraph(
      names.map((name) => `${name}/*`),
      license.replaceAll(' ', '-'),
      text,
      `the authors of ${names.join(', ')}`,
    );
  });
}

function paragraph(files, license, text, authors) {
  const common = COMMON[license];
  const holders = new Set(common ? [] : text.split('\n').flatMap((line) => HOLDER.exec(line)?.[1] ?? []));
  const body = common
    ? ['On Debian systems, the text is in', ...common.map((name) => `/usr/share/common-licenses/${name}`)].join('\n')
    : text.trim();
  return `Files: ${files.join('\n ')}
Copyright: ${(holders.size > 0 ? [...holders] : [authors]).join('\n ')}
License: ${license}
${body
  .split('\n')
  .map((line) => ` ${line.trimEnd() || '.'}\n`)
  .join('')}`;
}
