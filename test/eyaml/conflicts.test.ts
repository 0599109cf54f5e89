import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conflictsIn, readConflicts, resolved, withMarkers } from '../../src/eyaml/conflicts.js';
import { withWholeValues } from '../../src/eyaml/whole-values.js';
import { valuesOf, wrapped, fakePayload } from './documents.js';

const TEXT = `a: 1
<<<<<<< HEAD
b: 2
||||||| 0123456
b: 1
=======
b: 3
>>>>>>> topic
c: 4
`;

test('a conflict is read with what both sides have, and written as it was', () => {
  const merged = readConflicts(TEXT);
  expect(conflictsIn(merged)).toMatchObject([{ ours: 'b: 2\n', base: 'b: 1\n', theirs: 'b: 3\n', offset: 5 }]);
  expect((['ours', 'base', 'theirs'] as const).map((side) => resolved(merged, side))).toEqual([
    'a: 1\nb: 2\nc: 4\n',
    'a: 1\nb: 1\nc: 4\n',
    'a: 1\nb: 3\nc: 4\n',
  ]);
  expect(withMarkers(merged)).toBe(TEXT);
  expect(withMarkers(merged, 9)).toContain(
    '<<<<<<<<< ours\nb: 2\n||||||||| base\nb: 1\n=========\nb: 3\n>>>>>>>>> theirs\n',
  );
});

describe('what is not a whole conflict is ordinary text', () => {
  test.each([
    '<<<<<<< HEAD\na: 1\n',
    '<<<<<<< HEAD\na: 1\n>>>>>>> x\n',
    '=======\n>>>>>>> x\n',
    '<<<<<< HEAD\n=======\n>>>>>>> x\n',
    ' <<<<<<< HEAD\n=======\n>>>>>>> x\n',
    '<<<<<<<HEAD\n=======\n>>>>>>> x\n',
    '<<<<<<< HEAD\n========\n>>>>>>> x\n',
    'title\n=======\ntext\n',
  ])('%j', (text) => {
    expect(readConflicts(text)).toEqual([text]);
  });

  test('a first marker before another one', () => {
    const merged = readConflicts('<<<<<<< a\n<<<<<<< b\n1\n=======\n2\n>>>>>>> c\n');
    expect(merged[0]).toBe('<<<<<<< a\n');
    expect(conflictsIn(merged)).toMatchObject([{ ours: '1\n', theirs: '2\n', offset: 10 }]);
  });

  test('markers of another length', () => {
    const text = '<<<<<<<<< a\n<<<<<<< b\n=======\n=========\n>>>>>>> c\n>>>>>>>>> d\n';
    expect(conflictsIn(readConflicts(text))).toMatchObject([{ ours: '<<<<<<< b\n=======\n', theirs: '>>>>>>> c\n' }]);
    expect(conflictsIn(readConflicts(text, 7))).toMatchObject([{ offset: 12 }]);
  });
});

test('every text is written as it was read', () => {
  const line = fc.constantFrom(
    'a\n',
    'b\r\n',
    '<<<<<<< x\n',
    '<<<<<<<< x\n',
    '||||||| y\r\n',
    '=======\n',
    '========\n',
    '>>>>>>> z\n',
    '>>>>>>>> z',
    '\n',
  );
  fc.assert(
    fc.property(
      fc.array(line).map((lines) => lines.join('')),
      (text) => {
        expect(withMarkers(readConflicts(text))).toBe(text);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a text of many unfinished conflicts takes no long time', () => {
  const text = '<<<<<<< a\n=======\n'.repeat(100_000);
  expect(readConflicts(text)).toEqual([text]);
});

test('no marker stands inside a value', () => {
  const [one, other] = [1, 2].map((number) => wrapped(fakePayload(number, 200), '\n  ').split('\n'));
  // The lines in the middle are the same on both sides.
  const text = [
    'key: >',
    `  ${one?.[0] ?? ''}`,
    '<<<<<<< HEAD',
    ...(one?.slice(1, 3) ?? []),
    '=======',
    ...(other?.slice(1, 3) ?? []),
    '>>>>>>> topic',
    ...(one?.slice(3) ?? []),
    'next: 1',
    '',
  ].join('\n');
  expect(valuesOf(text)).toEqual([]);
  const whole = withWholeValues(text);
  const [conflict] = conflictsIn(readConflicts(whole));
  expect(valuesOf(conflict?.ours ?? '')).toHaveLength(1);
  expect(valuesOf(conflict?.theirs ?? '')).toHaveLength(1);
  expect(whole).toMatch(/^key: >\n<<<<<<< HEAD\n {2}ENC/);
  expect(whole).toMatch(/>>>>>>> topic\nnext: 1\n$/);
  for (const side of ['ours', 'theirs'] as const) {
    expect(resolved(readConflicts(whole), side)).toBe(resolved(readConflicts(text), side));
  }
  expect(withWholeValues(TEXT)).toBe(TEXT);
});
