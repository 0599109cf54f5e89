import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { RECIPIENTS_FILE } from '../../src/recipients/file.js';
import { findRecipients, noRecipients } from '../../src/recipients/source.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
beforeEach(() => {
  top = scratchFolder();
  mkdirSync(path.join(top, 'app'));
  writeFileSync(path.join(top, RECIPIENTS_FILE), 'nearest\n');
  writeFileSync(path.join(top, 'given'), '# given\nfrom-file\n');
});
const target = () => path.join(top, 'app/new.yaml');
const given = () => path.join(top, 'given');

describe('where recipients come from', () => {
  test('the option first', async () => {
    const list = await findRecipients(target(), { recipients: ['a', 'b'], recipientsFile: given() });
    const place = { option: '--gpg-recipients' };
    expect(list).toEqual({
      source: '--gpg-recipients',
      specs: [
        { spec: 'a', place, isTyped: true },
        { spec: 'b', place, isTyped: true },
      ],
    });
  });

  test('then the file that was given', async () => {
    const list = await findRecipients(target(), { recipients: undefined, recipientsFile: given() });
    expect(list).toEqual({ source: given(), specs: [{ spec: 'from-file', place: { file: given(), line: 2 } }] });
  });

  test('then the nearest file, its level alone', async () => {
    const list = await findRecipients(target(), { recipients: undefined, recipientsFile: undefined });
    const source = path.join(top, RECIPIENTS_FILE);
    expect(list).toEqual({ source, specs: [{ spec: 'nearest', place: { file: source, line: 1 } }] });
  });

  test('a given file that is missing is an error, and no other is read', async () => {
    const options = { recipients: undefined, recipientsFile: path.join(top, 'missing') };
    expect((await eyamlErrorOf(() => findRecipients(target(), options))).code).toBe('RECIPIENTS_FILE_MISSING');
  });

  test('nowhere', async () => {
    const none = { recipients: undefined, recipientsFile: undefined };
    expect(await findRecipients('/nonexistent/file', none)).toBeUndefined();
    const error = noRecipients('/nonexistent/file');
    expect(error.code).toBe('RECIPIENTS_MISSING');
    expect(error.suggestions.join()).toMatch(/hiera-eyaml-gpg\.recipients.*--gpg-recipients/);
  });
});
