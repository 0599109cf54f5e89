import { readConflicts, withMarkers, type Conflict } from './conflicts.js';
import { lineBelow } from './lines.js';
import { scan } from './scan.js';

/**
 * A text with git's conflict markers in which no marker stands inside a value: lines that both sides share are repeated in each. Git
 * does not know what a value is, and those for one PKCS7 key start with the same lines.
 */
export function withWholeValues(text: string): string {
  const merged = [...readConflicts(text)];
  for (const [i, conflict] of merged.entries()) {
    if (typeof conflict === 'string') continue;
    const [before = '', after = ''] = [merged[i - 1], merged[i + 1]].map(cleanText);
    const { start, end } = around(before, conflict, after);
    const [head, tail] = [before.slice(start), after.slice(0, end)];
    const { ours, base, theirs } = conflict;
    const whole = (side: string) => head + side + tail;
    merged[i] = { ...conflict, ours: whole(ours), base: base && whole(base), theirs: whole(theirs) };
    if (head !== '') merged[i - 1] = before.slice(0, start);
    if (tail !== '') merged[i + 1] = after.slice(end);
  }
  return withMarkers(merged);
}

function cleanText(piece: string | Conflict | undefined): string {
  return typeof piece === 'string' ? piece : '';
}

// Where, in the text before and after a conflict, the lines start and end that belong to values which reach into it.
function around(before: string, { ours, base = '', theirs }: Conflict, after: string) {
  let [start, end] = [before.length, 0];
  for (const side of [ours, base, theirs]) {
    const text = before + side + after;
    const last = before.length + side.length;
    for (const token of scan(text)) {
      if (token.kind !== 'value') continue;
      const from = token.offset;
      const to = from + token.text.length;
      if (from < before.length && before.length < to) start = Math.min(start, text.lastIndexOf('\n', from) + 1);
      if (from < last && last < to) end = Math.max(end, lineBelow(text, to) - last);
    }
  }
  return { start, end };
}
