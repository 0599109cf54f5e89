// What all packages have in common: which machine they are for, the executable in them, and what they say of themselves.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { commitOfSource } from '../commit.mjs';
import { writeSbom } from './sbom.mjs';

/** The names of processors: those of Node.js, and what Debian and rpm call them. */
const ARCHITECTURES = { x64: { debian: 'amd64', rpm: 'x86_64' }, arm64: { debian: 'arm64', rpm: 'aarch64' } };

export const MAINTAINER = 'the hiera-eyaml-gpg contributors <maintainers@hiera-eyaml-gpg.invalid>';
export const SUMMARY = 'encrypted values in Hiera files, for people with GnuPG keys';
export const DESCRIPTION = [
  `The eyaml command for Puppet and OpenVox teams whose secrets are encrypted for people: values in Hiera files, readable by exactly the \
GnuPG keys that a folder's recipients file names. It reads and writes what Ruby eyaml with the hiera-eyaml-gpg plugin reads and writes, and \
takes the same options.`,
  'This package is for the people who write secrets. It brings no library for Ruby, so Puppet itself still needs its own eyaml.',
];

/**
 * Reads the options of the command line, and makes the executable if it is missing.
 *
 * @returns version and time (of the commit, in seconds) of the product, where its executable is, the licences of what is in that, and the names of
 * its architecture.
 * @throws Error with a line for people.
 */
export async function product() {
  const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });
  const names = ARCHITECTURES[values.arch];
  if (names === undefined) throw new Error(`--arch is one of ${Object.keys(ARCHITECTURES).join(', ')}`);
  const executable = `build/eyaml-linux-${values.arch}`;
  const stdio = ['ignore', 'inherit', 'inherit'];
  if (!existsSync(executable))
    execFileSync('npm', ['run', '--silent', 'package:executable', '--', '--arch', values.arch], { stdio });
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const notice = await readFile(`${executable}.NOTICE`, 'utf8');
  return { version, time: sourceDate(), executable, notice, arch: values.arch, names };
}

/** As https://reproducible-builds.org/specs/source-date-epoch/ has it; without the variable, the time of the commit. */
function sourceDate() {
  const time = process.env.SOURCE_DATE_EPOCH ?? String(commitOfSource()?.time);
  if (!/^\d+$/.test(time)) throw new Error('git knows no commit here; set SOURCE_DATE_EPOCH to seconds');
  return Number(time);
}

/**
 * Writes what a package is made of beside it, if that is known of its executable: of one with another openpgp.js it is not.
 *
 * @param arch - as Node.js calls it.
 */
export async function listParts(artefact, executable, arch) {
  if (existsSync(`${executable}.cdx.json`)) writeSbom(artefact, arch);
  else await rm(`${artefact}.cdx.json`, { force: true });
}

/** @returns text in lines of at most `width` characters, each word whole. */
export function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length <= width || lines.at(-1) === '') lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
