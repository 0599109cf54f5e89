import { RULES, type Rule } from '../errors.js';
import { parseFingerprint, type Fingerprint } from '../openpgp/identifiers.js';
import { nearest } from '../text/nearest.js';

/** The problem with the text of a setting: `fault` follows the name of the option or setting and does not repeat the text. */
export interface Refused {
  readonly fault: string;
  readonly suggestions?: readonly string[];
}

/** A type of setting, the same on the command line and in files: how its text is read, and which values it may have. */
export interface Kind<T> {
  readonly read: (text: string) => { readonly value: T } | Refused;
}

/** Any text. */
export const TEXT: Kind<string> = { read: (text) => ({ value: text }) };

/** A list of texts between commas; blanks around them and empty ones are dropped. */
export const LIST: Kind<readonly string[]> = { read: (text) => ({ value: wordsOf(text) }) };

/** Full fingerprints of OpenPGP keys between commas; blanks in them do not matter. Anything shorter can be forged, or means another key tomorrow. */
export const FINGERPRINTS: Kind<readonly Fingerprint[]> = {
  read: (text) => {
    const found = wordsOf(text).map(parseFingerprint);
    const value = found.filter((fingerprint) => fingerprint !== undefined);
    const isWhole = value.length > 0 && value.length === found.length;
    return isWhole ? { value } : { fault: ' must be full fingerprints of 40 digits, separated by commas' };
  },
};

/** A whole number within limits. */
export function wholeNumber({ min, max, of }: { min: number; max?: number; of?: string }): Kind<number> {
  const noun = of === undefined ? 'a whole number' : `a whole number of ${of}`;
  const fault = ` must be ${max === undefined ? `${noun}, ${min} or more` : `${noun} from ${min} to ${max}`}`;
  return {
    read: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= (max ?? Infinity) ? { value } : { fault };
    },
  };
}

/** Seconds, or `never`. */
export type Duration = number | 'never';

const DAY = 86_400;
const SECONDS: ReadonlyMap<string, number> = new Map([
  ['d', DAY],
  ['w', 7 * DAY],
  ['m', 30 * DAY],
  ['y', 365 * DAY],
]);
// GnuPG counts the seconds since 1970 in 32 bits, which end in 2106: a key that expires later would be expired at once.
const LONGEST = 50 * 365 * DAY;

/** A time as GnuPG writes it: `90d`, `4w`, `18m`, `2y`, `never`. */
export const DURATION: Kind<Duration> = {
  read: (text) => {
    if (text === 'never' || text === '0') return { value: 'never' };
    const [, number = '', unit = ''] = /^(\d{1,4})([dwmy])$/.exec(text) ?? [];
    const value = Number(number) * (SECONDS.get(unit) ?? 0);
    if (value > LONGEST) return { fault: ' is too long: 50y at most, or never' };
    return value > 0 ? { value } : { fault: ' must be a time: 90d, 4w, 18m, 2y or never' };
  },
};

/** The digest that signs a certificate, in the spellings that OpenSSL accepts. */
export const DIGEST: Kind<string> = {
  read: (text) =>
    /^sha-?(?:256|384|512)$/i.test(text) ? { value: text } : { fault: ' must be one of SHA256, SHA384, SHA512' },
};

/** Rules of `check` between commas. An unknown one is an error: a typing mistake would silently turn off nothing, or another rule. */
export const RULE_LIST: Kind<readonly Rule[]> = {
  read: (text) => {
    const words = wordsOf(text);
    const isRule = (word: string): word is Rule => RULES.some((rule) => rule === word);
    const wrong = words.find((word) => !isRule(word));
    if (wrong === undefined) return { value: words.filter(isRule) };
    const meant = nearest(wrong, RULES);
    // Text that does not look like a rule may be a secret in the wrong place.
    const which = /^[a-z]+(?:-[a-z]+)*$/.test(wrong) ? `no rule ${wrong}` : 'no such rule';
    const suggestions = [...(meant ? [`did you mean ${meant}?`] : []), 'docs/check.md lists the rules'];
    return { fault: `: there is ${which}`, suggestions };
  },
};

function wordsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}
