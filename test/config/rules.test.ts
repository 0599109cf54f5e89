import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRules, createRulesSearch } from '../../src/config/rules.js';
import { createFreshSearch } from '../../src/recipients/source.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
beforeEach(() => {
  top = scratchFolder();
});
const at = (name: string) => path.join(top, name);
function write(name: string, text: string): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}
const rules = (homeFolder = '/nonexistent') => createRules(createRulesSearch({ homeFolder })).ruleFor;

const RULES = `rules:
  - path: '*-production.yaml'
    recipients_file: lists/ops.rcp
  - path: nodes/db*.yaml
    recipients_file: lists/dba.rcp
    encrypt_method: gpg
  - path: /legacy/**
    pkcs7_public_key: legacy.pem
`;

describe('the first rule that matches decides', () => {
  test.each([
    ['x-production.yaml', 'lists/ops.rcp'],
    ['deep/down/x-production.yaml', 'lists/ops.rcp'],
    ['nodes/db1-production.yaml', 'lists/ops.rcp'],
    ['nodes/db1.yaml', 'lists/dba.rcp'],
    ['old/nodes/db1.yaml', undefined],
    ['common.yaml', undefined],
  ])('for %s: %s', async (name, list) => {
    write('.eyaml/config.yaml', RULES);
    expect((await rules()(at(name)))?.recipientsFile).toBe(list && at(list));
  });

  test('keys and methods, with paths from the folder of the rules', async () => {
    write('.eyaml/config.yaml', RULES);
    expect(await rules()(at('legacy/a/b.yaml'))).toMatchObject({
      settings: { pkcs7_public_key: at('legacy.pem') },
      recipientsFile: undefined,
      isOwn: false,
    });
  });
});

test('the nearest file with rules decides alone; files without rules do not', async () => {
  write('.eyaml/config.yaml', RULES);
  write('app/.eyaml/config.yaml', 'rules:\n  - path: a.yaml\n    recipients_file: app.rcp\n');
  write('app/sub/.eyaml/config.yaml', 'encrypt_method: gpg\n');
  const ruleFor = rules();
  expect((await ruleFor(at('app/sub/a.yaml')))?.recipientsFile).toBe(at('app/app.rcp'));
  expect(await ruleFor(at('app/sub/x-production.yaml'))).toBeUndefined();
});

test('the real path of a file counts', async () => {
  write('.eyaml/config.yaml', RULES);
  write('nodes/db1.yaml', '---\n');
  mkdirSync(at('elsewhere'));
  symlinkSync('../nodes/db1.yaml', at('elsewhere/link.yaml'));
  expect((await rules()(at('elsewhere/link.yaml')))?.recipientsFile).toBe(at('lists/dba.rcp'));
});

test('all rules that decide in a folder', async () => {
  write('.eyaml/config.yaml', RULES);
  const found = await createRules(createRulesSearch({ homeFolder: '/nonexistent' })).rulesAt(at('nodes'));
  expect(found.map(({ pattern }) => pattern)).toEqual(['*-production.yaml', 'nodes/db*.yaml', '/legacy/**']);
});

test('rules in the home folder are the own ones', async () => {
  write('.eyaml/config.yaml', RULES);
  expect((await rules(top)(at('x-production.yaml')))?.isOwn).toBe(true);
});

describe('what cannot be used is an error', () => {
  test.each([
    ['rules: x', 'must be a list'],
    ['rules: [x]', 'rule 1 is not a mapping'],
    ['rules:\n  - recipients_file: x', 'rule 1 has no path'],
    ['rules:\n  - path: x', 'rule 1 sets nothing'],
    ['rules:\n  - {path: x, recipients_file: y}\n  - {path: x, recipient_file: y}', 'rule 2 has an unknown key'],
    ['rules:\n  - {path: x, recipients_file: [y]}', 'recipients_file must be text'],
    ['rules:\n  - {path: x/, recipients_file: y}', 'must match files, not folders'],
    ['rules:\n  - {path: ../x, recipients_file: y}', 'must match files, not folders'],
    ['rules: [', 'is not a YAML mapping'],
  ])('%s', async (text, words) => {
    write('.eyaml/config.yaml', text);
    const error = await eyamlErrorOf(() => rules()(at('sub/a.yaml')));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(words);
  });

  test('a file without rules need not be valid', async () => {
    write('.eyaml/config.yaml', 'a: [');
    expect(await rules()(at('sub/a.yaml'))).toBeUndefined();
  });

  test('a file that is not a regular one', async () => {
    mkdirSync(at('.eyaml/config.yaml'), { recursive: true });
    expect((await eyamlErrorOf(() => rules()(at('a.yaml')))).code).toBe('CONFIG_UNREADABLE');
  });
});

describe('what decides about a file', () => {
  const none = { recipients: undefined, recipientsFile: undefined };
  beforeEach(() => {
    write('.eyaml/config.yaml', RULES);
    write('hiera-eyaml-gpg.recipients', 'nearest\n');
  });

  test('a rule before the nearest file', async () => {
    const found = await createFreshSearch({ ...none, ruleFor: rules() }).governing(at('x-production.yaml'));
    expect(found).toMatchObject({ kind: 'file', file: at('lists/ops.rcp') });
  });

  test.each([
    ['the command line before a rule', new Set(['gpg-recipients']), 'options'],
    ['a rule before a configuration file', new Set<string>(), 'file'],
  ])('%s', async (_, outranking, kind) => {
    const options = { ...none, recipients: ['a'], ruleFor: rules(), outranking };
    expect((await createFreshSearch(options).governing(at('x-production.yaml')))?.kind).toBe(kind);
  });
});
