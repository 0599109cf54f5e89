import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EditBuffer } from '../../src/eyaml/buffer.js';
import { lineCounter, normalizeText } from '../../src/eyaml/lines.js';
import { renderMarker, scanBuffer } from '../../src/eyaml/markers.js';
import { escapeClosing, indentLines, unescapeClosing, unindentLines } from '../../src/eyaml/plaintext.js';
import { render } from '../../src/eyaml/render.js';
import { scan } from '../../src/eyaml/scan.js';
import { leftoverOffsets } from '../../src/eyaml/stray-markers.js';
import { KNOWN_TAGS, STYLES, fakePayload, fill, oneLine, read, show, valuesOf } from './documents.js';

const MANY = 50_000;

const PIECES = [
  ...['ENC[', 'ENC[GPG,', 'ENC[gpg,MIIB', 'MIIBAgME', 'QUJD', '=', '==', ']', '[', '\\', '\\\n', '\\n', '\\/', ','],
  ...[
    'DEC::GPG[',
    'DEC(1)::GPG[',
    'DEC(2)::PKCS7:base64[',
    'DEC::FOO[',
    'dec::gpg',
    'DEC :: ',
    '(',
    ')',
    ':base64[',
    ']!',
  ],
  ...[
    ']\\!',
    '!',
    'key: >',
    '\n  ',
    '- |-',
    ' # ',
    ' &a ',
    ' !t ',
    ': > # x',
    '| ',
    ' |',
    '\n',
    '\r\n',
    '\r',
    '\ufeff',
  ],
  ...['"', "'", ' ', '\t', '\n\n', 'a', 'ż', '🐢', '\u2028', '\u0000', '# |', '---', '{', '}'],
];

/** Text made of what the formats are made of, in any order. */
const adversarialText = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ unit: 'binary', maxLength: 3 })), {
    maxLength: 30,
  })
  .map((pieces) => pieces.join(''));

const anyPlaintext: fc.Arbitrary<Uint8Array> = fc.oneof(
  adversarialText.map((text) => Buffer.from(text)),
  fc.string({ unit: fc.constantFrom('\n', ' ', 'a', ']', '!', '\\') }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }),
);

const LINE_ENDS = ['\n', '\r\n', 'mixed'] as const;

/** A document whose values stand in any styles, as it may be on a disk. */
const anyDocument = fc
  .record({
    styles: fc.array(fc.tuple(fc.constantFrom(...Object.keys(STYLES)), fc.nat({ max: 250 })), { maxLength: 6 }),
    lineEnd: fc.constantFrom(...LINE_ENDS),
    bom: fc.constantFrom('', '\ufeff'),
    finalNewline: fc.boolean(),
  })
  .map(({ styles, lineEnd, bom, finalNewline }) => {
    const lines = styles.map(([style, length], i) => STYLES[style]?.(fakePayload(i, length), `key${i}`) ?? '').join('');
    let seen = 0;
    const ended = lines.replaceAll('\n', () => (lineEnd !== 'mixed' ? lineEnd : seen++ % 3 === 1 ? '\r\n' : '\n'));
    return bom + (finalNewline ? ended : ended.trimEnd());
  });

/** A document with a plaintext for each of its values. */
const anySecrets = anyDocument.chain((original) => {
  const count = valuesOf(normalizeText(original).text).length;
  return fc.record({
    original: fc.constant(original),
    plaintexts: fc.array(anyPlaintext, { minLength: count, maxLength: count }),
  });
});

