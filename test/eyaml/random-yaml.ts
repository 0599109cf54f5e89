import fc from 'fast-check';
import type { KeyPath } from '../../src/eyaml/key-path.js';
import { oneLine, fakePayload, wrapped } from './documents.js';

/** What a random document holds. */
export type Tree =
  | { readonly text: (column: number) => string }
  | { readonly map: readonly Pair[]; readonly flow: boolean }
  | { readonly list: readonly Tree[]; readonly flow: boolean };
interface Pair {
  readonly key: string;
  readonly value: Tree;
  readonly note: string;
}

const KEYS = [
  'a',
  'b',
  'a::b',
  'a.b',
  'two words',
  "it's",
  'say "x"',
  '[0]',
  '0',
  'yes',
  'ü',
  'c d.e',
  'null',
  '-',
  '~',
  ':x',
  '#',
  'x:y',
];
export const anyKey = fc.oneof(
  fc.constantFrom(...KEYS),
  fc.string({ minLength: 1, maxLength: 4 }).filter((key) => key !== '<<'),
);

const pad = (column: number) => ' '.repeat(column);
const payload = fakePayload(1);
const INLINE: readonly string[] = [
  ...['1', 'text', "'in quotes'", '"double \\" \\n"', 'true', '~', '2001-01-01', '"# no comment"'],
  ...[`"${oneLine(payload)}"`, `'${oneLine(payload)} and text'`],
];
const BLOCKS: readonly ((column: number) => string)[] = [
  ...INLINE.map((text) => () => text),
  () => '',
  () => oneLine(payload),
  () => `x ${oneLine(payload)} y ${oneLine(payload, 'PKCS7')}`,
  (column) => `>\n${pad(column)}${wrapped(payload, `\n${pad(column)}`)}\n`,
  (column) => `|-\n${pad(column)}${oneLine(payload)}\n`,
  (column) => `| # note\n${pad(column)}one\n\n${pad(column)}two\n`,
  (column) => `|+\n${pad(column)}kept\n\n\n`,
  (column) => `>-\n${pad(column)}folded\n${pad(column)}text\n\n`,
  (column) => `plain\n${pad(column)}folded`,
  (column) => `"double\n${pad(column)}folded"`,
];
const inlineText = fc.constantFrom(...INLINE).map((text): Tree => ({ text: () => text }));
const blockText = fc.constantFrom(...BLOCKS).map((text): Tree => ({ text }));
const note = fc.constantFrom('', '', '', ' # note', '   # "note": [1]', '\n', '\n# at the margin', '\n      # far in');

const { tree } = fc.letrec<{ tree: Tree; flow: Tree }>((tie) => {
  const mapOf = (value: fc.Arbitrary<Tree>, flow: boolean) =>
    fc
      .uniqueArray(fc.record({ key: anyKey, value, note: flow ? fc.constant('') : note }), {
        selector: ({ key }) => key,
        maxLength: 4,
        minLength: flow ? 0 : 1,
      })
      .map((map): Tree => ({ map, flow }));
  const listOf = (item: fc.Arbitrary<Tree>, flow: boolean) =>
    fc.array(item, { maxLength: 3, minLength: flow ? 0 : 1 }).map((list): Tree => ({ list, flow }));
  return {
    flow: fc.oneof({ maxDepth: 2 }, inlineText, mapOf(tie('flow'), true), listOf(tie('flow'), true)),
    tree: fc.oneof({ maxDepth: 3 }, blockText, mapOf(tie('tree'), false), listOf(tie('tree'), false), tie('flow')),
  };
});

/** A random document: a mapping in block or flow style, its text and where its parts are. */
export const anyDocument = fc
  .record({
    root: tree.filter((node) => 'map' in node),
    step: fc.constantFrom(2, 4, 3),
    listStep: fc.constantFrom(0, 2),
    head: fc.constantFrom('', '---\n', '# head\n---\n', '\n\n'),
    tail: fc.constantFrom('', '', '# tail\n', '\n\n', '...\n', '---\nother: 1\n', '  # tail'),
  })
  .map(({ root, step, listStep, head, tail }) => {
    const body = inBlock(root, 0, step, listStep);
    return { root, text: `${head}${body.endsWith('\n') ? body : `${body}\n`}${tail}` };
  });

const keyText = (key: string) =>
  /^[a-z]+(?:::[a-z]+)?$/.test(key) && !/^(?:yes|null)$/.test(key) ? key : JSON.stringify(key);

function inFlow(node: Tree): string {
  if ('text' in node) return node.text(0);
  if ('list' in node) return `[${node.list.map(inFlow).join(', ')}]`;
  return `{ ${node.map.map(({ key, value }) => `${keyText(key)}: ${inFlow(value)}`).join(', ')} }`;
}

// The first line comes without its indent.
function inBlock(node: Tree, column: number, step: number, listStep: number): string {
  if ('text' in node) return node.text(column);
  if (node.flow) return inFlow(node);
  const lines =
    'list' in node
      ? node.list.map((item) => `- ${inBlock(item, column + 2, step, listStep)}`)
      : node.map.map(({ key, value, note }) => {
          const isNested = 'map' in value || 'list' in value;
          if (!isNested || value.flow)
            return `${keyText(key)}: ${withNote(inBlock(value, column + step, step, listStep), note)}`;
          const below = column + ('list' in value ? listStep : step);
          return `${keyText(key)}:${note.startsWith('\n') ? '' : note}\n${pad(below)}${inBlock(value, below, step, listStep)}`;
        });
  return lines.map((line, i) => `${i === 0 ? '' : pad(column)}${line}${line.endsWith('\n') ? '' : '\n'}`).join('');
}

const withNote = (text: string, note: string) => (text.includes('\n') ? text : `${text}${note}`);

/** The key paths of all parts of a document, with what is there. */
export function partsOf(node: Tree, path: KeyPath = []): readonly { readonly path: KeyPath; readonly node: Tree }[] {
  const here = { path, node };
  if ('text' in node) return [here];
  if ('list' in node) return [here, ...node.list.flatMap((item, i) => partsOf(item, [...path, i]))];
  return [here, ...node.map.flatMap(({ key, value }) => partsOf(value, [...path, key]))];
}
