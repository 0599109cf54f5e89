import { expect, test } from 'vitest';
import { EyamlError, hasCode, unreadableProblem } from '../src/errors.js';
import { isAboutOneValue } from '../src/verbs/about-one-value.js';

test('codes are compared only of errors of ours', () => {
  const error = new EyamlError('FILE_NOT_FOUND', 'x');
  expect(hasCode(error, 'USAGE', 'FILE_NOT_FOUND')).toBe(true);
  expect(hasCode(error, 'USAGE')).toBe(false);
  expect(hasCode(error)).toBe(false);
  expect(hasCode(Object.assign(new Error('x'), { code: 'FILE_NOT_FOUND' }), 'FILE_NOT_FOUND')).toBe(false);
  expect(hasCode(undefined, 'USAGE')).toBe(false);
});

test.each([
  ['KEY_FILE_MISSING', true],
  ['KEY_FILE_UNREADABLE', true],
  // Of a passphrase that is named and not there every value would say the same.
  ['PASSPHRASE_MISSING', false],
  ['PASSPHRASE_UNREADABLE', false],
  ['KEY_FILE_INVALID', false],
] as const)('whether %s is about one value: %j', (code, is) => {
  expect(isAboutOneValue(new EyamlError(code, 'x'))).toBe(is);
});

test('a recipients file that is named and not there is a problem of its own, as one that cannot be read is', () => {
  for (const code of ['RECIPIENTS_FILE_MISSING', 'RECIPIENTS_UNREADABLE', 'KEY_FILE_UNREADABLE'] as const) {
    const error = new EyamlError(code, 'x', { file: 'f', suggestions: ['y'] });
    const problem = { place: { file: 'f' }, rule: 'unreadable-file', message: 'x', suggestion: 'y' };
    expect(unreadableProblem(error)).toEqual(problem);
  }
  expect(unreadableProblem(new EyamlError('RECIPIENTS_MISSING', 'x', { file: 'f' }))).toBeUndefined();
});
