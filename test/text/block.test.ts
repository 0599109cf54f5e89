import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockIn, withBlock, withoutBlock } from '../../src/text/block.js';

const places = fc.constantFrom('end' as const, 'second line' as const);
const texts = fc
  .array(fc.constantFrom('#!/bin/sh', 'a', '', '# >>> other', '\n', '\n', '\n'))
  .map((parts) => parts.join(''));
const blocks = fc.array(fc.constantFrom('x', '', '  y', '# <<< other'));

test('a block is found again, and taking it away gives the text as it was', () => {
  fc.assert(
    fc.property(texts, blocks, places, (text, lines, place) => {
      const changed = withBlock(text, lines, place);
      expect(blockIn(changed)).toEqual(lines);
      expect(withoutBlock(changed)).toBe(text);
    }),
  );
});

test('a second block takes the place of the first', () => {
  fc.assert(
    fc.property(texts, blocks, blocks, places, (text, first, second, place) => {
      const changed = withBlock(withBlock(text, first, place), second, place);
      expect(changed).toBe(withBlock(text, second, place));
    }),
  );
});

test('a text without a block stays, also where it has the start of one', () => {
  for (const text of [
    '',
    'a\n',
    '# >>> eyaml git install\nx\n',
    'a # >>> eyaml git install\n# <<< eyaml git install\n',
  ]) {
    expect(blockIn(text)).toBeUndefined();
    expect(withoutBlock(text)).toBe(text);
  }
});

test('it stands at the end, or after the first line', () => {
  expect(withBlock('a\nb\n', ['x'], 'end')).toBe('a\nb\n# >>> eyaml git install\nx\n# <<< eyaml git install\n');
  expect(withBlock('a\nb\n', ['x'], 'second line')).toBe('a\n# >>> eyaml git install\nx\n# <<< eyaml git install\nb\n');
});
