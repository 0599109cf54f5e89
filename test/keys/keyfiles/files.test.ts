import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findKeyFiles } from '../../../src/keys/keyfiles/files.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';

const LARGEST = 16 << 20;

function folderOf(files: number, size: number): string {
  const folder = scratchFolder();
  for (let n = 1; n <= files; n += 1) {
    const file = path.join(folder, `${n}.asc`);
    writeFileSync(file, '');
    truncateSync(file, size);
  }
  return folder;
}

test('a folder of keys whose files would fill the memory is refused, not read in part', async () => {
  const folder = folderOf(6, LARGEST);
  const error = await eyamlErrorOf(() => findKeyFiles({ fileOrFolder: folder, kind: 'named' }));
  expect(error).toMatchObject({ code: 'KEY_FILE_UNREADABLE', file: folder });
  expect(error.message).toBe(`cannot read the keys in ${folder}: its files hold more than 64 MiB`);
});

test('a folder of thousands of small files is read', async () => {
  expect((await findKeyFiles({ fileOrFolder: folderOf(3000, 10), kind: 'named' })).files).toHaveLength(3000);
});
