import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { RECIPIENTS_FILE } from '../../src/recipients/file.js';
import { KEYS_FOLDER, nearestKeysFolder, nearestRecipientsFile } from '../../src/recipients/nearest.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

describe('the nearest file', () => {
  let top: string;
  const at = (name: string) => path.join(top, name);
  const recipientsIn = (folder: string) => path.join(top, folder, RECIPIENTS_FILE);

  beforeEach(() => {
    top = scratchFolder();
    mkdirSync(at('env/app/deep'), { recursive: true });
    mkdirSync(at('elsewhere/deep'), { recursive: true });
    for (const folder of ['env', 'env/app', 'elsewhere']) writeFileSync(recipientsIn(folder), 'somebody\n');
    writeFileSync(at('env/app/deep/file.yaml'), '');
    writeFileSync(at('env/file.yaml'), '');
  });

  test.each([
    ['in the same folder', 'env/file.yaml', 'env'],
    ['above, the nearer one alone', 'env/app/deep/file.yaml', 'env/app'],
    ['of a file that does not exist yet', 'env/app/new.yaml', 'env/app'],
    ['of a file in folders that do not exist yet', 'env/new/newer/new.yaml', 'env'],
    ['for a path with ..', 'env/app/../new.yaml', 'env'],
  ])('%s', async (_, target, folder) => {
    expect(await nearestRecipientsFile(at(target))).toBe(recipientsIn(folder));
  });

  test.each([
    ['a link to a file', 'elsewhere/link.yaml', '../env/app/deep/file.yaml', 'elsewhere/link.yaml', 'env/app'],
    ['a link to a folder', 'elsewhere/link', '../env/app', 'elsewhere/link/new.yaml', 'env/app'],
    ['a link to a file that is missing', 'elsewhere/link.yaml', '../env/new.yaml', 'elsewhere/link.yaml', 'env'],
  ])('goes by the real path: %s', async (_, link, to, target, folder) => {
    symlinkSync(to, at(link));
    expect(await nearestRecipientsFile(at(target))).toBe(recipientsIn(folder));
  });

  test('a relative link to a missing file, reached through a linked folder, leads where the system would go', async () => {
    symlinkSync('../elsewhere/deep', at('env/link'));
    symlinkSync('../new.yaml', at('elsewhere/deep/dangling.yaml'));
    expect(await nearestRecipientsFile(at('env/link/dangling.yaml'))).toBe(recipientsIn('elsewhere'));
  });

  test.runIf(process.geteuid?.() === 0)(
    'is an error where another user may have put it, and nobody else is read',
    async () => {
      chmodSync(at('env/app'), 0o1777);
      const target = at('env/app/deep/file.yaml');
      expect(await nearestRecipientsFile(target)).toBe(recipientsIn('env/app'));
      chownSync(recipientsIn('env/app'), 65534, 65534);
      const error = await eyamlErrorOf(() => nearestRecipientsFile(target));
      expect(error).toMatchObject({ code: 'RECIPIENTS_UNREADABLE', file: recipientsIn('env/app') });
      expect(error.message).toMatch(/: another user created it in a folder where everybody may write$/);
      chmodSync(at('env/app'), 0o775);
      expect(await nearestRecipientsFile(target)).toBe(recipientsIn('env/app'));
    },
  );

  test.runIf(process.geteuid?.() === 0)('so is a folder of public keys', async () => {
    mkdirSync(at(`env/${KEYS_FOLDER}`), { recursive: true });
    chmodSync(at('env'), 0o1777);
    expect(await nearestKeysFolder(at('env/file.yaml'))).toBe(at(`env/${KEYS_FOLDER}`));
    chownSync(path.dirname(at(`env/${KEYS_FOLDER}`)), 65534, 65534);
    const error = await eyamlErrorOf(() => nearestKeysFolder(at('env/file.yaml')));
    expect(error).toMatchObject({ code: 'KEY_FILE_UNREADABLE' });
    expect(error.message).toMatch(/: another user created it in a folder where everybody may write$/);
  });

  test('a linked recipients file counts', async () => {
    symlinkSync('../hiera-eyaml-gpg.recipients', recipientsIn('env/app/deep'));
    expect(await nearestRecipientsFile(at('env/app/deep/file.yaml'))).toBe(recipientsIn('env/app/deep'));
  });

  test('a folder of that name is an error, not a reason to look further up', async () => {
    mkdirSync(recipientsIn('env/app/deep'));
    await expect(nearestRecipientsFile(at('env/app/deep/file.yaml'))).rejects.toMatchObject({
      code: 'RECIPIENTS_UNREADABLE',
    });
  });

  test.each([
    ['leads nowhere', 'missing'],
    ['goes round in circles', RECIPIENTS_FILE],
  ])('a recipients file that is a link and %s is an error, not a reason to look further up', async (_, to) => {
    symlinkSync(to, recipientsIn('env/app/deep'));
    const error = await eyamlErrorOf(() => nearestRecipientsFile(at('env/app/deep/file.yaml')));
    expect(error.code).toBe('RECIPIENTS_UNREADABLE');
    expect(error.message).toContain(recipientsIn('env/app/deep'));
  });

  test('there may be none', async () => {
    expect(await nearestRecipientsFile('/nonexistent/file.yaml')).toBeUndefined();
  });
});
