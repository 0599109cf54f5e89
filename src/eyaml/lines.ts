/** Text as eyaml works on it, and how to restore its byte order mark and line ends. */
export interface NormalizedText {
  readonly text: string;
  readonly restore: (text: string) => string;
}

const BOM = '\ufeff';

/**
 * Takes off a byte order mark, and turns a text that is CRLF throughout into LF; a text with mixed line ends keeps them.
 */
export function normalizeText(original: string): NormalizedText {
  const bom = original.startsWith(BOM) ? BOM : '';
  const text = original.slice(bom.length);
  const crlf = text.includes('\n') && !/(?:^|[^\r])\n/.test(text);
  return {
    text: crlf ? text.replaceAll('\r\n', '\n') : text,
    restore: (changed) => bom + (crlf ? changed.replaceAll('\n', '\r\n') : changed),
  };
}

/** Counts lines from 1: give it growing offsets, it gives their lines, in time linear in the text. */
export function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let newline = text.indexOf('\n');
  return (offset) => {
    for (; newline !== -1 && newline < offset; newline = text.indexOf('\n', newline + 1)) line += 1;
    return line;
  };
}
