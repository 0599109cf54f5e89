import type { Methods } from '../../context/methods.js';
import type { EyamlError } from '../../errors.js';
import { createPatientOpener } from '../patient-opener.js';
import type { Difference } from './compare.js';
import type { Part, Slot } from './version.js';

/** What a commit did with the values at a key. */
export interface Judged {
  /** `reencrypted`: the plaintext stayed; `unknown`: it was encrypted again, or changed. */
  readonly kind: 'added' | 'removed' | 'changed' | 'reencrypted' | 'unknown';
  /** The plaintexts before and after, where they are asked for and could be opened. */
  readonly old?: Buffer | undefined;
  readonly new?: Buffer | undefined;
}

/** Which values are decrypted: none, those that tell a change from a re-encryption, or all. */
export type Opens = 'none' | 'compared' | 'all';

/**
 * Makes the judgement of differences. Each distinct ciphertext is opened once; after an error that is not about one value, such as a
 * passphrase that was refused, none any more.
 *
 * @param onRefused - is told of that error.
 */
export function createJudge(methods: Methods, file: string, opens: Opens, onRefused: (error: EyamlError) => void) {
  const openValue = createPatientOpener(methods, onRefused);
  const openPart = async (part: Part) => {
    if (typeof part === 'string') return Buffer.from(part);
    const opened = await openValue(part, file);
    return 'plaintext' in opened ? opened.plaintext : undefined;
  };
  const open = async (slot: Slot | undefined): Promise<Buffer | undefined> => {
    if (slot === undefined) return undefined;
    const parts = await Promise.all(slot.parts.map(async (part) => openPart(part)));
    return parts.every((part) => part !== undefined) ? Buffer.concat(parts) : undefined;
  };
  const shown = async (slot: Slot | undefined) => (opens === 'all' ? open(slot) : undefined);
  return async ({ key, before, after }: Difference): Promise<Judged> => {
    const [first] = before;
    if (after === undefined || first === undefined) {
      return { kind: after ? 'added' : 'removed', old: await shown(first), new: await shown(after) };
    }
    // Without a key, what stands in the same place need not be the same value.
    if (key === null || opens === 'none') return { kind: 'unknown', old: await shown(first), new: await shown(after) };
    const [now, ...old] = await Promise.all([after, ...before].map(open));
    const isKnown = now !== undefined && old.every((one) => one !== undefined);
    const isSame = now !== undefined && old.some((one) => one?.equals(now));
    const kind = isSame ? 'reencrypted' : isKnown ? 'changed' : 'unknown';
    return { kind, ...(opens === 'all' && { old: old[0], new: now }) };
  };
}
