import type * as openpgp from 'openpgp';

/** What openpgp.js exports. */
export type Library = typeof openpgp;

let loading: Promise<Library> | undefined;

/**
 * Loads openpgp.js, once. That takes longer than most commands, so only who meets what the modules here do not read themselves loads it:
 * rare forms of messages and keys, and new keys to be made.
 */
export function loadLibrary(): Promise<Library> {
  return (loading ??= import('openpgp'));
}
