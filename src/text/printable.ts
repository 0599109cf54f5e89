// Control, format and private characters, lone surrogates, unassigned code points, line and paragraph separators, characters that are
// drawn as nothing (joiners, fillers, variation selectors) and the whole block of tags, which spells invisible text.
// In a function, as reading the classes takes a millisecond, which most commands need not wait for.
const unprintable = () => /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{E0000}-\u{E0FFF}]/gu;

/**
 * Makes text safe for a terminal: characters that are invisible, move the cursor or change the direction of writing become `\u{202e}`.
 * All text that is shown goes through this function, since names, paths, key paths and user IDs are written by others.
 *
 * @returns one line, whatever the text holds.
 */
export function printable(text: string): string {
  return text.replace(unprintable(), (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** The same for a text of several lines: line ends and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(/[^\t\n]+/g, printable);
}

/** JSON of a value, printable characters only: the rest is escaped, so that it reads back unchanged. */
export function printableJson(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, undefined, 2)
    .split('\n')
    .map((line) => line.replace(unprintable(), (character) => character.split('').map(escaped).join('')))
    .join('\n');
}
