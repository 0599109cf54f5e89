import type { Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import { createPatientOpener } from '../patient-opener.js';
import { acceptFindings, readExceptions, type Exception } from './accepted.js';
import type { Finding } from './finding.js';
import { findPeople, LIST_READERS, type Person } from './people.js';
import { createPlaintexts } from './plaintexts.js';
import { rowsFor } from './rows.js';
import type { Secret } from './secrets.js';
import { findingOf, judgeRows } from './states.js';
import type { Where } from './today.js';
import { walk, type WalkOptions } from './walk.js';

/** Whose exposure is looked for, and where. */
export interface ExposureOptions extends WalkOptions {
  /** Fingerprints, key IDs, addresses or names. */
  readonly people: readonly string[];
  /** Files and folders from the top folder, which need not exist any more; the empty name is the top folder itself. */
  readonly paths: readonly string[];
  /** Whether plaintexts are compared, which needs the user's own key. */
  readonly states: boolean;
  /** Is told of an error that keeps all values from being opened. */
  readonly onRefused: (error: EyamlError) => void;
}

/** What people could read. */
export interface Exposure {
  readonly people: readonly Person[];
  readonly findings: readonly Finding[];
  /** What makes the result incomplete. */
  readonly gaps: readonly string[];
  /** How many values of today name no OpenPGP reader, such as those of PKCS7: nobody can tell who could read them. */
  readonly silent: number;
  /** How many values of today could not be decrypted: a secret may have moved to one of them. */
  readonly closed: number;
  /** Exceptions that no longer hold. */
  readonly lapsed: readonly Exception[];
}

/**
 * Finds the secrets that people could ever read, and what became of them.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` if a name stands for nobody, or no value was ever encrypted for them; as {@link walk} and {@link readExceptions} do.
 */
export async function findExposure(options: ExposureOptions, context: Context): Promise<Exposure> {
  const { top, paths, states } = options;
  const people = await findPeople(options.people, top, context);
  const exceptions = await readExceptions(top);
  const { secrets, today, merges, gaps } = await walk(options, context);
  const isWanted = wantedIn(secrets.all(), paths);
  const counts = isReadIn(options);
  const all = rowsFor(people, secrets.all(), today, counts);
  refuseStrangers(people, new Set(all.flatMap((row) => row.people)));
  const rows = all.filter(({ secret }) => isWanted(secret.files));
  const plaintexts = createPlaintexts(createPatientOpener(context, options.onRefused), top, options.onStep);
  const judged = states ? await judgeRows(rows, today, plaintexts, merges) : rows.map(findingOf);
  const { findings, lapsed } = acceptFindings(judged, exceptions);
  const closed = states ? today.places().filter(({ values }) => values.some(plaintexts.faultOf)).length : 0;
  const silent = secrets.all().filter(({ files, events }) => isWanted(files) && events.some(isSilent)).length;
  return { people, findings: findings.toSorted(byPlace), gaps, silent, closed, lapsed };
}

/**
 * Which files count, by all names that each had.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND` if there never was a value at one of the paths.
 */
export function wantedIn(secrets: readonly Secret[], paths: readonly string[]): (files: Iterable<string>) => boolean {
  const isIn = (file: string, path: string) => path === '' || file === path || file.startsWith(`${path}/`);
  for (const path of paths) {
    const isThere = secrets.some(({ files }) => [...files].some((file) => isIn(file, path)));
    if (!isThere && path !== '')
      throw new EyamlError('FILE_NOT_FOUND', `there never was an encrypted value in ${path}`);
  }
  return (files) => [...files].some((file) => paths.some((path) => isIn(file, path)));
}

/** Which values of today count as read though no commit that was read has them: those that the history of all branches must have had. */
function isReadIn({ git, revisions }: WalkOptions): (where: Where) => boolean {
  if (git === undefined) return () => true;
  return ({ kind }) => revisions === undefined && kind !== 'work tree';
}

function refuseStrangers(people: readonly Person[], found: ReadonlySet<Person>): void {
  const strangers = people.filter((person) => !found.has(person));
  if (strangers.length === 0) return;
  throw new EyamlError(
    'RECIPIENTS_INVALID',
    `no value was ever encrypted for ${strangers.map(({ spec }) => spec).join(', ')}`,
    {
      suggestions: [LIST_READERS],
    },
  );
}

function isSilent({ values }: Secret['events'][number]): boolean {
  return values.some(({ tag }) => tag !== 'GPG');
}

const ORDER = ['exposed', 'unknown', 'accepted', 'rotated', 'removed', undefined];

function byPlace(one: Finding, other: Finding): number {
  const states = ORDER.indexOf(one.state) - ORDER.indexOf(other.state);
  if (states !== 0) return states;
  const [a, b] = [one, other].map(({ file, key }) => `${file}\0${key ?? ''}`);
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
}
