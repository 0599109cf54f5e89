import { describe, expect, test } from 'vitest';
import { matrixHtml } from '../../src/cli/matrix/html.js';
import { matrixCsv, matrixJson } from '../../src/cli/matrix/tables.js';
import { matrixText } from '../../src/cli/matrix/text.js';
import type { Fingerprint } from '../../src/openpgp/identifiers.js';
import type { Column } from '../../src/verbs/recipients/matrix/columns.js';
import { standingsOf, type Differing, type Standing } from '../../src/verbs/recipients/matrix/differences.js';
import type { Matrix, MatrixRow } from '../../src/verbs/recipients/matrix/matrix.js';
import type { PersonsKey } from '../../src/verbs/recipients/person.js';
import { defined } from '../helpers/defined.js';

const LIST = 'hiera-eyaml-gpg.recipients';

function person(n: number, name = `Person ${n} <person${n}@example.com>`): Column & { readonly key: PersonsKey } {
  const fingerprint = String(n).padStart(40, '0') as Fingerprint;
  const key: PersonsKey = {
    ...{ fingerprint, userId: name, type: 'cv25519', expires: 4_070_908_800, isYou: n === 1, canEncrypt: true },
    ...{ validity: 'u', unreadableFor: undefined },
  };
  return { id: fingerprint, key };
}

function row(path: string, people: readonly Column[], more: Partial<MatrixRow> = {}): MatrixRow {
  const persons = people.map(({ key }, i) => ({ line: i + 1, spec: key?.fingerprint, key, problem: undefined }));
  return {
    ...{ path, source: `${path}/${LIST}`, rule: undefined, otherRules: [], method: 'GPG', problem: undefined },
    people: persons,
    list: { id: path, keys: [], mayMean: () => false },
    standings: standingsOf({ people: persons }, more.differing ?? []),
    ...{ values: 25, differing: [], damaged: [], otherMethods: new Map(), unread: [] },
    ...more,
  };
}

/** Values that differ: these keys are missing, and those are extra. */
function differs(missing: readonly Column[], extra: readonly Column[], places: Differing['places']): Differing {
  const ids = (columns: readonly Column[]) => columns.map(({ id }) => id);
  const standings = new Map<string, Standing>();
  for (const id of ids(missing)) standings.set(id, 'missing');
  for (const id of ids(extra)) standings.set(id, 'extra');
  const difference = { missing: ids(missing), extra: ids(extra), hidden: 0, doubtful: [], password: false };
  return { difference, standings, places };
}

const place = { file: 'a.yaml', line: 1, keyPath: 'k' };
const people = (count: number) => Array.from({ length: count }, (_, i) => person(i + 1));

/** The lines of the grid: from the head, whose last line ends in `values`, to the next empty line. */
function gridsIn(text: string): readonly (readonly string[])[] {
  const blocks = text.split('\n\n').map((block) => block.split('\n'));
  return blocks.filter((block) => block.some((line) => line.endsWith(' values')));
}

