import { describe, expect, test } from 'vitest';
import { printable, printableJson } from '../../src/text/printable.js';

const UNSEEN = [
  ['a control character', '\u001b', '\\u{1b}'],
  ['a line end', '\n', '\\u{a}'],
  ['a control character of the upper half', '\u009b', '\\u{9b}'],
  ['a mark that turns the direction of writing', '\u202e', '\\u{202e}'],
  ['a zero width space', '\u200b', '\\u{200b}'],
  ['a byte order mark', '\ufeff', '\\u{feff}'],
  ['a line separator', '\u2028', '\\u{2028}'],
  ['a paragraph separator', '\u2029', '\\u{2029}'],
  ['a tag character', '\u{e0041}', '\\u{e0041}'],
  ['a character of that block that is not assigned', '\u{e0fff}', '\\u{e0fff}'],
  ['half of a surrogate pair', '\ud800', '\\u{d800}'],
  ['a character for private use', '\ue000', '\\u{e000}'],
  ['what is no character', '\uffff', '\\u{ffff}'],
  ['a filler that is drawn as nothing', '\u3164', '\\u{3164}'],
  ['a variation selector', '\u{e0100}', '\\u{e0100}'],
] as const;

describe('printable shows', () => {
  test.each(UNSEEN)('%s', (_, character, shown) => {
    expect(printable(`a${character}b`)).toBe(`a${shown}b`);
  });

  test('letters of every script, blanks and signs as they are', () => {
    const text = 'Zoë Ünïcode <zoe@example.com> 名前 имя अम 100% \\ "x"';
    expect(printable(text)).toBe(text);
  });
});

test('printableJson holds nothing that does not show, and reads back as it was', () => {
  const value = { text: UNSEEN.map(([, character]) => character).join(''), list: ['ä', { 'k\u202e': 1 }] };
  const json = printableJson(value);
  expect(json.split('\n').map(printable).join('\n')).toBe(json);
  expect(JSON.parse(json)).toEqual(value);
});
