import { expect, test } from 'vitest';
import { preamble, stripPreamble } from '../../src/eyaml/preamble.js';

const SHOWN = preamble(['GPG', 'PKCS7']);
const LINES = SHOWN.split('\n').length - 1;
const END = SHOWN.trimEnd().split('\n').at(-1) ?? '';

test('every line starts with # |', () => {
  expect(SHOWN.endsWith('\n')).toBe(true);
  for (const line of SHOWN.trimEnd().split('\n')) expect(line).toMatch(/^# \|/);
});

test('the first method is in the examples, the others are named', () => {
  expect(preamble(['PKCS7', 'GPG'])).toMatch(/DEC\(<num>\)::PKCS7\[[^]*also: DEC::GPG\[\]!/);
  expect(preamble(['GPG'])).not.toContain('also');
});

test.each([
  ['as it was shown', `${SHOWN}a: 1\n`, 'a: 1\n', LINES],
  ['with nothing below', SHOWN, '', LINES],
  ['some of its lines deleted', `${SHOWN.split('\n').slice(3).join('\n')}a: 1\n`, 'a: 1\n', LINES - 3],
  ['its last line deleted', `${SHOWN.replace(`${END}\n`, '')}a: 1\n`, 'a: 1\n', LINES - 1],
  ['one of its lines changed', `${SHOWN.replace('edit mode', 'mode')}a: 1\n`, 'a: 1\n', LINES],
  ['all of it deleted', 'a: 1\n', 'a: 1\n', 0],
  ['lines of the file that look alike', `${SHOWN}# | mine\na: 1\n`, '# | mine\na: 1\n', LINES],
  ['all deleted but lines of the file that look alike', '# | mine\na: 1\n', '# | mine\na: 1\n', 0],
  [
    'its last line deleted, above lines of the file that look alike',
    `${SHOWN.replace(`${END}\n`, '')}# | mine\na: 1\n`,
    '# | mine\na: 1\n',
    LINES - 1,
  ],
  ['a line written above it', `# vim: ft=yaml\n${SHOWN}a: 1\n`, '# vim: ft=yaml\na: 1\n', 8],
  ['a byte order mark and CRLF', `\ufeff${SHOWN.replaceAll('\n', '\r\n')}a: 1\n`, 'a: 1\n', 8],
])('taken off: %s', (_, buffer, text, lines) => {
  expect(stripPreamble(buffer, SHOWN)).toEqual({ text, lines });
});

test('when none was shown, none is taken off', () => {
  expect(stripPreamble(SHOWN, '')).toEqual({ text: SHOWN, lines: 0 });
});
