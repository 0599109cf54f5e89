import { expect, test } from 'vitest';
import { commandIn } from '../../../src/verbs/doctor/finding.js';

test.each([
  ['import it: gpg --import FILE; or put it elsewhere', 'gpg --import FILE'],
  ['then: gpg --quick-sign-key ABC (or, for yourself alone, …)', 'gpg --quick-sign-key ABC'],
  ['run "export GPG_TTY=$(tty)" in this terminal', 'export GPG_TTY=$(tty)'],
  ['can be read by others: chmod 600 /home/a/key.asc', 'chmod 600 /home/a/key.asc'],
  ['find out whose key this is', undefined],
])('the command in %j is %j', (text, command) => {
  expect(commandIn(text)).toBe(command);
});

test.each(['$(touch x)', '`touch x`', ';touch x', '|touch x', '&touch x', '\ntouch x'])(
  'a name with %j does not become a command',
  (name) => expect(commandIn(`chmod 600 a${name}`)).toBe('chmod 600 a'),
);