describe('text', () => {
  const twelve = people(12);
  const folders = Array.from({ length: 30 }, (_, i) => `hieradata/environments/production/role${i}`);
  const thirty: Matrix = { columns: twelve, rows: folders.map((folder, i) => row(folder, twelve.slice(i % 6))) };

  test('of 12 people and 30 folders fits in 80 columns, in one grid', () => {
    const text = matrixText(thirty, 80);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const [grid = [], ...others] = gridsIn(text);
    expect(others).toEqual([]);
    expect(grid).toHaveLength(32);
    expect(grid.slice(0, 4)).toEqual([
      '                  1 1 1',
      '1 2 3 4 5 6 7 8 9 0 1 2  values',
      'x x x x x x x x x x x x      25  hieradata/environments/production/role0',
      '. x x x x x x x x x x x      25  hieradata/environments/production/role1',
    ]);
    expect(text).toMatch(/^ 1 {2}Person 1 <person1@example\.com> \(you\)\n {4}0000 .* 0001 {2}expires 2099-01-01\n/);
    expect(text).toMatch(/\n750 GPG values: their readers are the recipients\n$/);
  });

  test('of many people is in blocks that fit, with every key once', () => {
    const many = people(60);
    const text = matrixText({ columns: many, rows: folders.map((folder) => row(folder, many)) }, 80);
    const grids = gridsIn(text);
    expect(grids.length).toBeGreaterThan(2);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const numbers = grids.flatMap(([tens = '', units = '']) => {
      const heads = units.slice(0, -' values'.length).trimEnd().split(' ');
      return heads.map((unit, i) => Number(`${tens.charAt(2 * i).trim()}${unit}`));
    });
    expect(numbers).toEqual(many.map((_, i) => i + 1));
    for (const grid of grids) expect(grid.filter((line) => line.includes('hieradata/'))).toHaveLength(30);
  });

  test('has a source that does not fit on the next line', () => {
    const source = 'lists/a-rather-long-name-of-a-team.recipients (rule nodes/*.yaml)';
    const [grid = []] = gridsIn(matrixText({ columns: twelve, rows: [row('nodes/*.yaml', twelve, { source })] }, 80));
    expect(grid.slice(-2)).toEqual([
      'x x x x x x x x x x x x      25  nodes/*.yaml:',
      `                                   ${source}`,
    ]);
    const [wide = []] = gridsIn(matrixText({ columns: twelve, rows: [row('nodes/*.yaml', twelve, { source })] }, 200));
    expect(wide.at(-1)).toBe(`x x x x x x x x x x x x      25  nodes/*.yaml: ${source}`);
  });

  test('says each mark and each cause once, with three of many places', () => {
    const [ann, bob, zoe] = people(3) as [Column, Column, Column];
    const stranger: Column = { id: 'F'.repeat(16), key: undefined };
    const places = Array.from({ length: 12 }, (_, i) => ({ ...place, line: i + 1 }));
    const differing = [differs([bob], [zoe, stranger], places)];
    const rows = ['a', 'b'].map((folder) => row(folder, [ann, bob], { differing }));
    const text = matrixText({ columns: [ann, bob, zoe, stranger], rows }, 80);
    expect(gridsIn(text)[0]).toEqual(['1 2 3 4  values', 'x - + +      25  a', 'x - + +      25  b']);
    expect(text.split('\n\n').slice(2)).toEqual([
      '- is a recipient, but cannot read some values\n+ can read some values, but is not a recipient',
      [
        '24 values:',
        `  - 2 ${bob.key?.userId ?? ''} cannot read it`,
        `  + 3 ${zoe.key?.userId ?? ''} can read it, and is not a recipient`,
        '  + 4 key ID FFFFFFFFFFFFFFFF can read it, and is not a recipient',
        '    a.yaml:1: k',
        '    a.yaml:2: k',
        '    a.yaml:3: k',
        '    and 21 more',
      ].join('\n'),
      '50 GPG values: the readers of 24 are not, or may not be, the recipients; eyaml recrypt re-encrypts them\n',
    ]);
  });

  test('of nobody and nothing', () => {
    expect(
      matrixText({ columns: [], rows: [row('.', [], { source: undefined, method: undefined, values: 0 })] }, 80),
    ).toBe(' values\n      0  .: no recipients\n\nno GPG values\n');
  });
});

describe('every form', () => {
  const nasty = '=x\n"1  forged\u001b[2J\u202e,';
  const column = person(1, nasty);
  const matrix: Matrix = {
    columns: [column, { id: 'F'.repeat(16), key: undefined }],
    rows: [
      row(nasty, [], {
        source: nasty,
        problem: { place: { file: nasty }, message: nasty, suggestion: nasty },
        differing: [differs([], [column], [{ file: nasty, line: 1, keyPath: nasty }])],
        standings: new Map([[column.id, 'extra']]),
        damaged: [{ file: nasty, line: 1, keyPath: nasty }],
        otherMethods: new Map([[nasty, 1]]),
        unread: [{ place: { file: nasty }, message: nasty }],
      }),
    ],
  };

  test.each([
    ['text', matrixText(matrix, 80)],
    ['csv', matrixCsv(matrix)],
    ['json', matrixJson(matrix)],
    ['html', matrixHtml(matrix, new Date(0))],
  ])('%s: names start no line of their own and move no cursor', (format, text) => {
    expect(text).not.toMatch(/[^\r\n\P{Cc}]|\u202e/u);
    const lines = text.split(/\r?\n/).filter((line) => /^\W*1 {2}forged/.test(line));
    expect(lines).toEqual([]);
    if (format === 'csv') expect(text).not.toMatch(/(?:^|,)"?=/m);
  });

  test('csv and html are refused where they would fill the memory', () => {
    const strangers = Array.from({ length: 3000 }, (_, i) => ({ id: String(i).padStart(16, '0'), key: undefined }));
    const differing = strangers.map((stranger) => differs([], [stranger], [place]));
    const large: Matrix = { columns: strangers, rows: [row('a', [], { differing })] };
    const refusal = (format: string) => `the matrix is too large for ${format}: 3001 rows and 3000 keys`;
    expect(() => matrixCsv(large)).toThrow(refusal('csv'));
    expect(() => matrixHtml(large, new Date(0))).toThrow(refusal('html'));
    expect(matrixText(large, 80)).toContain('+ 3000 key ID 0000000000002999 can read it, and is not a recipient');
  });

  test('csv has as many cells in each row', () => {
    const cells = (line: string) => line.replaceAll(/"(?:[^"]|"")*"/g, 'x').split(',').length;
    const lines = matrixCsv(matrix).trimEnd().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map(cells)).size).toBe(1);
  });

  test('json names keys by fingerprints, and unknown ones by key IDs', () => {
    const [first] = JSON.parse(matrixJson(matrix)) as { readers: readonly object[] }[];
    expect(defined(first).readers).toMatchObject([{ fingerprint: column.id, userId: nasty, standing: 'extra' }]);
  });
});
