import type { Change, Commit } from '../../git/history.js';
import { isSame, NOTHING, type Contents, type Value } from './values.js';

/** The commit that put values at a key, or took them away. */
export interface Event {
  /** Undefined: it is older than the commits that were read, or not committed. */
  readonly commit: Commit | undefined;
  /** Its number, the oldest first. */
  readonly order: number;
  /** What has stood there since; none if the key is gone. */
  readonly values: readonly Value[];
}

/** A key of a file, under all names that the file had, and what happened to its values, the oldest first. */
export interface Secret {
  /** The newest name of the file, from the top folder. */
  file: string;
  /** Every name that it had. */
  readonly files: Set<string>;
  /** Null for values without a key, such as those in comments. */
  readonly key: string | null;
  readonly events: Event[];
}

/** The secrets of a history. */
export interface Secrets {
  readonly all: () => readonly Secret[];
  /** The secret at a key of a file as it is named now. It is made if there is none. */
  readonly at: (file: string, key: string) => Secret;
  /** Takes in a commit; the parents of a commit come first. */
  readonly add: (commit: Commit, contentsOf: (object: string) => Contents | undefined) => void;
}

/** Collects the secrets of a history. A file that is renamed keeps them; a new file in its old place has its own. */
export function createSecrets(): Secrets {
  const files = createFiles();
  const all: Secret[] = [];
  let order = 0;
  const secretAt = (file: string, key: string): Secret => {
    const keys = files.keysOf(file);
    const found = keys.get(key);
    if (found) return found;
    const secret = { file, files: new Set([file]), key: key || null, events: [] };
    keys.set(key, secret);
    all.push(secret);
    return secret;
  };
  const addChange = (change: Change, commit: Commit, contentsOf: (object: string) => Contents | undefined): void => {
    const { path, before, otherBefore = [], after } = change;
    files.move(change);
    const [now = NOTHING, ...old] = [after, before, ...otherBefore].map(
      (object) => (object === undefined ? undefined : contentsOf(object)) ?? NOTHING,
    );
    for (const key of new Set([...old, now].flatMap((contents) => [...contents.keys()]))) {
      const values = now.get(key) ?? [];
      if (old.some((contents) => isSame(contents.get(key) ?? [], values))) continue;
      const secret = secretAt(path, key);
      secret.file = path;
      secret.files.add(path);
      const earlier = old[0]?.get(key);
      // What was there before the first commit that was read.
      if (secret.events.length === 0 && earlier) secret.events.push({ commit: undefined, order: 0, values: earlier });
      secret.events.push({ commit, order, values });
    }
  };
  return {
    all: () => all,
    at: secretAt,
    add: (commit, contentsOf) => {
      order += 1;
      for (const change of commit.changes) addChange(change, commit, contentsOf);
    },
  };
}

type Keys = Map<string, Secret>;

function createFiles() {
  const byPath = new Map<string, Keys>();
  const left = new Set<string>();
  const keysOf = (file: string): Keys => {
    const keys = byPath.get(file) ?? new Map<string, Secret>();
    byPath.set(file, keys);
    return keys;
  };
  const move = ({ path, oldPath, before, otherBefore = [] }: Change): void => {
    const isNew = [before, ...otherBefore].every((object) => object === undefined);
    if (oldPath !== undefined) {
      const keys = keysOf(oldPath);
      byPath.set(path, keys);
      // Other branches may still have it there.
      left.add(oldPath);
      left.delete(path);
      for (const secret of keys.values()) {
        secret.file = path;
        secret.files.add(path);
      }
    } else if (isNew && left.delete(path)) byPath.delete(path);
  };
  return { keysOf, move };
}
