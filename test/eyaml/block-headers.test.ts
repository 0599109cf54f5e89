import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBuffer, showBuffer } from '../../src/eyaml/buffer.js';
import { scan } from '../../src/eyaml/scan.js';
import { createEyamlText } from '../../src/eyaml/text.js';
import { isValue } from '../../src/eyaml/token.js';
import { fillBuffer } from '../../src/verbs/encrypt.js';
import { hasPeer } from '../helpers/peers.js';
import { puppetViews } from '../helpers/puppet-view.js';
import { fakePayload, KNOWN_TAGS, read, wrapped } from './documents.js';

// Where a block scalar may stand, and how; whether the result is YAML is for Ruby to say.
const PLACES = [
  ...['k: ', 'a:\n  k: ', 'a:\n- ', 'a:\n  - ', 'a:\n  - - ', 'a:\n  -   - k: ', 'a:\n  ? k\n  : ', 'a:\n  b:\n   c: '],
  ...['k:\n  ', 'a:\n  -\n    ', 'k: &x ', 'k: !!str ', 'k: &x !foo ', 'k:\n  !!str\n  ', '&x k: ', '"q: - k": '],
  // Text that looks like a header, within a block of its own.
  ...['k: |\n  a: ', 'k: |\n  - ', 'k: >\n  a: ', 'k: |4\n      a: '],
];
const CHOMPING = ['', '-', '+'];
const OLD = 'the old secret';
const NEW = 'the new secret';

const anyPlace = fc.record({
  before: fc.constantFrom(...PLACES),
  style: fc.constantFrom('>', '>', '>', '|'),
  indicator: fc.oneof(fc.constant(''), fc.integer({ min: 1, max: 9 }).map(String)),
  chomping: fc.constantFrom(...CHOMPING),
  isIndicatorFirst: fc.boolean(),
  comment: fc.constantFrom('', ' # note', ' '),
  blankLines: fc.constantFrom('', '\n', ' \n', '\n\n', '          \n', '\t\n'),
  indent: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 16 }).map((n) => ' '.repeat(n)) }, fc.constant('  \t')),
  after: fc.constantFrom('', '\n\n'),
  lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
});

type Place = typeof anyPlace extends fc.Arbitrary<infer T> ? T : never;

/** A document in which `content` is the first thing in the block, with a value before it. */
function documentOf(place: Place, content: (indent: string) => string): string {
  const { before, style, indicator, chomping, isIndicatorFirst, comment, blankLines, indent, after, lineEnd } = place;
  const header = style + (isIndicatorFirst ? indicator + chomping : chomping + indicator) + comment;
  const first = `first: ENC[GPG,${fakePayload(1)}]`;
  const text = `${first}\n${before}${header}\n${blankLines}${indent}${content(indent)}\n${after}`;
  return text.replaceAll('\n', lineEnd);
}

const marker = () => `DEC::GPG[${NEW}]!`;
const found = (indent: string) => wrapped(fakePayload(2), `\n${indent}`);
/** What the stand-in for a method makes of a plaintext: long enough to be wrapped. */
const sealed = (plaintext: Uint8Array) => Buffer.concat([Buffer.alloc(90, 0x55), plaintext]);
const sealerFor = () =>
  Promise.resolve({
    source: '',
    readers: [],
    encrypt: (plaintext: Uint8Array) => Promise.resolve(sealed(plaintext)),
    compare: () => {
      throw new Error('nothing is compared here');
    },
  });

/** Edits a document, whose values hold the old secret: `change` is done to what the editor shows. */
async function edited(text: string, change: (buffer: string) => string): Promise<string> {
  const { tokens, passedOver } = createEyamlText(text);
  const shown = showBuffer(tokens, () => Buffer.from(OLD), 'numbered');
  const buffer = readBuffer(change(shown.text), shown, KNOWN_TAGS);
  expect(buffer.problems).toEqual([]);
  return (await fillBuffer(buffer, sealerFor, { passedOver: await passedOver() })).whole.text;
}

const change = (number: number) => (buffer: string) =>
  buffer.replace(`DEC(${number})::GPG[${OLD}`, `DEC(${number})::GPG[${NEW}`);
const PLAIN_BLOCK = `first: ENC[GPG,${fakePayload(1)}]\nk: >\n  ${found('  ')}\n`;

const WAYS: Readonly<Record<string, (place: Place) => Promise<string>>> = {
  encrypted: async (place) => (await fillBuffer(read(documentOf(place, marker)), sealerFor)).whole.text,
  edited: (place) => edited(documentOf(place, found), change(2)),
  'kept, and moved below it': (place) => edited(PLAIN_BLOCK, () => documentOf(place, () => `DEC(2)::GPG[${OLD}]!`)),
};

test.runIf(hasPeer('ruby')).each(Object.keys(WAYS))('whatever the header, Puppet sees what is %s', async (way) => {
  const texts = await Promise.all(fc.sample(anyPlace, 1000).map(async (place) => (await WAYS[way]?.(place)) ?? ''));
  const secret = Buffer.from(NEW);
  const plaintexts = {
    [sealed(secret).toString('base64')]: secret.toString('base64'),
    [fakePayload(1)]: '',
    [fakePayload(2)]: secret.toString('base64'),
  };
  const views = puppetViews(texts.map((yaml) => ({ yaml, plaintexts, onlySeen: true })));
  const loaded = views.map((view, i) => ({ view, yaml: texts[i] ?? '' })).filter(({ view }) => view !== 'null');
  expect(loaded.length).toBeGreaterThan(100);
  expect(loaded.filter(({ view }) => !stringsIn(view).some((string) => string.includes(secret))).slice(0, 5)).toEqual(
    [],
  );
});

function stringsIn(view: string): readonly Buffer[] {
  return (view.match(/"[^"]*"/g) ?? []).map((string) => Buffer.from(string.slice(1, -1), 'base64'));
}

test('whatever the header, an edit of another value leaves the bytes', async () => {
  for (const place of fc.sample(anyPlace, 500)) {
    const text = documentOf(place, found);
    const [first] = scan(text).filter(isValue);
    const rest = text.slice((first?.offset ?? 0) + (first?.text.length ?? 0));
    expect((await edited(text, change(1))).endsWith(rest)).toBe(true);
  }
});
