import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createListing, findFiles, findNamed, type TreeOptions } from '../../src/files/find.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

const FILES = [
  'a.eyaml',
  'b.yaml',
  'c.yml',
  'd.json',
  'e.eyaml.bak',
  '.hidden.yaml',
  'nodes/one.eyaml',
  'nodes/deep/two.yaml',
  '.config/three.yaml',
  '.git/four.yaml',
  'node_modules/five.yaml',
  'nodes/node_modules/six.yaml',
  'nodes/.git/seven.yaml',
  'od[d] (1)/eight.yaml',
];
const BELOW = [
  '.config/three.yaml',
  '.hidden.yaml',
  'a.eyaml',
  'b.yaml',
  'c.yml',
  'nodes/deep/two.yaml',
  'nodes/one.eyaml',
  'od[d] (1)/eight.yaml',
];

function tree(): string {
  const folder = scratchFolder();
  for (const file of FILES) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  return folder;
}

/** What is found for paths, `.` being the tree, relative to it. */
async function find(folder: string, paths: readonly string[], options?: TreeOptions) {
  const { files, isOneFile } = await findFiles(
    paths.map((given) => path.join(folder, given)),
    options,
  );
  return { files: files.map((file) => path.relative(folder, file)).sort(), isOneFile };
}

describe('files and folders', () => {
  test.each([
    { what: 'a folder', paths: ['.'], files: BELOW },
    { what: 'one below', paths: ['nodes'], files: ['nodes/deep/two.yaml', 'nodes/one.eyaml'] },
    { what: 'a folder with the characters of a glob', paths: ['od[d] (1)'], files: ['od[d] (1)/eight.yaml'] },
    { what: 'a folder that is always skipped, by name', paths: ['.git'], files: ['.git/four.yaml'] },
    { what: 'two files', paths: ['b.yaml', 'a.eyaml'], files: ['a.eyaml', 'b.yaml'] },
    { what: 'a file twice', paths: ['a.eyaml', './a.eyaml'], files: ['a.eyaml'] },
    {
      what: 'a file and its folder',
      paths: ['nodes/one.eyaml', 'nodes'],
      files: ['nodes/deep/two.yaml', 'nodes/one.eyaml'],
    },
    { what: 'nested folders', paths: ['.', 'nodes', 'nodes/deep'], files: BELOW },
  ])('$what', async ({ paths, files }) => {
    expect(await find(tree(), paths)).toEqual({ files, isOneFile: false });
  });

  test.each(['a.eyaml', 'd.json', 'node_modules/five.yaml', 'od[d] (1)/eight.yaml'])(
    'one file by name: %s',
    async (file) => {
      expect(await find(tree(), [file])).toEqual({ files: [file], isOneFile: true });
    },
  );

  test('a file alone in its folder is not one that was named', async () => {
    expect(await find(tree(), ['nodes/deep'])).toEqual({ files: ['nodes/deep/two.yaml'], isOneFile: false });
  });

  test('a folder without files', async () => {
    const folder = scratchFolder();
    expect(await findFiles([folder])).toEqual({ files: [], isOneFile: false });
  });
});

describe('globs', () => {
  test.each([
    { glob: '*.yaml', files: ['.hidden.yaml', 'b.yaml'] },
    { glob: '**/*.eyaml', files: ['a.eyaml', 'nodes/one.eyaml'] },
    { glob: '{a,d}.*', files: ['a.eyaml', 'd.json'] },
    { glob: 'nodes/**', files: ['nodes/deep/two.yaml', 'nodes/one.eyaml'] },
    { glob: '**/*.yaml', files: BELOW.filter((file) => file.endsWith('.yaml')) },
  ])('$glob', async ({ glob, files }) => {
    expect(await find(tree(), [glob])).toEqual({ files, isOneFile: false });
  });
});

