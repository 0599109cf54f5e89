import fc from 'fast-check';
import { Lexer, stringify } from 'yaml';
import { describe, expect, test } from 'vitest';
import { tooDeepAt, MAX_DEPTH } from '../../src/eyaml/depth.js';
import { loadAsPuppet, parseYaml, readMapping } from '../../src/eyaml/document.js';
import { renderReadable } from '../../src/eyaml/readable.js';
import { createEyamlText } from '../../src/eyaml/text.js';

const SHAPES: readonly (readonly [string, (depth: number) => string])[] = [
  ['brackets', (depth) => `a: ${'['.repeat(depth)}1${']'.repeat(depth)}`],
  ['brackets that do not close', (depth) => `a: ${'['.repeat(depth)}`],
  ['braces', (depth) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`],
  ['brackets over lines', (depth) => `a:\n${' [\n'.repeat(depth)}${' ]\n'.repeat(depth)}`],
  ['brackets as keys', (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}: x`],
  ['pairs in a flow list', (depth) => `[${'a: '.repeat(depth)}]`],
  ['dashes on a line', (depth) => `${'- '.repeat(depth)}x`],
  ['question marks on a line', (depth) => `${'? '.repeat(depth)}x`],
  ['colons on a line', (depth) => `${': '.repeat(depth)}x`],
  ['keys on a line', (depth) => `${'a: '.repeat(depth)}x`],
  ['keys of several lines', (depth) => `${'"x\n y": '.repeat(depth)}x`],
  ['mappings', (depth) => Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
  [
    'mappings with ever shorter keys',
    (depth) => Array.from({ length: depth }, (_, i) => `${' '.repeat(i)}${'k'.repeat(depth - i)}:\n`).join(''),
  ],
  [
    'lists in mappings',
    (depth) => Array.from({ length: depth }, (_, i) => `${' '.repeat(i * 2)}a:\n${' '.repeat(i * 2)}- b:\n`).join(''),
  ],
  ['anchors before each', (depth) => `${'- &a '.repeat(depth)}x`],
  ['tags before each', (depth) => `${'- !t '.repeat(depth)}x`],
];

describe('what is nested deeper than anybody writes is refused before it is parsed', () => {
  test.each(SHAPES)('%s', async (_, shape) => {
    for (const depth of [1_000, 20_000]) {
      // The text of nested mappings grows with the square of their depth.
      const text = shape(Math.min(depth, /\n {9}/.test(shape(12)) ? 1_000 : depth));
      const { faults, spans, equalKeys } = await parseYaml(text);
      expect(faults.map(({ reason }) => reason)).toEqual([`nested deeper than ${MAX_DEPTH} levels`]);
      expect([spans, equalKeys]).toEqual([[], []]);
      expect(await readMapping(text)).toBeUndefined();
      expect(await loadAsPuppet(text)).toBeUndefined();
    }
  });

  test.each(SHAPES)('%s: a few are fine', (_, shape) => {
    expect(tooDeepAt(new Lexer().lex(shape(20)), 60)).toBeUndefined();
  });

  test('law: what is written in blocks or in brackets counts for its true depth', () => {
    const { data } = fc.letrec((tie) => ({
      data: fc.oneof(
        { maxDepth: 8 },
        fc.string({ maxLength: 6 }),
        fc.array(tie('data'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), tie('data'), { minKeys: 1, maxKeys: 3 }),
      ),
    }));
    const depthOf = (node: unknown): number =>
      typeof node === 'object' && node !== null ? 1 + Math.max(0, ...Object.values(node).map(depthOf)) : 0;
    fc.assert(
      fc.property(data, fc.constantFrom('BLOCK', 'FLOW', 'PLAIN'), fc.constantFrom(1, 2, 4), (value, style, indent) => {
        const collectionStyle = style === 'FLOW' ? 'flow' : 'block';
        const text = stringify(value, { collectionStyle, indent, indentSeq: style === 'BLOCK', lineWidth: 0 });
        const depth = depthOf(value);
        if (depth > 0) expect(tooDeepAt(new Lexer().lex(text), depth - 1)).toBeDefined();
        expect(tooDeepAt(new Lexer().lex(text), style === 'FLOW' ? 2 * depth : depth)).toBeUndefined();
      }),
    );
  });

  test('aliases that multiply are no mapping', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? 'x'
            : Array(10)
                .fill(`*a${i - 1}`)
                .join(', ')
        }]`,
    );
    expect(await readMapping(lines.join('\n'))).toBeUndefined();
  });

  test('equal keys are found among very many', async () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => `key${i}: 1\n`).join('');
    const { faults, equalKeys } = await parseYaml(`${keys}key7: 2\n`);
    expect([faults, equalKeys]).toEqual([[], [keys.length]]);
  });

  test('a plaintext of brackets is shown in quotes', async () => {
    const text = 'a: ENC[GPG,aGVsbG8=]\n';
    const plaintext = `x: ${'['.repeat(5_000)}`;
    const shown = await renderReadable(createEyamlText(text), () => Buffer.from(plaintext), 'yaml');
    expect(shown.toString()).toBe(`a: ${JSON.stringify(plaintext)}\n`);
  });
});
