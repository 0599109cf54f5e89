// What a marker starts with, and what people type when they mean one: wrong case, stray blanks, a missing colon or bracket.
// No two runs of blanks ever adjoin, else a long run in a file would make the search slow.
const MARKER = String.raw`DEC(?:\(\d+\))?::\w+(?::base64)?\[`;
const HEAD = String.raw`\b[dD][eE][cC][ \t]*(?:\([ \t]*(?:\w+[ \t]*)?(?:\)[ \t]*)?)?:[ \t]*:[ \t]*`;
const MISTYPED = [
  String.raw`${HEAD}(?:[gG][pP][gG]|[pP][kK][cC][sS]7)\b`,
  String.raw`${HEAD}(?:\w+[ \t]*)?(?::[ \t]*\w+[ \t]*)?[\[({]`,
  String.raw`\bDEC(?:\(\d+\):{0,2}|(?:\(\d*\))?:?(?:GPG|PKCS7))\[`,
];
const LEFTOVER = new RegExp([MARKER, ...MISTYPED].join('|'), 'g');

/** Where in a text something reads like an edit marker, well formed or not. */
export function leftoverOffsets(text: string): readonly number[] {
  return Array.from(text.matchAll(LEFTOVER), (match) => match.index);
}

/** Whether a text holds something that reads like an edit marker, well formed or not. */
export function looksLikeMarker(text: string): boolean {
  return text.search(LEFTOVER) !== -1;
}
