import { expect, test } from 'vitest';
import { isIgnored } from '../../../src/verbs/check/rules.js';

test('a comment takes a rule back on its own line and on the next one', () => {
  const lines = ['# eyaml-check: ignore leftover-marker, suspect-value', 'a', 'b'];
  const isTakenBack = (line: number) => isIgnored(lines, line, 'suspect-value');
  expect([1, 2, 3].map(isTakenBack)).toEqual([true, true, false]);
  expect(isIgnored(lines, 1, 'extra-recipient')).toBe(false);
});

test('a long line with very many findings is read once', () => {
  const lines = ['x'.repeat(5_000_000)];
  const found = Array.from({ length: 50_000 }, () => isIgnored(lines, 1, 'extra-recipient'));
  expect(found).not.toContain(true);
});
