import { printable } from '../text/printable.js';

const PREFIX = '# |';
const END = `${PREFIX} ${'-'.repeat(74)}`;

// More would push the text off the screen.
const WARNINGS_SHOWN = 6;

/**
 * The help that `edit` puts above the buffer, with the methods that can be used (the first one is in the examples) and warnings
 * that the user needs to see first.
 */
export function preamble(tags: readonly string[], warnings: readonly string[] = []): string {
  const [first = 'GPG', ...others] = tags;
  const also = others.map((tag) => `DEC::${tag}[]!`).join(', ');
  const more = warnings.length > WARNINGS_SHOWN ? [`  and ${warnings.length - WARNINGS_SHOWN} more lines`] : [];
  return (
    [
      `This is eyaml edit mode. These lines, which start with ${PREFIX}, are removed when you save.`,
      ` - Change a value: edit the text between the brackets of DEC(<num>)::${first}[text]!`,
      '   and leave the number as it is.',
      ` - Add a value, without a number: key: DEC::${first}[text to encrypt]!${also && `  (also: ${also})`}`,
      ' - Several lines: write "key: >" and the marker on the next line, indented;',
      '   further lines may have the same indent, which is not part of the text.',
      ` - A "]!" inside a text is written "]\\!". Binary data: DEC::${first}:base64[...]!`,
      ...warnings.slice(0, WARNINGS_SHOWN),
      ...more,
    ]
      // A user ID or a file's name may hold a line end.
      .map((line) => `${PREFIX} ${printable(line)}`.trimEnd() + '\n')
      .join('')
      .concat(END, '\n')
  );
}

/**
 * Takes the preamble off an edited buffer and says how many lines that were. Lines of the file itself that look alike stay: they
 * come after the preamble's last line or, when that was deleted, differ from the preamble's lines. Text that the user wrote above
 * or between the preamble's lines stays too.
 */
export function stripPreamble(buffer: string, shown: string): { text: string; lines: number } {
  if (shown === '') return { text: buffer, lines: 0 };
  const lines = buffer.split('\n');
  const bare = lines.map((line) => line.replace(/^\ufeff|\r$/g, ''));
  const ours = new Set(shown.split('\n').slice(0, -1));
  const end = bare.indexOf(END);
  const foreign = bare.findIndex((line) => !ours.has(line));
  const top = end !== -1 ? end + 1 : foreign === -1 ? lines.length : foreign;
  const kept = lines.slice(0, top).filter((_, i) => bare[i]?.startsWith(PREFIX) !== true);
  return { text: [...kept, ...lines.slice(top)].join('\n'), lines: top - kept.length };
}
