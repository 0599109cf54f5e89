import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { isProgram } from '../../files/program.js';
import { LIMITS, readLimited } from '../../files/read.js';
import { terminalName, type Gpg } from '../../keys/gnupg/gpg.js';
import type { OwnSubkey } from '../../keys/keystore.js';
import type { Checkup } from './checkup.js';
import { listText, reporterOf, type DoctorFinding } from './finding.js';
import { installCommand } from './install.js';

// In milliseconds.
const LIMIT = 5000;
const SET_TTY = 'export GPG_TTY=$(tty)';

const { ok, warning, problem } = reporterOf('pinentry');

/** Whether a passphrase can be asked for when a key needs one. None is asked for here. */
export async function checkPinentry(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { gpg, environment, own, config, context } = checkup;
  if (gpg === undefined) return [];
  const keys = await own().catch(() => []);
  const locked = await lockedAmong(keys, checkup);
  const { passphraseFile, passphraseVariable } = config.keyfiles;
  const isGiven = passphraseFile !== undefined || passphraseVariable !== undefined;
  const inGnupg = locked.filter(
    ({ primaryFingerprint }) => context.keystore.hints(primaryFingerprint).place === 'GnuPG',
  );
  // What is wrong matters only where a key waits for its passphrase.
  const fault = inGnupg.length > 0 && !isGiven ? problem : (message: string) => ok(`${message}; no key needs it now`);
  return [
    ...(await programFindings(gpg, environment, fault)),
    ...(await terminalFindings(environment, fault)),
    ok(
      locked.length === 0
        ? 'no key of yours needs a passphrase now'
        : `your keys that need a passphrase: ${listText(locked.map(({ userId }) => userId))}`,
    ),
  ];
}

type Fault = (message: string, command: string) => DoctorFinding;

async function lockedAmong(
  keys: readonly OwnSubkey[],
  { context: { keystore } }: Checkup,
): Promise<readonly OwnSubkey[]> {
  const asks = await Promise.all(keys.map((key) => keystore.needsInteraction(key).catch(() => false)));
  return keys.filter((_, i) => asks[i]);
}

async function programFindings(
  gpg: Gpg,
  environment: NodeJS.ProcessEnv,
  fault: Fault,
): Promise<readonly DoctorFinding[]> {
  const program = await pinentryOf(gpg);
  if (program === undefined) return [];
  return [
    isProgram(program)
      ? ok(`the pinentry is ${program}`)
      : fault(`there is no pinentry: ${program} cannot be run`, installCommand('pinentry', environment)),
  ];
}

/** The pinentry that gpg-agent.conf names, which gpgconf does not tell, else GnuPG's own. */
async function pinentryOf(gpg: Gpg): Promise<string | undefined> {
  const home = (await gpg.place('homedir')).stdout.toString().trim();
  const conf = await readLimited(path.join(home, 'gpg-agent.conf'), { limit: LIMITS.configuration });
  const text = 'octets' in conf ? conf.octets.toString() : '';
  const named = Array.from(text.matchAll(/^[ \t]*pinentry-program[ \t]+"?([^"\n]*[^"\s])/gm), ([, file]) => file).at(
    -1,
  );
  if (named !== undefined) return named;
  const { stdout } = await gpg.conf(['--list-components'], LIMIT);
  // The name, a description, and the program with percent escapes.
  const program = /^pinentry:[^:\n]*:([^:\n]+)/m.exec(stdout.toString())?.[1];
  return program?.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

async function terminalFindings(environment: NodeJS.ProcessEnv, fault: Fault): Promise<readonly DoctorFinding[]> {
  const { GPG_TTY, DISPLAY, WAYLAND_DISPLAY } = environment;
  const terminal = terminalName(environment);
  if (terminal === undefined)
    return DISPLAY || WAYLAND_DISPLAY
      ? [ok('there is no terminal; a pinentry with a window can ask')]
      : [fault('there is no terminal where a pinentry could ask', 'eyaml doctor --gpg-passphrase-file FILE')];
  const isTerminal = await stat(terminal).then(
    (status) => status.isCharacterDevice(),
    () => false,
  );
  if (!isTerminal) return [fault(`GPG_TTY names ${terminal}, which is not a terminal`, SET_TTY)];
  const mayUse = await access(terminal, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  // After su the terminal still belongs to the user before.
  if (!mayUse)
    return [fault(`the terminal ${terminal} is another user's: no pinentry can ask there`, 'script /dev/null')];
  const own = terminalName({ ...environment, GPG_TTY: undefined });
  if (GPG_TTY && own !== undefined && own !== GPG_TTY)
    return [warning(`GPG_TTY names ${GPG_TTY}, but this terminal is ${own}: a pinentry would ask there`, SET_TTY)];
  return [ok(`a pinentry asks at ${terminal}`)];
}
