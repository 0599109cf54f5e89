import { describe, expect, test } from 'vitest';
import type { Fingerprint } from '../../src/openpgp/identifiers.js';
import { knownBefore, rebased, withAccepted } from '../../src/recipients/accepted.js';
import { compareKeys, governedBy, type RecordedKey, type RecipientsRecord } from '../../src/recipients/record.js';

const FILE = 'hiera-eyaml-gpg.recipients';
const TOP = '/srv/hiera';
const key = (name: string, subkey = `${name}-subkey`): RecordedKey => ({
  fingerprint: name as Fingerprint,
  subkey: subkey as Fingerprint,
  name,
});
const [alice, bob, mallory] = [key('alice'), key('bob'), key('mallory')];

function record(
  files: Readonly<Record<string, readonly RecordedKey[]>>,
  rules: Readonly<Record<string, readonly (readonly [string, string?])[]>> = {},
): RecipientsRecord {
  return {
    files: new Map(Object.entries(files)),
    rules: new Map(
      Object.entries(rules).map(([file, all]) => [
        file,
        all.map(([path, recipientsFile]) => ({ path, recipientsFile })),
      ]),
    ),
  };
}

describe('what governed a file', () => {
  test.each<[string, RecipientsRecord, string, string | undefined]>([
    ['nothing', record({}), 'a/b.yaml', undefined],
    ['the file beside it', record({ [`a/${FILE}`]: [] }), 'a/b.yaml', `a/${FILE}`],
    ['the deepest one', record({ [FILE]: [], [`a/${FILE}`]: [] }), 'a/b/c.yaml', `a/${FILE}`],
    ['none in a folder beside it', record({ [`ab/${FILE}`]: [] }), 'a/b.yaml', undefined],
    ['one above the top', record({ [`../../${FILE}`]: [] }), 'a/b.yaml', `../../${FILE}`],
    ['no list with another name', record({ 'a/x.recipients': [] }), 'a/b.yaml', undefined],
    [
      'the first rule that matches',
      record(
        { [FILE]: [] },
        {
          '.eyaml/config.yaml': [
            ['b/**', 'b.recipients'],
            ['**', 'x.recipients'],
          ],
        },
      ),
      'a/b.yaml',
      'x.recipients',
    ],
    [
      'the nearest rules alone',
      record({ [FILE]: [] }, { '.eyaml/config.yaml': [['**', 'x.recipients']], 'a/.eyaml/config.yaml': [['c', 'y']] }),
      'a/b.yaml',
      FILE,
    ],
    [
      'the nearest file, where a rule leaves it to that',
      record({ [FILE]: [] }, { '.eyaml/config.yaml': [['*.yaml'], ['**', 'x.recipients']] }),
      'a/b.yaml',
      FILE,
    ],
    [
      'rules above the top, which see the names of the folders',
      record({}, { '../.eyaml/config.yaml': [['hiera/a/*', '../x.recipients']] }),
      'a/b.yaml',
      '../x.recipients',
    ],
  ])('%s', (_, seen, target, expected) => {
    expect(governedBy(seen, TOP, `${TOP}/${target}`)).toBe(expected);
  });
});

test('keys are compared by their primary keys', () => {
  expect(compareKeys([alice, bob], [key('alice', 'new'), mallory, key('mallory', 'second')])).toEqual({
    added: [key('mallory', 'second')],
    removed: [bob],
    newSubkeys: [key('alice', 'new')],
  });
  expect(compareKeys([alice, bob], [bob, alice])).toEqual({ added: [], removed: [], newSubkeys: [] });
});

