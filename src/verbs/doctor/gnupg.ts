import { stat } from 'node:fs/promises';
import path from 'node:path';
import { LIMITS, readLimited } from '../../files/read.js';
import { shownArgument } from '../../files/shown.js';
import type { Gpg } from '../../keys/gnupg/gpg.js';
import { homeFault } from '../../keys/gnupg/home.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';
import { installCommand } from './install.js';
import { fileIn } from './target.js';

// In milliseconds; a gpg that only says its version asks no other program.
const LIMIT = 5000;
const OPEN_TO_OTHERS = 0o077;

const { ok, warning, problem, error } = reporterOf('gpg');

/** Which gpg there is, and whether its home can be used. */
export async function checkGnupg(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { gpg, environment } = checkup;
  if (gpg === undefined) return [await withoutGpg(checkup)];
  const { stdout, exitCode, lastWords } = await gpg.run(['--version'], undefined, { limit: LIMIT });
  if (exitCode !== 0) return [problem(`gpg does not run: ${lastWords || 'it says nothing'}`, 'gpg --version')];
  const version = versionIn(stdout.toString());
  if (version === undefined) return [problem('the gpg on PATH is not GnuPG 2', 'gpg --version')];
  return [flavour(version, environment), ...(await checkHome(gpg, version))];
}

/** What a gpg says about itself. */
interface Version {
  readonly isSequoia: boolean;
  readonly major: number;
  readonly minor: number;
  readonly text: string;
}

function versionIn(output: string): Version | undefined {
  const [, name = '', text = ''] = /^gpg \(([^)]*)\) (\d+\.\d+[\w.-]*)/.exec(output) ?? [];
  const [major = NaN, minor = NaN] = text.split('.').map(Number);
  return text === '' ? undefined : { isSequoia: /sequoia/i.test(name), major, minor, text };
}

function flavour({ isSequoia, major, minor, text }: Version, environment: NodeJS.ProcessEnv): DoctorFinding {
  if (isSequoia) return ok(`gpg-sq, Sequoia's replacement for gpg, as GnuPG ${text}`);
  if (major < 2)
    return problem(`GnuPG ${text} is too old: 2.2 or newer is needed`, installCommand('gnupg', environment));
  if (major === 2 && minor < 2)
    return warning(`GnuPG ${text} is old and not supported: use 2.2 or newer`, installCommand('gnupg', environment));
  const isLibrePgp = major > 2 || minor > 4;
  return ok(`GnuPG ${text}${isLibrePgp ? '; keys that it makes may be of a kind that GnuPG 2.2 cannot read' : ''}`);
}

async function checkHome(gpg: Gpg, { isSequoia, major, minor }: Version): Promise<readonly DoctorFinding[]> {
  const fault = await homeFault(gpg);
  const { stdout } = await gpg.place('homedir');
  const home = gpg.home ?? (stdout.toString().trim() || gpg.defaultHome);
  if (home === undefined) return [];
  const shown = shownArgument(home);
  if (fault) return [error(fault, `ls -ld ${shown}`)];
  const status = await stat(home).catch(() => undefined);
  if (status === undefined) return [ok(`there is no GnuPG home at ${home} yet`)];
  const findings = [ok(`the GnuPG home is ${home}`)];
  if (process.platform !== 'win32' && status.uid !== process.geteuid?.())
    findings.push(warning(`the GnuPG home ${home} belongs to another user`, `ls -ld ${shown}`));
  else if (process.platform !== 'win32' && (status.mode & OPEN_TO_OTHERS) !== 0)
    findings.push(warning(`other users may look into the GnuPG home ${home}`, `chmod 700 ${shown}`));
  const knowsKeyboxd = !isSequoia && (major > 2 || minor > 2);
  if (await usesKeyboxd(home))
    findings.push(
      knowsKeyboxd
        ? ok('public keys are kept by keyboxd')
        : warning('public keys are kept by keyboxd, which this gpg does not know', 'type -a gpg'),
    );
  return findings;
}

// GnuPG manual, "keyboxd": a line of common.conf turns it on.
async function usesKeyboxd(home: string): Promise<boolean> {
  const read = await readLimited(path.join(home, 'common.conf'), { limit: LIMITS.configuration });
  return 'octets' in read && /^\s*use-keyboxd\s*$/m.test(read.octets.toString());
}

async function withoutGpg({ own, environment, files, recipientsFor, target }: Checkup): Promise<DoctorFinding> {
  const keys = await own().catch(() => []);
  if (keys.length > 0) return ok('there is no gpg on PATH; your keys are in files');
  const list = await recipientsFor(await fileIn(target)).catch(() => undefined);
  const scanned = await files().catch(() => []);
  const isNeeded = list !== undefined || scanned.some(({ values }) => values.some(({ tag }) => tag === 'GPG'));
  return isNeeded
    ? problem('there is no gpg on PATH, and no file with a key of yours is named', installCommand('gnupg', environment))
    : ok('there is no gpg on PATH, and nothing here needs it');
}
