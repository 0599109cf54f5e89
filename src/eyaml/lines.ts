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

/** The column of an offset, counted from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** Where the line of an offset ends: before its LF or CRLF. */
export function lineEndAt(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline === -1) return text.length;
  return text[newline - 1] === '\r' && newline > offset ? newline - 1 : newline;
}

/** Where the next line starts; the offset itself if a line starts there. */
export function lineBelow(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const newline = text.indexOf('\n', offset);
  return newline === -1 ? text.length : newline + 1;
}

/** The end of a part of a text without the white space at its end. */
export function trimmedEnd(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}