describe('what is accepted for one file', () => {
  const accept = (before: RecipientsRecord, target: string, file: string, keys = [mallory], gone: string[] = []) =>
    withAccepted(before, TOP, { target: `${TOP}/${target}`, file, keys }, (name) => gone.includes(name));
  const governs = (after: RecipientsRecord, target: string) => governedBy(after, TOP, `${TOP}/${target}`);

  test('counts for all that follow the same recipients file', () => {
    const after = accept(record({ [FILE]: [alice] }), 'a/b.yaml', FILE);
    expect(after).toEqual(record({ [FILE]: [mallory] }));
  });

  test('counts for a nearer recipients file', () => {
    const after = accept(record({ [FILE]: [alice] }), 'a/b.yaml', `a/${FILE}`);
    expect([governs(after, 'a/c/d.yaml'), governs(after, 'b.yaml')]).toEqual([`a/${FILE}`, FILE]);
  });

  test('drops nearer files that are gone, and no others', () => {
    const files = { [FILE]: [alice], [`a/${FILE}`]: [alice], [`b/${FILE}`]: [alice] };
    const after = accept(record(files), 'a/c/d.yaml', FILE, [alice, bob], [`a/${FILE}`, `b/${FILE}`]);
    expect([...after.files.keys()]).toEqual([FILE, `b/${FILE}`]);
  });

  // A rule that changed may say of another file that people decide who are known elsewhere in the tree.
  test('does not take over what changed rules say of other files', () => {
    const rules = {
      '.eyaml/config.yaml': [
        ['dev/**', 'dev.recipients'],
        ['prod/**', 'prod.recipients'],
      ] as const,
    };
    const files = { 'dev.recipients': [alice, mallory], 'prod.recipients': [alice] };
    const after = accept(record(files, rules), 'prod/a[1].yaml', 'dev.recipients', [alice, mallory]);
    expect(governs(after, 'prod/a[1].yaml')).toBe('dev.recipients');
    expect(governs(after, 'prod/a1.yaml')).toBe('prod.recipients');
    expect(governs(after, 'x/prod/a[1].yaml')).toBe(undefined);
    expect(accept(after, 'prod/a[1].yaml', 'prod.recipients').rules.get('.eyaml/config.yaml')).toHaveLength(3);
  });

  test('counts for a file at the top alone, where rules cannot be compared', () => {
    const after = accept(record({ [FILE]: [alice] }), 'b.yaml', 'x.recipients');
    expect([governs(after, 'b.yaml'), governs(after, 'a/b.yaml')]).toEqual(['x.recipients', FILE]);
  });
});

describe('who needs no question', () => {
  const known = (before: RecipientsRecord, target: string, file: string, gone: string[] = []) =>
    knownBefore(before, TOP, { target: `${TOP}/${target}`, file, keys: [alice, bob, mallory] }, (name) =>
      gone.includes(name),
    );
  const files = { [FILE]: [alice, mallory], [`a/${FILE}`]: [alice], [`a/b/${FILE}`]: [alice, bob, mallory] };

  test.each<[string, string, string, string[], readonly RecordedKey[]]>([
    ['all of the list that governs as before', 'a/b/c.yaml', `a/b/${FILE}`, [], [alice, bob, mallory]],
    ['those of before, under a list that was not there', 'a/b/c.yaml', 'x.recipients', [], [alice, bob, mallory]],
    ['of them, those of the list that governs now', 'c.yaml', `a/${FILE}`, [], [alice]],
    ['of them, those of the lists that are gone', 'a/b/c.yaml', FILE, [`a/${FILE}`, `a/b/${FILE}`], [alice]],
    ['nobody where nothing governed', 'c.yaml', 'x.recipients', [], []],
  ])('%s', (name, target, file, gone, expected) => {
    const before = name.startsWith('nobody') ? record({}) : record(files);
    expect(known(before, target, file, gone)).toEqual(expected);
  });
});

test('a record with another top folder says the same of every file', () => {
  const rules = { 'a/.eyaml/config.yaml': [['*.yaml', 'a/x.recipients']] as const };
  const moved = rebased(record({ [FILE]: [alice], 'a/x.recipients': [bob] }, rules), TOP, `${TOP}/a`);
  expect(governedBy(moved, `${TOP}/a`, `${TOP}/a/b.yaml`)).toBe('x.recipients');
  expect(governedBy(moved, `${TOP}/a`, `${TOP}/a/b.yml`)).toBe(`../${FILE}`);
  expect(moved.files.get('x.recipients')).toEqual([bob]);
});
