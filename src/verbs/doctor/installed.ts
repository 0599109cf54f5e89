import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { isProgram } from '../../files/program.js';
import { LIMITS, readLimited } from '../../files/read.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';

/** Where the packages of Puppet and OpenVox are. */
export const PUPPET_FOLDER = '/opt/puppetlabs';

// Editor extensions and servers look into these before PATH, or beside it.
const PLACES = [
  ...['bin', 'bolt/bin', 'puppet/bin', 'server/bin'],
  ...['server/data/puppetserver/jruby-gems/bin', 'server/data/puppetserver/vendored-jruby-gems/bin'],
];

const { ok, warning } = reporterOf('eyaml');

/** Every `eyaml` on PATH and in Puppet's folders, and which one a shell starts. None of them is run. */
export async function checkInstalled(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { environment, program, puppetFolder = PUPPET_FOLDER } = checkup;
  const onPath = await programsIn(
    (environment.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder)),
  );
  const known = new Set(onPath.map(({ real }) => real));
  const inPuppet = (await programsIn(PLACES.map((place) => path.join(puppetFolder, place)))).filter(
    ({ real }) => !known.has(real),
  );
  const own = await realpath(program).catch(() => program);
  const kinds = await Promise.all(onPath.map((found) => kindOf(found, own)));
  const [first] = onPath;
  const others = onPath.map(({ file }, i) => ok(`${file} is ${kinds[i] ?? ''}${i === 0 ? ', the first on PATH' : ''}`));
  const inFolders = await Promise.all(
    inPuppet.map(async (found) => ok(`${found.file} is ${await kindOf(found, own)}; it is not on PATH`)),
  );
  if (first === undefined) return [ok(`this eyaml is ${program}; there is none on PATH`), ...inFolders];
  if (kinds[0] === THIS) return [...others, ...inFolders];
  const message = `a shell starts ${first.file}, ${kinds[0] ?? ''}; this one is ${program}`;
  return [warning(message, 'type -a eyaml'), ...others.slice(1), ...inFolders];
}

const THIS = 'this program';

interface Found {
  readonly file: string;
  readonly real: string;
}

/** The programs in folders, each once. */
async function programsIn(folders: readonly string[]): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  for (const folder of folders) {
    const file = path.join(folder, 'eyaml');
    if (!isProgram(file)) continue;
    const real = await realpath(file);
    if (!found.has(real)) found.set(real, { file, real });
  }
  return [...found.values()];
}

async function kindOf({ real }: Found, own: string): Promise<string> {
  if (real === own) return THIS;
  const read = await readLimited(real, { limit: LIMITS.configuration });
  const text = 'octets' in read ? read.octets.toString('latin1') : '';
  // A wrapper, as shells and package managers have them.
  if (text.startsWith('#!') && text.includes(own)) return THIS;
  const [line = ''] = text.split('\n', 1);
  if (/^#!.*ruby/.test(line)) return 'the Ruby eyaml';
  return /^#!.*node/.test(line) ? 'an eyaml on Node.js' : 'another program';
}
