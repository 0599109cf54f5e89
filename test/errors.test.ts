import { describe, expect, test } from 'vitest';
import { problemLines } from '../src/errors.js';

const at = (line: number, message = 'it is for others', suggestion?: string) => ({
  place: `a.yaml:${line}`,
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
