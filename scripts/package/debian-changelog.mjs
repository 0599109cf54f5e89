// The changes of a version as Debian writes them down (Debian Policy, 4.4).
import { MAINTAINER, wrap } from './product.mjs';

/**
 * @param changes - CHANGELOG.md; its first section is what is new in this version.
 * @param time - of the release, in seconds.
 */
export function changelog(changes, version, time) {
  const [, section = ''] = changes.split(/^## .*$/m);
  const date = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  const body = section
    .trim()
    .split(/\n(?=- )|\n\n/)
    .map(entry)
    .join('');
  return `eyaml (${version}) unstable; urgency=medium\n${body}\n -- ${MAINTAINER}  ${date}\n`;
}

function entry(text) {
  const isItem = text.startsWith('- ');
  const [first, ...rest] = wrap(text.replace(/^- |:$/g, ''), 74);
  if (!isItem) return `\n  [ ${[first, ...rest].join(' ')} ]\n`;
  return [`  * ${first}\n`, ...rest.map((line) => `    ${line}\n`)].join('');
}
