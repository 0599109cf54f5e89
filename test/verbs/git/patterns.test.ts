import path from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openGit } from '../../../src/git/git.js';
import { attributeLines, filesWithValues, patternsFor, uncoveredAmong } from '../../../src/verbs/git/patterns.js';
import { createRepository } from '../../helpers/repository.js';

const VALUE = 'a: ENC[GPG,hQEMA0BNDmIJ6y3YAQf9]\n';

test.each<[string, string[], string[]]>([
  ['nothing', [], ['*.eyaml']],
  ['eyaml files anywhere', ['a.eyaml', 'b/c.eyaml'], ['*.eyaml']],
  ['one folder', ['data/a.yaml', 'data/b.yaml'], ['*.eyaml', '/data/*.yaml']],
  ['folders below one', ['data/a.yaml', 'data/nodes/b.yaml', 'x.eyaml'], ['*.eyaml', '/data/**/*.yaml']],
  ['a deep folder', ['modules/x/data/a/b.yaml', 'modules/x/data/c.yaml'], ['*.eyaml', '/modules/x/data/**/*.yaml']],
  ['two endings', ['data/a.yaml', 'data/b.yml'], ['*.eyaml', '/data/*.yaml', '/data/*.yml']],
  ['the top folder', ['common.yaml'], ['*.eyaml', '/common.yaml']],
  ['too many folders', Array.from({ length: 13 }, (_, i) => `d${i}/a.yaml`), ['*.eyaml', '*.yaml']],
])('patterns for %s', (_, files, patterns) => {
  expect(patternsFor(files)).toEqual(patterns);
});

test('the files with values are those that git would take, and each is covered by the patterns for them', async () => {
  const repo = createRepository();
  const odd = ['with blank/a.yaml', 'star*[x]?/b.yml', 'quote"s\\/c.yaml', '#hash/!d.yaml', 'ü/e.yaml', '!top.yaml'];
  for (const file of [...odd, 'x.eyaml', 'ignored/x.yaml', 'docs.md']) repo.write(file, VALUE);
  repo.write('plain.yaml', 'a: 1\n');
  repo.write('docs.yaml', 'a: ENC[GPG,…]\n');
  repo.write('.gitignore', 'ignored/\n');
  const git = await openGit(repo.top, repo.env);
  const files = await filesWithValues(git);
  expect(files).toEqual([...odd, 'x.eyaml'].sort());
  expect(await uncoveredAmong(git, files)).toEqual(files);
  writeFileSync(path.join(repo.top, '.gitattributes'), attributeLines(patternsFor(files)).join('\n'));
  expect(await uncoveredAmong(git, files)).toEqual([]);
  mkdirSync(path.join(repo.top, 'new'));
  repo.write('new/f.yaml', VALUE);
  expect(await uncoveredAmong(git, await filesWithValues(git))).toEqual(['new/f.yaml']);
  repo.write('.gitattributes', '*.eyaml diff=eyaml\n');
  expect(await uncoveredAmong(git, ['x.eyaml'])).toEqual(['x.eyaml']);
});
