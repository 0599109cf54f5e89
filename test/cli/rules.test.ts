import { describe, expect, test } from 'vitest';
import { rulesIn } from '../../src/cli/rules.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { createScene } from '../helpers/scene.js';

const OPTION = { option: '--disable-rule' };

test('a list of rules, with blanks and empty places', () => {
  expect(rulesIn(' leftover-marker,,recipient-unknown ', OPTION)).toEqual(['leftover-marker', 'recipient-unknown']);
  expect(rulesIn(undefined, OPTION)).toEqual([]);
});

describe('a rule that does not exist', () => {
  test.each([
    ['recipient-unknwon', '--disable-rule: there is no rule recipient-unknwon', 'did you mean recipient-unknown?'],
    ['leftover-marker,x', '--disable-rule: there is no rule x', 'docs/check.md lists the rules'],
    ['my S3cret', '--disable-rule: there is no such rule', 'docs/check.md lists the rules'],
  ])('%s', async (list, message, hint) => {
    const error = await eyamlErrorOf(() => rulesIn(list, OPTION));
    expect([error.code, error.message, error.suggestions[0]]).toEqual(['USAGE', message, hint]);
  });

  test('is exit code 2 on the command line and an error that names the file in a configuration file', async () => {
    const scene = createScene();
    scene.write('a.yaml', 'a: DEC::GPG[x]!\n');
    const typed = await scene.run(['check', '--disable-rule', 'leftover-marker,leftover-markr', '.']);
    expect(typed).toMatchObject({ code: 2, stdout: '' });
    expect(typed.stderr).toMatch(/^error: --disable-rule: there is no rule leftover-markr \[USAGE\]\n/);
    scene.write('.eyaml/config.yaml', 'disable_rule: leftover-markr\n');
    const configured = await scene.run(['check', '.']);
    expect(configured).toMatchObject({ code: 1, stdout: '' });
    expect(configured.stderr).toContain(
      '.eyaml/config.yaml: disable_rule: there is no rule leftover-markr [CONFIG_INVALID]\n',
    );
    expect((await scene.run(['check', '--disable-rule', 'leftover-marker', '.'])).code).toBe(0);
  });
});
