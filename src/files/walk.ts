import { readdirSync } from 'node:fs';
import path from 'node:path';

const NEVER: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/** A folder, and the names of what it holds. */
export interface FolderNames {
  readonly folder: string;
  readonly names: readonly string[];
}

/**
 * The folders of a tree, its top first. Links are not followed, and folders that cannot be listed are left out, with all below them; so
 * are `.git` and `node_modules`.
 */
export function* walkFolders(top: string): Generator<FolderNames> {
  const open = [top];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const entries = entriesOf(folder);
    yield { folder, names: entries.map(({ name }) => name) };
    for (const entry of entries) {
      if (entry.isDirectory() && !NEVER.has(entry.name)) open.push(path.join(folder, entry.name));
    }
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
