import { digestOf } from '../../files/durable.js';
import type { Person } from './people.js';
import type { Point } from './rows.js';
import type { Place } from './today.js';
import type { Value } from './values.js';

/**
 * What became of a secret: `exposed`, it is still in use; `rotated`, another plaintext stands at its key; `removed`, its key is gone; `unknown`, values cannot
 * be compared; `accepted`, it is one of the first two, and somebody has written down why that is all right.
 */
export type State = 'exposed' | 'unknown' | 'accepted' | 'rotated' | 'removed';

/** A secret that people could read. */
export interface Finding {
  /** Undefined if values were not compared. */
  readonly state: State | undefined;
  /** Why it is unknown or accepted. */
  readonly why?: string | undefined;
  /** From the top folder. */
  readonly file: string;
  readonly key: string | null;
  /** Who could read it; nobody is certain where the recipients were hidden. */
  readonly people: readonly Person[];
  /** Where it is today; of a secret that was rotated, what took its place. */
  readonly places: readonly Place[];
  /** The first and last commit that wrote a value which they could read. Undefined if it was not read, or there is none. */
  readonly first: Point | undefined;
  readonly last: Point | undefined;
  /** The commit that put another plaintext in its place, or removed it. */
  readonly ended?: Point | undefined;
  /** Who changed it last. */
  readonly changedBy: string | undefined;
  /** SHA-256 of the newest ciphertext that they could read. */
  readonly digest: string;
  /** How many older values could not be opened, and so were not compared with those of today. */
  readonly uncompared: number;
}

/** Where an exception for a finding would have to be: each place, or the key that is gone, with the digest of its ciphertext. */
export function marksOf({ file, key, places, digest }: Finding) {
  if (places.length === 0) return [{ file, key, digest }];
  return places.map(({ file, key, values }) => ({ file, key, digest: digestOfValues(values) }));
}

/** SHA-256 of the ciphertexts at one place, one after the other. */
export function digestOfValues(values: readonly Value[]): string {
  const [only, ...others] = values;
  return only && others.length === 0
    ? only.digest
    : digestOf(Buffer.concat(values.map(({ ciphertext }) => ciphertext)));
}

/** Whether somebody has to do something about a finding. */
export function isOpen({ state }: Finding): boolean {
  return state === 'exposed' || state === 'unknown';
}
