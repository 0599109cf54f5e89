import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

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