describe('scanning', () => {
  test('the tokens joined are the text', () => {
    fc.assert(
      fc.property(adversarialText, (text) => render(scan(text)) === text),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => render(scan(text)) === text));
  });

  test('every value and suspect is where it says', () => {
    fc.assert(
      fc.property(adversarialText, (text) => {
        for (const token of scan(text)) {
          if (token.kind === 'text') continue;
          expect(text.startsWith(token.text, token.offset)).toBe(true);
          expect(token.line).toBe(text.slice(0, token.offset).split('\n').length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('normalized text is restored', () => {
    fc.assert(
      fc.property(adversarialText, (original) => {
        const { text, restore } = normalizeText(original);
        return restore(text) === original;
      }),
      { numRuns: 300 },
    );
  });

  test('lines are counted alike in one walk and one by one', () => {
    fc.assert(
      fc.property(adversarialText, fc.array(fc.nat({ max: 60 })), (text, offsets) => {
        const lineAt = lineCounter(text);
        for (const offset of offsets.sort((a, b) => a - b)) {
          expect(lineAt(offset)).toBe(text.slice(0, offset).split('\n').length);
        }
      }),
    );
  });
});

describe('an edit', () => {
  test('that changes nothing gives the file back', () => {
    fc.assert(
      fc.property(anySecrets, ({ original, plaintexts }) => {
        const { text, restore } = normalizeText(original);
        const { text: buffer, entries } = show(text, plaintexts);
        const result = read(buffer, entries);
        expect(result.problems).toEqual([]);
        expect(restore(fill(result, ''))).toBe(original);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['numbered', 'unnumbered'] as const)('shows every plaintext so that it survives: %s', (style) => {
    fc.assert(
      fc.property(anySecrets, ({ original, plaintexts }) => {
        const { text: buffer, entries } = show(normalizeText(original).text, plaintexts, style);
        const mayCrossLines = (id: number) => entries.get(id)?.plaintext.includes(0x0a) === true;
        const { tokens, problems } = scanBuffer(buffer, { knownTags: KNOWN_TAGS, mayCrossLines });
        expect(problems).toEqual([]);
        const markers = tokens.filter((token) => token.kind === 'marker');
        expect(markers.map(({ plaintext }) => Buffer.from(plaintext))).toEqual(plaintexts.map((p) => Buffer.from(p)));
      }),
      { numRuns: 300 },
    );
  });

  test('shown without numbers becomes the same values again', () => {
    fc.assert(
      fc.property(anySecrets, ({ original, plaintexts }) => {
        const { text } = normalizeText(original);
        const { pieces, problems } = read(show(text, plaintexts, 'unnumbered').text);
        expect(problems).toEqual([]);
        const markers = pieces.flatMap((piece) => (piece.kind === 'new' ? [piece.marker] : []));
        expect(markers.map(({ tag, blockIndent }) => [tag, blockIndent])).toEqual(
          valuesOf(text).map(({ tag, layout }) => [tag, layout.blockIndent]),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('of one plaintext changes no byte outside its value', () => {
    fc.assert(
      fc.property(anySecrets, fc.nat(), anyPlaintext, ({ original, plaintexts }, number, plaintext) => {
        const { text } = normalizeText(original);
        const values = valuesOf(text);
        fc.pre(values.length > 0);
        const at = number % values.length;
        fc.pre(Buffer.compare(plaintext, plaintexts[at] ?? plaintext) !== 0);

        const buffer = show(text, plaintexts);
        const result = read(replaceMarker(buffer, at + 1, plaintext), buffer.entries);
        expect(result.problems).toEqual([]);
        const changed = fill(result, fakePayload(99, 150));

        const value = values[at];
        const before = text.slice(0, value?.offset);
        const after = text.slice(before.length + (value?.text.length ?? 0));
        expect(changed.slice(0, before.length)).toBe(before);
        expect(changed.slice(changed.length - after.length)).toBe(after);
        expect(valuesOf(changed)[at]?.payload).toBe(fakePayload(99, 150));
      }),
      { numRuns: 300 },
    );
  });

  test('without problems leaves nothing that reads like a marker', () => {
    fc.assert(
      fc.property(adversarialText, (buffer) => {
        const { pieces, problems } = read(buffer);
        fc.pre(problems.length === 0);
        for (const piece of pieces) if (piece.kind === 'text') expect(leftoverOffsets(piece.text)).toEqual([]);
      }),
      { numRuns: 2000, maxSkipsPerRun: 1000 },
    );
  });

  test('reads the whole buffer: text as it stands, and markers that end at the first closing', () => {
    fc.assert(
      fc.property(adversarialText, (buffer) => {
        let at = 0;
        for (const token of scanBuffer(buffer, { knownTags: KNOWN_TAGS, mayCrossLines: () => true }).tokens) {
          expect(buffer.startsWith(token.kind === 'text' ? token.text : 'DEC', at)).toBe(true);
          at = token.kind === 'text' ? at + token.text.length : buffer.indexOf(']!', at) + 2;
        }
        expect(at).toBe(buffer.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is done to a plaintext is undone', () => {
  test('escape', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(']', '!', '\\', 'a') }), (text) => {
        expect(escapeClosing(text)).not.toContain(']!');
        expect(unescapeClosing(escapeClosing(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test('indent', () => {
    const lines = fc.string({ unit: fc.constantFrom('\n', ' ', '\t', 'a') });
    const indent = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 4 });
    fc.assert(
      fc.property(lines, indent, (text, by) => unindentLines(indentLines(text, by), by) === text),
      { numRuns: 300 },
    );
  });
});

describe('fifty thousand', () => {
  const payload = fakePayload(1, 30);
  const value = oneLine(payload);

  test.each([
    ['values, each on a line', `key: ${value}\n`],
    ['values on one line', `${value} `],
    ['blocks', `key: >\n  ${value}\n`],
    ['values below blank lines', `\n \n  ${value}\n`],
  ])('%s are shown and read back', (_, piece) => {
    const text = piece.repeat(MANY);
    const buffer = show(text, Array<string>(MANY).fill('two\nlines'));
    expect(buffer.entries.size).toBe(MANY);
    expect(fill(read(buffer.text, buffer.entries), '')).toBe(text);
  });

  test.each([
    ['on one line', ''],
    ['on a line each', '\n'],
    ['with blanks', ' '.repeat(20)],
    ['with base64', 'QUJD'],
  ])('values without an end are suspects: %s', (_, between) => {
    const text = `ENC[GPG,${between}`.repeat(MANY);
    const tokens = scan(text);
    expect(tokens.filter(({ kind }) => kind === 'suspect')).toHaveLength(MANY);
    expect(render(tokens)).toBe(text);
  });

  test.each(['DEC::GPG[', 'DEC::GPG[\n', 'key: >\n  DEC::GPG[x]\n', 'dec :: (', 'DEC::GPG:base64[ '])(
    'markers without an end are problems: %j',
    (piece) => {
      expect(read(piece.repeat(MANY)).problems).toHaveLength(MANY);
    },
  );

  test.each(['DEC(', 'dec ( ', 'DEC::', 'ENC[', 'ENC[a', ': > # '])('starts of nothing are text: %j', (piece) => {
    const text = piece.repeat(MANY);
    expect(render(scan(text))).toBe(text);
    expect(read(`${text}\n  ${value}`).pieces).toHaveLength(1);
  });
});

/** Edits a buffer as a person would: puts another plaintext in the marker of an entry. */
function replaceMarker({ text, entries }: EditBuffer, id: number, plaintext: Uint8Array): string {
  const entry = entries.get(id);
  if (entry === undefined) throw new Error(`no entry has the number ${id}`);
  const { tag, layout } = entry.value;
  const [before, after] = [entry.plaintext, plaintext].map((octets) => octets.includes(0x0a));
  // A value that had one line may not cross lines now; without a number it is shown as base64, which may stand for a number too.
  const wasOneLine = layout.blockIndent === undefined && after === true && before === false;
  const marker = renderMarker({ id: wasOneLine ? undefined : id, tag, plaintext, ...layout });
  const start = text.indexOf(`DEC(${id})::`);
  const end = text.indexOf(']!', start) + 2;
  return text.slice(0, start) + marker.replace(/^DEC(?=::)/, `DEC(${id})`) + text.slice(end);
}
