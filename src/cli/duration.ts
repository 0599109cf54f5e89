import { EyamlError } from '../errors.js';

const DAY = 86_400;
const SECONDS: ReadonlyMap<string, number> = new Map([
  ['d', DAY],
  ['w', 7 * DAY],
  ['m', 30 * DAY],
  ['y', 365 * DAY],
]);

// GnuPG counts the seconds since 1970 in 32 bits, which end in 2106: a key that expires later would be expired at once.
const LONGEST = 50 * 365 * DAY;

/**
 * Reads a time as GnuPG writes it: `90d`, `4w`, `18m`, `2y`; `never` is undefined.
 *
 * @returns seconds.
 * @throws {@link EyamlError} `USAGE`.
 */
export function durationOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'never' || text === '0') return undefined;
  const [, number = '', unit = ''] = /^(\d{1,4})([dwmy])$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS.get(unit) ?? 0);
  if (seconds > LONGEST) throw new EyamlError('USAGE', `"${text}" is too long: 50y at most, or never`);
  if (seconds > 0) return seconds;
  throw new EyamlError('USAGE', `"${text}" is not a valid time: write 90d, 4w, 18m, 2y or never`);
}