describe('below folders', () => {
  test.each([
    { options: { include: ['**/*.eyaml'] }, files: ['a.eyaml', 'nodes/one.eyaml'] },
    { options: { include: ['*.json', 'nodes/*'] }, files: ['d.json', 'nodes/one.eyaml'] },
    { options: { include: ['**/*'], exclude: ['**/*.y*ml', '**/*.eyaml'] }, files: ['d.json', 'e.eyaml.bak'] },
    {
      options: { exclude: ['nodes/**', '.*/**', '**/.*'] },
      files: ['a.eyaml', 'b.yaml', 'c.yml', 'od[d] (1)/eight.yaml'],
    },
    { options: { include: ['**/four.yaml', '**/five.yaml'] }, files: [] },
  ])('$options', async ({ options, files }) => {
    expect((await find(tree(), ['.'], options)).files).toEqual(files);
  });

  test('a file by name is not asked for its name', async () => {
    const options = { include: ['*.json'], exclude: ['*.eyaml'] };
    expect((await find(tree(), ['a.eyaml', '.'], options)).files).toEqual(['a.eyaml', 'd.json']);
  });
});

test('with a listing several searches find the same, and each folder is read once', async () => {
  const folder = tree();
  const listing = createListing();
  const searches = (options: TreeOptions) =>
    Promise.all([
      findFiles([folder], options).then(({ files }) => files),
      findFiles([folder], { ...options, include: ['**/*'] }).then(({ files }) => files),
      findNamed('one.eyaml', [folder], options),
      findNamed('deep', [folder], options),
    ]);
  const alone = await searches({ exclude: ['.config/**'] });
  expect(await searches({ exclude: ['.config/**'], listing })).toEqual(alone);
  expect(alone.map((found) => found.length)).toEqual([7, 9, 1, 1]);
  writeFileSync(path.join(folder, 'new.eyaml'), '');
  expect(await searches({ exclude: ['.config/**'], listing })).toEqual(alone);
});

describe('links', () => {
  test('a file is found once, however it is reached', async () => {
    const folder = tree();
    symlinkSync('a.eyaml', path.join(folder, 'link.eyaml'));
    symlinkSync('nodes', path.join(folder, 'nodes-link'));
    symlinkSync('..', path.join(folder, 'nodes/up'));
    expect((await find(folder, ['.'])).files).toEqual(BELOW);
    expect((await find(folder, ['.', 'link.eyaml', 'nodes-link', 'nodes/up/nodes'])).files).toEqual(BELOW);
    expect((await find(folder, ['nodes', 'nodes-link', 'nodes'])).files).toHaveLength(2);
  });

  test('a link by name is one file', async () => {
    const folder = tree();
    symlinkSync('a.eyaml', path.join(folder, 'link'));
    expect(await find(folder, ['link'])).toEqual({ files: ['link'], isOneFile: true });
  });

  test('two names of one file by a hard link are two files', async () => {
    const folder = tree();
    linkSync(path.join(folder, 'nodes/one.eyaml'), path.join(folder, 'nodes/other.eyaml'));
    expect((await find(folder, ['nodes'])).files).toHaveLength(3);
  });

  test('a link to nowhere is nothing below a folder, and an error by name', async () => {
    const folder = tree();
    symlinkSync('gone.eyaml', path.join(folder, 'broken.eyaml'));
    expect((await find(folder, ['.'])).files).toEqual(BELOW);
    expect((await eyamlErrorOf(() => find(folder, ['broken.eyaml']))).code).toBe('FILE_NOT_FOUND');
  });
});

test.each(['nowhere', 'nowhere.eyaml', 'nodes/nowhere/one.eyaml', 'a.eyaml/b'])(
  'nothing is at %s: that is an error, whatever else there is',
  async (given) => {
    const folder = tree();
    const error = await eyamlErrorOf(() => find(folder, ['a.eyaml', given]));
    expect([error.code, error.message]).toEqual([
      'FILE_NOT_FOUND',
      `no such file or folder: ${path.join(folder, given)}`,
    ]);
  },
);

test('a glob that matches nothing is wrong usage, whatever else there is', async () => {
  const folder = tree();
  const error = await eyamlErrorOf(() => find(folder, ['a.eyaml', '*.nothing']));
  expect([error.code, error.message]).toEqual(['USAGE', `no file matches ${path.join(folder, '*.nothing')}`]);
});

test('a pipe or a device that is named is not passed over', async () => {
  const folder = tree();
  execFileSync('mkfifo', [path.join(folder, 'pipe')]);
  expect(await find(folder, ['pipe'])).toEqual({ files: ['pipe'], isOneFile: true });
  expect((await findFiles(['/dev/null'])).files).toEqual(['/dev/null']);
  expect((await find(folder, ['.'])).files).toEqual(BELOW);
});
