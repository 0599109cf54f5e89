import type { ReadBuffer } from './buffer.js';
import { readConflicts, resolved } from './conflicts.js';
import { parseYaml } from './document.js';
import type { MarkerProblem } from './markers.js';
import type { EyamlText, Joined } from './text.js';

type Pieces = ReadBuffer['pieces'];

/** Whether a buffer is valid YAML with a plain word in place of each marker that is to be encrypted. */
export async function isYamlAroundMarkers(pieces: Pieces): Promise<boolean> {
  const text = pieces.map((piece) => (piece.kind === 'text' ? piece.text : 'x')).join('');
  return (await parseYaml(text)).faults.length === 0;
}

/** Whether a text is valid YAML if one side of each merge conflict in it is chosen. */
export async function isYamlWithoutConflicts({ text, yaml }: EyamlText): Promise<boolean> {
  const chosen = resolved(readConflicts(text), 'ours');
  return (await (chosen === text ? yaml() : parseYaml(chosen))).faults.length === 0;
}

/**
 * Where in a buffer the resulting text is not valid YAML, and why; undefined when the text is valid.
 *
 * @param joined - what the pieces became.
 */
export async function yamlProblem(pieces: Pieces, { texts, whole }: Joined): Promise<MarkerProblem | undefined> {
  const [fault] = (await whole.yaml()).faults;
  if (fault === undefined) return undefined;
  let start = 0;
  const at = texts.findIndex((text) => {
    if (fault.offset < start + text.length) return true;
    start += text.length;
    return false;
  });
  const piece = pieces.at(at);
  const before = texts.at(at)?.slice(0, Math.max(fault.offset - start, 0)) ?? '';
  const line = piece?.kind === 'text' ? piece.line + before.split('\n').length - 1 : (piece?.marker.line ?? 1);
  return { line, message: `the file would no longer be valid YAML (${fault.reason})` };
}
