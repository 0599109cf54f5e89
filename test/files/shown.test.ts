import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shownArgument } from '../../src/files/shown.js';

test.each(['a.yaml', 'production/dc1/base.eyaml', 'zoë@home.yaml', 'a:b,c+d=e%f.yaml'])(
  '%s is shown as it is',
  (name) => expect(shownArgument(name)).toBe(name),
);

test.each(['a b.yaml', 'a;touch PWN;.yaml', "it's.yaml", '$(id).yaml', '`id`.yaml', 'a\nb', '*', '~', '~root/a', '#a'])(
  '%j is one word for a shell, and nothing else',
  (name) => expect(execFileSync('sh', ['-c', `printf %s ${shownArgument(name)}`], { encoding: 'utf8' })).toBe(name),
);

test('a name is never an option', () => {
  expect(shownArgument('-rf.yaml')).toBe('./-rf.yaml');
});
