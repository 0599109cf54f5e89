// Control, format and private characters, lone surrogates, what Unicode does not assign, line and paragraph separators, what is drawn as
// nothing (joiners, fillers, variation selectors) and all of the block of tags, which spells text that nobody sees.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{E0000}-\u{E0FFF}]/gu;

/**
 * Makes text fit for a terminal: what does not show, or moves the cursor, or turns the direction of writing, becomes `\u{202e}`. The one
 * function that does; all text that is shown goes through it, since names, paths, key paths and user IDs are written by others.
 *
 * @returns one line, whatever the text holds.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** JSON of a value with nothing in it but printable characters: the rest is escaped, so that it reads back as the same. */
export function printableJson(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, undefined, 2)
    .split('\n')
    .map((line) => line.replace(UNPRINTABLE, (character) => character.split('').map(escaped).join('')))
    .join('\n');
}
