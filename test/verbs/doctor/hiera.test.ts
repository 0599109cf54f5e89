import { expect, test } from 'vitest';
import { levelsOf } from '../../../src/verbs/doctor/hiera-levels.js';
import { matches, readWildcard } from '../../../src/verbs/doctor/wildcard.js';

test.each<[string, string, boolean, boolean]>([
  ['common.yaml', 'common.yaml', false, true],
  ['common.yaml', 'common_yaml', false, false],
  ['nodes/%{trusted.certname}.yaml', 'nodes/a.example.com.yaml', false, true],
  ['nodes/%{trusted.certname}.yaml', 'nodes/a/b.yaml', false, false],
  ['*.yaml', 'a.yaml', false, false],
  ['*.yaml', 'a.yaml', true, true],
  ['*.yaml', 'a/b.yaml', true, false],
  ['**/*.yaml', 'a/b/c.yaml', true, true],
  ['**/*.yaml', 'c.yaml', true, true],
  ['os/{debian,redhat}.yaml', 'os/debian.yaml', true, true],
  ['%{a}%{b}-%{c}.yaml', 'x-y.yaml', false, true],
])('the path %j and %j, as a glob: %j', (pattern, file, isGlob, expected) => {
  expect(matches(readWildcard(pattern, { isGlob }), file)).toBe(expected);
});

test('a pattern that was made to be slow is not', () => {
  const pattern = readWildcard(`${'%{a}-'.repeat(200)}x`, { isGlob: false });
  expect(matches(pattern, '-'.repeat(1000))).toBe(false);
});

const kindsAt = (content: Record<string, unknown>, file: string) =>
  levelsOf(content, '/repo/hiera.yaml')?.flatMap((level) =>
    level.reads(file) ? [`${level.name}: ${level.kind}`] : [],
  );

test('version 5: what a level leaves out comes from the defaults, and its options only with their function', () => {
  const content = {
    version: 5,
    defaults: { datadir: 'data', lookup_key: 'eyaml_lookup_key', options: { gpg_gnupghome: '/k' } },
    hierarchy: [
      { name: 'secrets', paths: ['nodes/%{trusted.certname}.eyaml', 'common.eyaml'] },
      { name: 'plain', data_hash: 'yaml_data', globs: ['*.yaml'] },
      { name: 'mapped', mapped_paths: ['services', 's', 'service/%{s}.eyaml'], datadir: 'other' },
      { name: 'json', data_hash: 'json_data', path: 'common.json' },
    ],
  };
  expect(kindsAt(content, '/repo/data/common.eyaml')).toEqual(['secrets: eyaml']);
  expect(kindsAt(content, '/repo/data/common.yaml')).toEqual(['plain: plain']);
  expect(kindsAt(content, '/repo/other/service/web.eyaml')).toEqual(['mapped: eyaml']);
  expect(kindsAt(content, '/repo/data/common.json')).toEqual(['json: other']);
  expect(levelsOf(content, '/repo/hiera.yaml')?.map(({ options }) => options)).toEqual([
    { gpg_gnupghome: '/k' },
    {},
    { gpg_gnupghome: '/k' },
    {},
  ]);
});

test('version 5 without a hierarchy reads data/common.yaml', () => {
  expect(kindsAt({ version: 5 }, '/repo/data/common.yaml')).toEqual(['Common: plain']);
});

test("version 3: each backend reads its own extension, and the server's data folder is found in a clone", () => {
  const content = {
    ':backends': ['eyaml', 'yaml'],
    ':hierarchy': ['nodes/%{::fqdn}', 'common'],
    ':eyaml': { ':datadir': '/etc/puppetlabs/code/environments/%{::environment}/hieradata', ':extension': 'eyaml' },
    ':yaml': { ':datadir': '/etc/puppetlabs/code/environments/%{::environment}/hieradata' },
  };
  expect(kindsAt(content, '/repo/hieradata/nodes/a.eyaml')).toEqual(['the eyaml backend: eyaml']);
  expect(kindsAt(content, '/repo/hieradata/common.yaml')).toEqual(['the yaml backend: plain']);
  expect(kindsAt(content, '/etc/puppetlabs/code/environments/test/hieradata/common.yaml')).toHaveLength(1);
});

test('another version is not known', () => {
  expect(levelsOf({ version: 4, hierarchy: [] }, '/repo/hiera.yaml')).toBeUndefined();
});
