import path from 'node:path';
import { lstat, unlink } from 'node:fs/promises';
import { EyamlError } from '../../errors.js';
import { normalizeText } from '../../eyaml/lines.js';
import { createFolderFor } from '../../files/create.js';
import { shownPath } from '../../files/shown.js';
import { readSnapshot, replaceFile, textOf } from '../../files/snapshot.js';
import { blockIn, withBlock, withoutBlock } from '../../text/block.js';
import type { GitPlan } from './plan.js';

const NOTHING: GitPlan = { changes: [], notes: [] };

/** Plans the block of lines in a file of attributes; no lines take it away. All other lines stay as they are. */
export async function planAttributes(file: string, lines: readonly string[]): Promise<GitPlan> {
  const snapshot = await readSnapshot(file);
  const shown = shownPath(file);
  const { text, restore } = normalizeText(textOf(snapshot.octets ?? Buffer.alloc(0), shown));
  const old = blockIn(text);
  const isSame = lines.length === 0 ? old === undefined : old?.join('\n') === lines.join('\n');
  if (isSame) return NOTHING;
  const changed = restore(lines.length === 0 ? withoutBlock(text) : withBlock(text, lines, 'end'));
  const apply = async () => {
    // Then nothing but the block was in it.
    if (changed === '') return unlink(snapshot.realPath);
    await createFolderFor(file);
    return replaceFile(snapshot, Buffer.from(changed), { onConflict: 'fail' });
  };
  return { changes: [{ place: shown, lines: lines.length === 0 ? (old ?? []) : lines, apply }], notes: [] };
}

/** The lines of our block in a file of attributes. */
export async function attributesIn(file: string): Promise<readonly string[]> {
  const { octets } = await readSnapshot(file);
  return (octets && blockIn(normalizeText(textOf(octets, shownPath(file))).text)) ?? [];
}

/**
 * The file of attributes at the top of a work tree.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE` where a link has its name: git does not read it, and a repository may have made it.
 */
export async function attributesFile(top: string): Promise<string> {
  const file = path.join(top, '.gitattributes');
  const status = await lstat(file).catch(() => undefined);
  if (!status?.isSymbolicLink()) return file;
  throw new EyamlError('FILE_UNWRITABLE', `${shownPath(file)} is a symbolic link, which git does not read`, {
    suggestions: ['put a file in its place'],
  });
}
