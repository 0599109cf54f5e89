import { describe, expect, test } from 'vitest';
import { DIGEST, DURATION, LIST, RULE_LIST, wholeNumber, type Kind } from '../../src/config/kinds.js';
import { createScene } from '../helpers/scene.js';

const DAY = 86_400;
const SIZE = wholeNumber({ min: 1, max: 256, of: 'megabytes' });
const DAYS = wholeNumber({ min: 0 });

describe('the text of a setting', () => {
  test.each([
    [SIZE, '1', 1],
    [SIZE, '256', 256],
    [DAYS, '0', 0],
    [DURATION, '90d', 90 * DAY],
    [DURATION, '2y', 730 * DAY],
    [DURATION, 'never', 'never'],
    [DURATION, '0', 'never'],
    [DIGEST, 'sha-512', 'sha-512'],
    [LIST, ' a , Ann <ann@example.com> ,', ['a', 'Ann <ann@example.com>']],
    [LIST, ',', []],
    [RULE_LIST, ' leftover-marker,,recipient-unknown ', ['leftover-marker', 'recipient-unknown']],
    [RULE_LIST, '', []],
  ])('%# %j', (kind, text, value) => expect(kind.read(text)).toEqual({ value }));

  test.each<[Kind<unknown>, string, string]>([
    ...['', ' 1', '0', '257', '-1', '1.5', '1e2', 'x', '9'.repeat(30)].map((text): [Kind<unknown>, string, string] => [
      SIZE,
      text,
      ' must be a whole number of megabytes from 1 to 256',
    ]),
    [DAYS, '-5', ' must be a whole number, 0 or more'],
    [DURATION, '0d', ' must be a time: 90d, 4w, 18m, 2y or never'],
    [DURATION, '51y', ' is too long: 50y at most, or never'],
    [DIGEST, 'MD5', ' must be one of SHA256, SHA384, SHA512'],
  ])('%# that is refused: %j', (kind, text, fault) => expect(kind.read(text)).toEqual({ fault }));
});

describe('a rule that does not exist', () => {
  test.each([
    ['recipient-unknwon', ': there is no rule recipient-unknwon', 'did you mean recipient-unknown?'],
    ['leftover-marker,x', ': there is no rule x', 'docs/check.md lists the rules'],
    ['my S3cret', ': there is no such rule', 'docs/check.md lists the rules'],
  ])('%s', (list, fault, suggestion) => {
    expect(RULE_LIST.read(list)).toMatchObject({ fault, suggestions: expect.arrayContaining([suggestion]) as unknown });
  });

  test('is exit code 2 on the command line and an error that names the file in a configuration file', async () => {
    const scene = createScene();
    scene.write('a.yaml', 'a: DEC::GPG[x]!\n');
    const typed = await scene.run(['check', '--disable-rule', 'leftover-marker,leftover-markr', '.']);
    expect(typed).toMatchObject({ code: 2, stdout: '' });
    expect(typed.stderr).toMatch(/^error: --disable-rule: there is no rule leftover-markr \[USAGE\]\n/);
    scene.write('.eyaml/config.yaml', '# mine\ndisable_rule: leftover-markr\n');
    const configured = await scene.run(['check', '.']);
    expect(configured).toMatchObject({ code: 1, stdout: '' });
    expect(configured.stderr).toContain(
      '.eyaml/config.yaml:2: disable_rule: there is no rule leftover-markr [CONFIG_INVALID]\nhint: did you mean leftover-marker?\n',
    );
    const without = ['check', '--no-folder-config', '--disable-rule', 'leftover-marker', '.'];
    expect((await scene.run(without)).code).toBe(0);
  });
});
