import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEyamlText, joinPieces } from '../../src/eyaml/text.js';
import { fakePayload, oneLine, STYLES } from './documents.js';

const VALUE = oneLine(fakePayload(1));
const NEW = oneLine(fakePayload(2));

const anyText = fc
  .array(fc.tuple(fc.constantFrom(...Object.keys(STYLES)), fc.nat({ max: 250 })), { maxLength: 6 })
  .map((styles) => styles.map(([style, length], i) => STYLES[style]?.(fakePayload(i, length), `k${i}`) ?? '').join(''));

test('the YAML of a text is parsed once', async () => {
  const { yaml } = createEyamlText('a: 1\n');
  expect(await yaml()).toBe(await yaml());
});

describe('what was meant as a value and cannot be one', () => {
  const suspectsOf = async (text: string) => (await createEyamlText(text).suspects()).map(({ line }) => line);

  test.each([
    ['in a scalar', 'a: ENC[GPG,cut short\n', [1]],
    ['in a key', 'ENC[GPG,-]: 1\n', [1]],
    ['in a block', 'a: >\n  ENC[GPG,cut short\n', [2]],
    ['alone', 'ENC[GPG,cut short\n', [1]],
    ['in a text that is not YAML', '{{ [\n# ENC[GPG,cut short\n', [2]],
  ])('is a suspect %s', async (_, text, lines) => {
    expect(await suspectsOf(text)).toEqual(lines);
  });

  test.each([
    ['on a line', 'a: 1\n# ENC[GPG,cut short\nb: 2\n'],
    ['behind a value', `a: ${VALUE} # was ENC[GPG,cut short\n`],
    ['and there is nothing else', '# ENC[GPG,cut short\n'],
  ])('is nobody’s secret in a comment: %s', async (_, text) => {
    expect(await suspectsOf(text)).toEqual([]);
  });
});

describe('splice', () => {
  test('of nothing is the text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await createEyamlText(text).splice(new Map())).toBe(text);
      }),
    );
  });

  test('changes no byte outside the value', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.nat(), async (text, number) => {
        const { values, splice } = createEyamlText(text);
        const value = values[number % values.length];
        fc.pre(value !== undefined);
        const before = text.slice(0, value.offset);
        const after = text.slice(before.length + value.text.length);
        expect(await splice(new Map([[value, NEW]]))).toBe(before + NEW + after);
      }),
    );
  });

  test('puts a new value on one line where Puppet would pass over it', async () => {
    const hidden = `a: |\n  ${VALUE.slice(0, 20)}\n  ${VALUE.slice(20)}\n`;
    const eyaml = createEyamlText(hidden);
    const again = new Map(eyaml.values.map((value) => [value, value.text]));
    expect(await eyaml.splice(again)).toBe(`a: |\n  ${VALUE}\n`);
    expect(await eyaml.splice(new Map())).toBe(hidden);
  });
});

test('pieces are joined, and each is told as it became', async () => {
  const texts = ['a: |\n  ', `${VALUE.slice(0, 20)}\n  ${VALUE.slice(20)}`, '\nb: 1\n'];
  const pieces = texts.map((text, i) => ({ text, isNew: i === 1 }));
  const joined = await joinPieces(pieces);
  expect(joined.texts).toEqual(['a: |\n  ', VALUE, '\nb: 1\n']);
  expect(joined.whole.text).toBe(joined.texts.join(''));
});
