// The licences of all packages whose code is in the bundle.
import { readdir, readFile } from 'node:fs/promises';

const OURS = 'hiera-eyaml-gpg';
const RULE = `\n${'-'.repeat(80)}\n\n`;

/**
 * @param files - the files that were bundled, relative to the current folder.
 * @returns the text of NOTICE.
 */
export async function notices(files) {
  const texts = await Promise.all(foldersOf(files).map(noticeOf));
  const head = `The command ${OURS} is made of its own code (LICENSE) and that of the packages below, each under its own licence.\n`;
  return [head, ...new Set(texts)].join(RULE);
}

/** @returns what a NOTICE names with a version, each with its licence as npm calls it, and the text of that. */
export function noticesIn(notice) {
  return notice.split(RULE).flatMap((part) => {
    const found = /^(?<name>\S+) \S+: (?<license>.*)\n/.exec(part);
    return found ? [{ ...found.groups, text: part.slice(part.indexOf('\n\n')).trim() }] : [];
  });
}

/** The packages of the files that were bundled, each with its version. */
export async function packagesOf(files) {
  const all = foldersOf(files).map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    return `${name}@${version}`;
  });
  return [...new Set(await Promise.all(all))].sort();
}

function foldersOf(files) {
  return [...new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))].sort();
}

async function noticeOf(folder) {
  const { name, version, license, homepage } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e|^copying/i.test(entry));
  const text = file === undefined ? '' : `\n${await readFile(`${folder}/${file}`, 'utf8')}`;
  return `${name} ${version}: ${license}${homepage ? `\n${homepage}` : ''}\n${text}`;
}
