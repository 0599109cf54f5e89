import { describe, expect, test } from 'vitest';
import { problemLines, placeText } from '../../src/text/problems.js';

const at = (line: number, message = 'it is for others', suggestion?: string) => ({
  place: { file: 'a.yaml', line },
  keyPath: `k${line}`,
  message,
  suggestion,
});

describe('what many places have in common is told once', () => {
  test('one place', () => {
    expect(problemLines([at(1, 'x', 'do y')])).toEqual(['  a.yaml:1: k1: x', '    do y']);
  });

  test('some places, and another problem', () => {
    expect(problemLines([at(1), at(2, 'it is damaged'), at(3)])).toEqual([
      ...['  it is for others', '    a.yaml:1: k1', '    a.yaml:3: k3'],
      '  a.yaml:2: k2: it is damaged',
    ]);
  });

  test('300 places', () => {
    const problems = Array.from({ length: 300 }, (_, i) => at(i, 'it is for others', 'ask'));
    expect(problemLines(problems)).toEqual([
      ...['  it is for others', '    a.yaml:0: k0', '    a.yaml:1: k1', '    a.yaml:2: k2'],
      ...['    and 297 more', '    ask'],
    ]);
  });

  test('a problem without a place', () => {
    expect(problemLines([{ message: 'x' }])).toEqual(['  x']);
  });
});

test.each([
  [{ file: 'a.yaml' }, 'a.yaml'],
  [{ file: 'a.yaml', line: 3 }, 'a.yaml:3'],
  [{ file: 'a:1.yaml', line: 3, column: 5 }, 'a:1.yaml:3:5'],
  [{ file: 'config.yaml', setting: 'gpg_recipients' }, 'config.yaml: gpg_recipients'],
  [{ file: 'config.yaml', line: 2, setting: 'gpg_recipients' }, 'config.yaml:2: gpg_recipients'],
  [{ line: 7 }, 'line 7'],
  [{ option: '--gpg-recipients' }, '--gpg-recipients'],
])('the place %j is written %s', (place, text) => expect(placeText(place)).toBe(text));
