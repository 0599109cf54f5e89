import type { Context } from '../../context/context.js';
import { asEyamlError } from '../../errors.js';
import { createGpg, isGpgThere } from '../../keys/gnupg/gpg.js';
import type { RecipientList } from '../../recipients/file.js';
import { resolve } from '../../recipients/resolve.js';
import { listId } from '../../recipients/source.js';
import { checkAgent } from './agent.js';
import type { Check, Checkup, DoctorOptions } from './checkup.js';
import { commandIn, reporterOf, type DoctorFinding, type Topic } from './finding.js';
import { checkGit } from './git.js';
import { checkGnupg } from './gnupg.js';
import { findHieraFile } from './hiera-file.js';
import { checkHiera } from './hiera.js';
import { checkInstalled } from './installed.js';
import { checkKeys } from './keys.js';
import { checkPinentry } from './pinentry.js';
import { checkRecipients } from './recipients.js';
import { scanTarget } from './scan.js';
import { isPuppet } from './server.js';
import { checkTemporaryFolder } from './temporary.js';
import { checkValues } from './values.js';
import { within } from './within.js';

// In the order of the report.
const CHECKS: readonly Check[] = [
  { about: 'eyaml', run: checkInstalled, command: 'type -a eyaml' },
  { about: 'temporary folder', run: checkTemporaryFolder, command: 'df -h /tmp' },
  { about: 'gpg', run: checkGnupg, command: 'gpg --version' },
  { about: 'gpg-agent', run: checkAgent, command: 'gpgconf --launch gpg-agent' },
  { about: 'keys', run: checkKeys, command: 'gpg --list-secret-keys' },
  { about: 'pinentry', run: checkPinentry, command: 'gpgconf --list-components' },
  { about: 'recipients', run: checkRecipients, command: 'eyaml check .' },
  { about: 'values', run: checkValues, command: 'eyaml check .' },
  { about: 'Puppet', run: checkHiera, command: 'puppet lookup --explain KEY' },
  { about: 'git', run: checkGit, command: 'eyaml git status' },
];

/** How long checks may take, in milliseconds. */
export interface Patience {
  readonly forOne: number;
  readonly forAll: number;
}

const PATIENCE: Patience = { forOne: 10_000, forAll: 30_000 };

/**
 * Looks at all that eyaml works with. It never throws, starts no pinentry, decrypts nothing and runs nothing of a repository; a check
 * that fails or takes too long is a finding.
 */
export async function doctor(options: DoctorOptions, patience = PATIENCE): Promise<readonly DoctorFinding[]> {
  const checkup = createCheckup(options);
  const end = Date.now() + patience.forAll;
  const findings: DoctorFinding[] = [];
  // One after the other: two runs of gpg must not bring the trust database up to date at the same time.
  for (const check of await checksFor(options)) {
    const left = Math.min(patience.forOne, end - Date.now());
    findings.push(...(await within(left, runCheck(check, checkup), () => [tooLong(check, left)])));
    if (check.about === 'keys') findings.push(...warningFindings(checkup));
  }
  // One cause, such as a GnuPG home that is gone, is told where it is found first.
  const told = findings.map(({ message }) => message);
  return findings.filter(({ message }, i) => told.indexOf(message) === i);
}

// A server encrypts nothing, and reads with the keys that its hiera.yaml names.
const OF_A_PERSON: readonly Topic[] = ['keys', 'pinentry', 'recipients', 'values'];

async function checksFor({ userName, target }: DoctorOptions): Promise<readonly Check[]> {
  const isServer = isPuppet(userName) && (await findHieraFile(target).catch(() => undefined)) !== undefined;
  return isServer ? CHECKS.filter(({ about }) => !OF_A_PERSON.includes(about)) : CHECKS;
}

async function runCheck({ about, run, command }: Check, checkup: Checkup): Promise<readonly DoctorFinding[]> {
  try {
    return await run(checkup);
  } catch (error) {
    return [reporterOf(about).error(asEyamlError(error), command)];
  }
}

function tooLong({ about, command }: Check, limit: number): DoctorFinding {
  const seconds = Math.max(limit, 0) / 1000;
  return reporterOf(about).warning(`this check did not end within ${seconds} s`, command);
}

// They say what they are about, and often what to run.
function warningFindings({ warnings }: Checkup): readonly DoctorFinding[] {
  const { warning } = reporterOf('keys');
  return [...new Set(warnings())].map((text) => {
    const command = commandIn(text);
    const message = command !== undefined && text.endsWith(`: ${command}`) ? text.slice(0, -command.length - 2) : text;
    return warning(message, command ?? 'eyaml doctor --verbose');
  });
}

function createCheckup(options: DoctorOptions): Checkup {
  const { config, context, environment } = options;
  const { listFor: recipientsFor } = context.forOneRun().recipients;
  const own = once(() => context.keystore.ownSubkeys());
  const scan = once(() => scanTarget(options, recipientsFor));
  return {
    ...options,
    gpg: isGpgThere(environment) ? createGpg(config.gnupgHome, environment) : undefined,
    own,
    recipientsFor,
    isMine: createIsMine(context, own),
    files: async () => (await scan()) ?? [],
    isSearched: async () => (await scan()) !== undefined,
  };
}

function createIsMine({ keystore, trust }: Context, own: Checkup['own']): Checkup['isMine'] {
  const known = new Map<string, Promise<boolean>>();
  const isMine = async (list: RecipientList) => {
    const mine = new Set((await own().catch(() => [])).map(({ primaryFingerprint }) => primaryFingerprint));
    const { lines } = await resolve(list, keystore, trust);
    return lines.some(({ meant }) => meant && mine.has(meant.publicKey.primaryKey.fingerprint));
  };
  return (list) => {
    const answer = known.get(listId(list)) ?? isMine(list);
    known.set(listId(list), answer);
    return answer;
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
