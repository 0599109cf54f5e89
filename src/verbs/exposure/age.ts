import type { Context } from '../../context/context.js';
import type { EyamlError } from '../../errors.js';
import { createPatientOpener } from '../patient-opener.js';
import { wantedIn } from './exposure.js';
import { createPlaintexts, type Plaintexts } from './plaintexts.js';
import { pointOf, type Point } from './rows.js';
import type { Event } from './secrets.js';
import type { Place } from './today.js';
import { walk, type WalkOptions } from './walk.js';

/** How long a secret has had its plaintext. */
export interface Age {
  /** From the top folder. */
  readonly file: string;
  readonly key: string | null;
  /** The commit that put it there; undefined if it is not committed, or older than what was read. */
  readonly since: Point | undefined;
  /** In whole days; undefined if it is not known. */
  readonly days: number | undefined;
  /** Why it may be older than that: its plaintext, or what was there before, cannot be decrypted. */
  readonly why: string | undefined;
}

/** What is looked at. */
export interface AgeOptions extends WalkOptions {
  readonly paths: readonly string[];
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly onRefused: (error: EyamlError) => void;
}

/**
 * Finds how long each secret that is checked out has had its plaintext, however often it was encrypted again; the oldest first.
 *
 * @throws `EyamlError` as {@link walk} does.
 */
export async function findAges(
  options: AgeOptions,
  context: Context,
): Promise<{ readonly ages: readonly Age[]; readonly gaps: readonly string[] }> {
  const { secrets, today, gaps } = await walk(options, context);
  const isWanted = wantedIn(secrets.all(), options.paths);
  const places = today
    .places()
    .filter(({ secret, where }) => isWanted(secret.files) && where.some(({ kind }) => kind !== 'branch'));
  const plaintexts = createPlaintexts(createPatientOpener(context, options.onRefused), options.top, options.onStep);
  await plaintexts.open(places.flatMap(({ values }) => values));
  const ages = await Promise.all(places.map((place) => ageOf(place, plaintexts, options.now)));
  return { ages: ages.toSorted((one, other) => (other.days ?? UNKNOWN) - (one.days ?? UNKNOWN)), gaps };
}

const DAY = 86_400_000;
// Older than all that is known.
const UNKNOWN = Number.MAX_SAFE_INTEGER;

async function ageOf({ file, key, values, secret }: Place, plaintexts: Plaintexts, now: number): Promise<Age> {
  const kept = new Set(values.map(plaintexts.samenessOf));
  let since: Event | undefined;
  let why = values.map(plaintexts.faultOf).find(Boolean);
  for (const event of secret.events.toReversed()) {
    await plaintexts.open(event.values);
    const isSame = event.values.some((value) => kept.has(plaintexts.samenessOf(value)));
    if (isSame) since = event;
    else if (since) {
      why ??= event.values.map(plaintexts.faultOf).find(Boolean);
      break;
    }
  }
  const point = pointOf(since?.commit);
  const days = point && daysSince(point.date, now);
  if (point && days === undefined) why ??= 'the date of its commit is not known';
  return { file, key, since: point, days, why };
}

function daysSince(date: string, now: number): number | undefined {
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor((now - time) / DAY);
}
