import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

test('docs/errors.md explains every error code, and no other', () => {
  const union = /export type ErrorCode =(.*?);/s.exec(read('src/errors.ts'))?.[1] ?? '';
  const codes = Array.from(union.matchAll(/'(\w+)'/g), ([, code]) => code);
  const explained = Array.from(read('docs/errors.md').matchAll(/^\| `(\w+)` \|/gm), ([, code]) => code);
  expect(explained).toEqual(codes);
});

test('docs/check.md explains every rule, and no other', () => {
  const union = /export type Rule =(.*?);/s.exec(read('src/errors.ts'))?.[1] ?? '';
  const rules = Array.from(union.matchAll(/'([\w-]+)'/g), ([, rule]) => rule);
  const rows = read('docs/check.md').match(/^\| `.*?\|/gm) ?? [];
  const explained = rows.flatMap((row) => Array.from(row.matchAll(/`([\w-]+)`/g), ([, rule]) => rule));
  expect(explained).toEqual(rules);
});

test('the documents link to files that exist', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'docs/guide.md',
    'docs/migration.md',
    'docs/architecture.md',
    'docs/errors.md',
    'docs/check.md',
    'docs/plugins.md',
    'docs/compatibility.md',
  ];
  for (const document of documents) {
    for (const [, link = ''] of read(document).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(() => read(path.join(path.dirname(document), link)), `${document} → ${link}`).not.toThrow();
    }
  }
});

test('the example in docs/plugins.md is the plugin that is tested', () => {
  const example = /```js\n(.*?)```/s.exec(read('docs/plugins.md'))?.[1];
  expect(example).toBe(read('fixtures/plugins/rot.mjs'));
});

test('the steps of docs/migration.md are those that a transcript takes', () => {
  const taken = read('test/transcripts/migration.txt');
  const guide = read('docs/migration.md');
  const steps = guide.slice(0, guide.indexOf('## A new PKCS7 pair')).match(/(?<=^ {8})\S.*$/gm) ?? [];
  expect(steps.length).toBeGreaterThan(8);
  expect(steps.filter((step) => !taken.includes(step))).toEqual([]);
});

describe('docs/compatibility.md', () => {
  const rows = read('docs/compatibility.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.endsWith('| test |'));

  test.each(rows)('names a test: %s', (row) => {
    const [, what, here, , reference = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect(what).not.toBe('');
    expect(here).not.toBe('');
    const [, file = '', fragment = ''] = /^(test\/\S+): (.+)$/.exec(reference) ?? [];
    expect(titlesIn(file).filter((title) => title.includes(fragment))).not.toEqual([]);
  });
});

/** The names of the tests in a file; of a transcript, its remarks. */
function titlesIn(file: string): readonly string[] {
  const text = read(file);
  if (file.endsWith('.txt')) return text.match(/^% .*/gm) ?? [];
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:test|describe)\b/.test(node.expression.getText())) {
      const [first] = node.arguments;
      if (first && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first))) titles.push(first.getText());
    }
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return titles;
}
