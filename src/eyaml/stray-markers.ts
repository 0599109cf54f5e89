// What a marker starts with, and what people type when they mean one: wrong case, stray blanks, a missing colon or bracket.
// No two runs of blanks adjoin: else a long run in a file would be slow.
const MARKER = String.raw`DEC(?:\(\d+\))?::\w+(?::base64)?\[`;
// Not after a colon: profile::dec::gpg may well be the name of a Puppet class.
const HEAD = String.raw`(?<![:\w])[dD][eE][cC][ \t]*(?:\([ \t]*(?:\w+[ \t]*)?(?:\)[ \t]*)?)?:[ \t]*:[ \t]*`;
// The end of a tag's word; a marker may follow with nothing in between.
const TAG_END = String.raw`(?:\b|(?=DEC[(:]))`;
const MISTYPED = [
  String.raw`${HEAD}(?:[gG][pP][gG]|[pP][kK][cC][sS]7)${TAG_END}`,
  String.raw`${HEAD}(?:\w+[ \t]*)?(?::[ \t]*\w+[ \t]*)?[\[({]`,
  String.raw`\bDEC(?:\(\d+\):{0,2}|(?:\(\d*\))?:?(?:GPG|PKCS7))\[`,
];
const LEFTOVER = new RegExp([MARKER, ...MISTYPED].join('|'), 'g');

// A stray end of a marker, or a method where only a marker has one: the remains of a typing mistake.
const STRAY = /\]!(?!=)|::[ \t]*(?:GPG|PKCS7)\b|\b(?:[gG][pP][gG]|[pP][kK][cC][sS]7)[ \t]*\[/;

/**
 * The lines of a text that hold the remains of a mistyped marker. Ordinary text may look the same, so a line counts only
 * if it was not there before.
 */
export function strayLines(text: string): readonly { readonly line: number; readonly text: string }[] {
  return text.split('\n').flatMap((line, i) => (STRAY.test(line) ? [{ line: i, text: line.trim() }] : []));
}

/** Where in a text something looks like an edit marker, valid or not. */
export function leftoverOffsets(text: string): readonly number[] {
  return Array.from(text.matchAll(LEFTOVER), (match) => match.index);
}

/** Whether a text holds something that looks like an edit marker, valid or not. */
export function looksLikeMarker(text: string): boolean {
  return text.search(LEFTOVER) !== -1;
}
