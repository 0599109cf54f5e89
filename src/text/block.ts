const START = '# >>> eyaml git install';
const END = '# <<< eyaml git install';
const BLOCK = new RegExp(`^${START}[^\\n]*\\n(.*?)^${END}(?:\\n|$)`, 'ms');

/** The lines of the marked block in a text; undefined if it has none. */
export function blockIn(text: string): readonly string[] | undefined {
  const lines = BLOCK.exec(text)?.[1];
  return lines === undefined ? undefined : lines.split('\n').slice(0, -1);
}

/**
 * A text with a marked block of lines: in place of the one that it has, else at its end or after its first line.
 * {@link withoutBlock} gives the text as it was.
 */
export function withBlock(text: string, lines: readonly string[], place: 'end' | 'second line'): string {
  const block = [START, ...lines, END].join('\n');
  const old = BLOCK.exec(text);
  if (old) return text.slice(0, old.index) + block + text.slice(old.index + old[0].trimEnd().length);
  const at = place === 'end' || !text.includes('\n') ? text.length : text.indexOf('\n') + 1;
  // Where the last line has no end, the block has none.
  const added = text === '' || text[at - 1] === '\n' ? `${block}\n` : `\n${block}`;
  return text.slice(0, at) + added + text.slice(at);
}

/** A text without its marked block. */
export function withoutBlock(text: string): string {
  const block = BLOCK.exec(text);
  if (block === null) return text;
  const before = text.slice(0, block.index);
  return (block[0].endsWith('\n') ? before : before.slice(0, -1)) + text.slice(block.index + block[0].length);
}
