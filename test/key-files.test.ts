import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeKeyFiles } from '../src/key-files.js';
import { eyamlErrorOf } from './helpers/errors.js';
import { scratchFolder } from './helpers/files.js';

const host = { confirmOverwrite: () => Promise.resolve(true), notify: () => undefined };

test.each([['old private key\n'], [undefined]])(
  'when the second key cannot take its place, the first is as it was: %j',
  async (old) => {
    const folder = scratchFolder();
    const at = (name: string) => path.join(folder, name);
    mkdirSync(at('public/more'), { recursive: true });
    if (old !== undefined) writeFileSync(at('private'), old);
    const before = readdirSync(folder).sort();
    const keys = {
      privateKey: { file: at('private'), content: 'new private key\n' },
      publicKey: { file: at('public'), content: 'new public key\n' },
    };
    expect((await eyamlErrorOf(() => writeKeyFiles(keys, host))).code).toBe('FILE_UNWRITABLE');
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readdirSync(at('public'))).toEqual(['more']);
    if (old !== undefined) expect(readFileSync(at('private'), 'utf8')).toBe(old);
  },
);
