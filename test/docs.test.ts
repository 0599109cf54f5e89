import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import glob from 'fast-glob';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import Check from '../commands/check.js';
import { ERROR_CODES, RULES } from '../src/errors.js';

interface Flag {
  readonly char?: string;
  readonly options?: readonly string[];
}

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

test('docs/errors.md explains every error code, and no other', () => {
  const explained = Array.from(read('docs/errors.md').matchAll(/^\| `(\w+)` \|/gm), ([, code]) => code);
  expect(explained).toEqual(ERROR_CODES);
});

test('docs/check.md explains every rule, and no other', () => {
  const rows = read('docs/check.md').match(/^\| `.*?\|/gm) ?? [];
  const explained = rows.flatMap((row) => Array.from(row.matchAll(/`([\w-]+)`/g), ([, rule]) => rule));
  expect(explained).toEqual(RULES);
});

test('the lines of docs/check.md and of the ready files use options and values that exist', () => {
  const texts = ['docs/check.md', ...glob.sync('docs/pipelines/*', { cwd: ROOT })].map(read);
  const lines = texts.flatMap((text) => Array.from(text.matchAll(/\beyaml check\b[^'>|…`\n]*/g), ([line]) => line));
  expect(lines.length).toBeGreaterThanOrEqual(10);
  expect(lines.map((line) => line.replace(/\$\{.*?\}/g, '')).flatMap((line) => unknownOptions(line))).toEqual([]);
  expect(unknownOptions('eyaml check --format html --no-config -x .')).toEqual(['--format html', '--no-config', '-x']);
});

test('the documents link to files that exist', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'docs/guide.md',
    'docs/install.md',
    'docs/puppet-server.md',
    'docs/git.md',
    'docs/reference.md',
    'docs/migration.md',
    'docs/architecture.md',
    'docs/errors.md',
    'docs/check.md',
    'docs/plugins.md',
    'docs/compatibility.md',
    'docs/key-files.md',
    'docs/benchmarks.md',
    'docs/recipients.md',
    'docs/comparison.md',
    'docs/offboarding.md',
  ];
  for (const document of documents) {
    for (const [, link = ''] of read(document).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(() => read(path.join(path.dirname(document), link)), `${document} → ${link}`).not.toThrow();
    }
  }
});

test('docs/architecture.md fits on a page or two', () => {
  expect(read('docs/architecture.md').split('\n').length - 1).toBeLessThanOrEqual(80);
});

test('the files and folders that CONTRIBUTING.md and docs/architecture.md name exist', () => {
  const table = read('CONTRIBUTING.md').split('## Where is …')[1] ?? '';
  const files = Array.from(table.matchAll(/^\| [^|`]+ \| `([^`]+)` \|$/gm), ([, file = '']) => file);
  expect(files.length).toBeGreaterThanOrEqual(20);
  const PATHS = /`((?:src|commands|test|docs|fixtures|bench|\.ci)\/[\w./-]*\w|vitest[\w.]+)`/g;
  const named = Array.from(read('CONTRIBUTING.md').matchAll(PATHS), ([, file = '']) => file);
  const walked = Array.from(
    read('docs/architecture.md').matchAll(/`([a-z\d]+\/[\w./-]+\.ts)`/g),
    ([, file = '']) => file,
  );
  const inSource = walked.map((file) => (/^(?:commands|test)\//.test(file) ? file : `src/${file}`));
  const all = [...files, ...named, ...inSource].filter((file) => !/NAME|\bx\./.test(file));
  expect(all.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});

test('package.json names no address that does not exist yet', () => {
  expect(Object.keys(JSON.parse(read('package.json')) as object)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:repository|homepage|bugs)$/)]),
  );
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
  const lines = read('docs/compatibility.md').split('\n');
  const rows = lines.filter((line) => line.startsWith('| ') && !line.endsWith('| test |'));
  const reasons = lines.flatMap((line) => /^- \*\*(\w)\*\* /.exec(line)?.[1] ?? []);
  const tests = glob.sync('test/**/*.{test.ts,txt}', { cwd: ROOT });

  test('has no line longer than 120 characters', () => {
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  test('names each difference once', () => {
    const told = rows.map((row) => row.split(/(?<!\\)\|/)[1]?.trim());
    expect(told.filter((what, i) => told.indexOf(what) !== i)).toEqual([]);
  });

  test.each(rows)('names a reason for a difference, and a test: %s', (row) => {
    const [, what, here = '', why = '', reference = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect(what).not.toBe('');
    expect(here).not.toBe('');
    if (why !== '' || !/^(?:same|both|as |read|asks)/.test(here)) expect(reasons).toContain(why);
    const [, key = '', words = ''] = /^(\S+): (.+)$/.exec(reference) ?? [];
    const files = tests.filter((file) => [`/${key}`, `/${key}.test.ts`].some((end) => `/${file}`.endsWith(end)));
    expect(files).toHaveLength(1);
    expect(titlesIn(files[0] ?? '').filter((title) => title.includes(words))).not.toEqual([]);
  });
});

/** The options of a line `eyaml check …` that the command does not take, and the values that it refuses. */
function unknownOptions(line: string): readonly string[] {
  const words = line.trim().split(/\s+/);
  const flags = Object.entries<Flag>({ ...Check.baseFlags, ...Check.flags });
  return words.flatMap((word, i) => {
    if (!word.startsWith('-')) return [];
    const flag = flags.find(
      ([name, { char }]) => word === `--${name}` || (char !== undefined && word === `-${char}`),
    )?.[1];
    if (!flag) return [word];
    const value = words[i + 1] ?? '';
    return flag.options && !flag.options.includes(value) ? [`${word} ${value}`] : [];
  });
}

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
