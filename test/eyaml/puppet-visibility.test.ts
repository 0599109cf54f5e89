import { expect, test } from 'vitest';
import { createEyamlText } from '../../src/eyaml/text.js';
import { fakePayload, STYLES, wrapped } from './documents.js';

const VALUE = fakePayload(1);
const lines = (separator: string) => wrapped(VALUE, separator);

async function passedOver(text: string): Promise<readonly boolean[]> {
  const eyaml = createEyamlText(text);
  const found = await eyaml.passedOver();
  return eyaml.values.map((value) => found.has(value));
}

// Each of these was looked up with Puppet, which hands out the ciphertext.
test.each([
  ['under |', `a: |\n  ${lines('\n  ')}\n`],
  ['under |, in CRLF text', `a: |\r\n  ${lines('\r\n  ')}\r\n`],
  ['further down under |', `a: |\n  text\n  ${lines('\n  ')}\n`],
  ['behind text under |', `a: |\n  text ${lines('\n  ')}\n`],
  ['under > with lines further in', `a: >\n  ${lines('\n    ')}\n`],
  ['under > with a blank line', `a: >\n  ${lines('\n\n  ')}\n`],
  ['in double quotes with a blank line', `a: "${lines('\n\n  ')}"\n`],
  ['in double quotes with escapes', `a: "${lines(String.raw`\n`)}"\n`],
  ['without quotes with a blank line', `a: ${lines('\n\n  ')}\n`],
])('%s a value is passed over, and written anew on one line', async (_, text) => {
  expect(await passedOver(text)).toEqual([true]);
  const eyaml = createEyamlText(text);
  const anew = await eyaml.splice(new Map(eyaml.values.map((value) => [value, value.text])));
  expect(createEyamlText(anew).values.map((value) => value.text)).toEqual([`ENC[GPG,${VALUE}]`]);
});

const SEEN = Object.entries(STYLES).filter(([style]) => !/escapes|beside text in a block/.test(style));
test.each(SEEN)('a value is not passed over %s', async (_, make) => {
  expect(await passedOver(make(VALUE, 'key'))).not.toContain(true);
});

test('one value within a line has Puppet decrypt all of its scalar', async () => {
  expect(await passedOver(`a: |\n  ENC[GPG,AAAA]\n  ${lines('\n  ')}\n`)).toEqual([false, false]);
});

test('what is no YAML, or stands in a comment, Puppet does not load', async () => {
  expect(await passedOver(`{ [\na: |\n  ${lines('\n  ')}\n`)).toEqual([false]);
});
