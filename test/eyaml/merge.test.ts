import { describe, expect, test } from 'vitest';
import { keepAdditions } from '../../src/eyaml/additions.js';
import { conflictsIn, resolved, type Merged } from '../../src/eyaml/conflicts.js';
import { settleDuplicates } from '../../src/eyaml/duplicates.js';

const conflict = (ours: string, theirs: string, base = '') => ({ ours, base, theirs, offset: 0 });

describe('both sides added entries', () => {
  test.each<{ what: string; merged: Merged; kept: string }>([
    { what: 'to the top', merged: ['a: 1\n', conflict('b: 1\n', 'c: 1\n')], kept: 'a: 1\nb: 1\nc: 1\n' },
    {
      what: 'with comments and blank lines',
      merged: ['a: 1\n', conflict('\n# b\nb: 1\n', '# c\nc: 1\n\n')],
      kept: 'a: 1\n\n# b\nb: 1\n# c\nc: 1\n\n',
    },
    {
      what: 'mappings and lists',
      merged: ['a: 1\n', conflict('b:\n  c: 1\n', 'd:\n- 1\n- 2\n'), 'e: 1\n'],
      kept: 'a: 1\nb:\n  c: 1\nd:\n- 1\n- 2\ne: 1\n',
    },
    {
      what: 'below a key',
      merged: ['a:\n  b: 1\n', conflict('  c: 1\n', '  d: 1\n')],
      kept: 'a:\n  b: 1\n  c: 1\n  d: 1\n',
    },
    {
      what: 'to a mapping that both made',
      merged: ['x: 1\n', conflict('a:\n  b: 1\n', 'a:\n  c: 1\n')],
      kept: 'x: 1\na:\n  b: 1\n  c: 1\n',
    },
    {
      what: 'with anchors',
      merged: ['a: 1\n', conflict('b: &b 1\n', 'c: &c R&D\n')],
      kept: 'a: 1\nb: &b 1\nc: &c R&D\n',
    },
    { what: 'to an empty file', merged: [conflict('---\na: 1\n', '---\nb: 1\n')], kept: '---\na: 1\nb: 1\n' },
    { what: 'and some are the same', merged: [conflict('a: 1\nb: 1\n', 'a: 1\nc: 1\n')], kept: 'a: 1\nb: 1\nc: 1\n' },
  ])('$what: both are kept', async ({ merged, kept }) => {
    const result = await keepAdditions(merged, '');
    expect(conflictsIn(result)).toEqual([]);
    expect(resolved(result, 'ours')).toBe(kept);
  });

  test.each<{ what: string; merged: Merged; base?: string }>([
    { what: 'the same key', merged: ['a: 1\n', conflict('b: 1\n', 'b: 2\n')] },
    { what: 'items of a list', merged: ['a:\n- 1\n', conflict('- 2\n', '- 3\n')] },
    { what: 'lines of a text', merged: ['a: |\n  x\n', conflict('  y\n', '  z\n')] },
    { what: 'entries of different mappings', merged: ['a:\n  b: 1\n', conflict('  c: 1\n', 'd: 1\n')] },
    {
      what: 'entries of different mappings, the other way round',
      merged: ['a:\n  b: 1\n', conflict('d: 1\n', '  c: 1\n')],
    },
    { what: 'only one an entry', merged: ['a: 1\n', conflict('b: 1\n', '# c\n')] },
    { what: 'and removed one', merged: ['a: 1\n', conflict('b: 1\n', 'c: 1\n', 'd: 1\n')] },
    { what: 'what is not YAML', merged: ['a: [\n', conflict('b: 1\n', 'c: 1\n')] },
    { what: 'one that was elsewhere before', merged: ['a: 1\n', conflict('b: 1\n', 'c: 1\n')], base: 'b: 1\na: 1\n' },
    {
      what: 'one that may have been elsewhere: the base has conflicts',
      merged: ['a: 1\n', conflict('b: 1\n', 'c: 1\n')],
      base: '<<<<<<<<< x\nb: 1\n=========\nb: 2\n>>>>>>>>> y\na: 1\n',
    },
    { what: 'and one begins another document', merged: ['a: 1\n', conflict('b: 1\n---\nc: 1\n', 'd: 1\n')] },
    {
      what: 'an anchor of one name',
      merged: ['a: &x 1\n', conflict('b: &x 2\n', 'c: &x 3\n'), 'd: *x\n'],
    },
    { what: 'and one names an anchor again', merged: ['a: &x 1\n', conflict('b: &x 2\n', 'c: 3\n'), 'd: *x\n'] },
    { what: 'entries of a list of mappings', merged: ['a:\n- b: 1\n', conflict('- c: 1\n', '- d: 1\n')] },
  ])('$what: a conflict', async ({ merged, base = '' }) => {
    expect(await keepAdditions(merged, base)).toEqual(merged);
  });
});

describe('a key that both added', () => {
  test('at two places: a conflict where ours is', async () => {
    const merged = ['k: 2\na: 1\nk: 1\n'];
    expect(await settleDuplicates(merged, 'a: 1\nk: 1\n', 'k: 2\na: 1\n')).toEqual([
      'a: 1\n',
      conflict('k: 1\n', 'k: 2\n'),
    ]);
    expect(await settleDuplicates(merged, 'k: 2\na: 1\n', 'a: 1\nk: 1\n')).toEqual([
      conflict('k: 2\n', 'k: 1\n'),
      'a: 1\n',
    ]);
  });

  test('the same at two places: one of them', async () => {
    expect(await settleDuplicates(['k: 1\na: 1\nk: 1\n'], 'k: 1\na: 1\n', 'a: 1\nk: 1\n')).toEqual([
      'k: 1\n',
      'a: 1\n',
    ]);
  });

  test('with what is below it', async () => {
    const [ours, theirs] = ['k:\n  x: 1\n', 'k:\n  y:\n  - 1\n'];
    const merged = [`${theirs}a: 1\n${ours}`];
    expect(await settleDuplicates(merged, `a: 1\n${ours}`, `${theirs}a: 1\n`)).toEqual([
      'a: 1\n',
      conflict(ours, theirs),
    ]);
  });

  test('keys that only look equal are no duplicates', async () => {
    for (const text of ['? [a]\n: 1\n? [b]\n: 2\n', '1: a\n"1": b\n'])
      expect(await settleDuplicates([text], text, text)).toEqual([text]);
  });

  test('in one line, or changed by then: it cannot be done', async () => {
    expect(await settleDuplicates(['{k: 1, a: 1, k: 2}\n'], '{k: 1, a: 1}\n', '{a: 1, k: 2}\n')).toBeUndefined();
    expect(await settleDuplicates(['k: 1\nk: 3\n'], 'k: 1\n', 'k: 2\n')).toBeUndefined();
  });
});
