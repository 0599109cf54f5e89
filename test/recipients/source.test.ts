import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { RECIPIENTS_FILE } from '../../src/recipients/file.js';
import { createFreshSearch, createRecipientsSearch, noRecipients } from '../../src/recipients/source.js';
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
    const list = await createFreshSearch({ recipients: ['a', 'b'], recipientsFile: given() }).recipientsFor(target());
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
    const list = await createFreshSearch({ recipients: undefined, recipientsFile: given() }).recipientsFor(target());
    expect(list).toEqual({ source: given(), specs: [{ spec: 'from-file', place: { file: given(), line: 2 } }] });
  });

  test('then the nearest file, its level alone', async () => {
    const list = await createFreshSearch({ recipients: undefined, recipientsFile: undefined }).recipientsFor(target());
    const source = path.join(top, RECIPIENTS_FILE);
    expect(list).toEqual({ source, specs: [{ spec: 'nearest', place: { file: source, line: 1 } }] });
  });

  test('a given file that is missing is an error, and no other is read', async () => {
    const options = { recipients: undefined, recipientsFile: path.join(top, 'missing') };
    expect((await eyamlErrorOf(() => createFreshSearch(options).recipientsFor(target()))).code).toBe(
      'RECIPIENTS_FILE_MISSING',
    );
  });

  test('nowhere', async () => {
    const none = { recipients: undefined, recipientsFile: undefined };
    expect(await createFreshSearch(none).recipientsFor('/nonexistent/file')).toBeUndefined();
    const error = noRecipients('/nonexistent/file');
    expect(error.code).toBe('RECIPIENTS_MISSING');
    expect(error.suggestions.join()).toMatch(/hiera-eyaml-gpg\.recipients.*--gpg-recipients/);
  });
});

describe('a search of one run', () => {
  const none = { recipients: undefined, recipientsFile: undefined };

  test('reads each recipients file once, however many files follow it', async () => {
    const read: string[] = [];
    const tree = {
      nearest: () => Promise.resolve('list'),
      read: (source: string) => {
        read.push(source);
        return Promise.resolve({ source, specs: [] });
      },
    };
    const search = createRecipientsSearch({ ...none, tree });
    for (const name of ['a', 'b', 'c']) await search.recipientsFor(path.join(top, name));
    await search.recipientsIn('list');
    expect(read).toEqual(['list']);
  });

  test('a fresh search notices at once that a nearer file was written', async () => {
    const [once, fresh] = [createRecipientsSearch(none), createFreshSearch(none)];
    const nearer = path.join(top, 'app', RECIPIENTS_FILE);
    const sources = async () =>
      Promise.all([once, fresh].map(async (search) => (await search.recipientsFor(target()))?.source));
    expect(await sources()).toEqual([path.join(top, RECIPIENTS_FILE), path.join(top, RECIPIENTS_FILE)]);
    writeFileSync(nearer, 'nearer\n');
    expect(await sources()).toEqual([path.join(top, RECIPIENTS_FILE), nearer]);
  });
});
