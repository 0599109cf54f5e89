import pLimit from 'p-limit';
import type { Methods } from '../../context/context.js';
import type { EyamlError } from '../../errors.js';
import type { ValueToken } from '../../eyaml/token.js';
import { isAboutOneValue } from '../about-one-value.js';
import { createOpener } from '../opener.js';
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
  const openValue = createPatientOpener(methods, file, onRefused);
  const openPart = async (part: Part) => (typeof part === 'string' ? Buffer.from(part) : openValue(part));
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

/** Opens values one after the other until one opens: a question that is answered, or refused, counts for all. */
function createPatientOpener(methods: Methods, file: string, onRefused: (error: EyamlError) => void) {
  const opener = createOpener(methods.encryptors);
  const oneByOne = pLimit(1);
  const state = { isOpen: false, isRefused: false };
  const refuse = (error: EyamlError) => {
    if (!state.isRefused) onRefused(error);
    state.isRefused = true;
  };
  const open = async (value: ValueToken): Promise<Uint8Array | undefined> => {
    if (state.isRefused) return undefined;
    const opened = await opener(value, file);
    if ('plaintext' in opened) {
      state.isOpen = true;
      return opened.plaintext;
    }
    if (!isAboutOneValue(opened.error)) refuse(opened.error);
    return undefined;
  };
  return async (value: ValueToken) => {
    await oneByOne(async () => (state.isOpen ? undefined : open(value)));
    return open(value);
  };
}
