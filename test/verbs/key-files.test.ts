import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { finishKeyPair, unfinishedPairHints } from '../../src/files/key-pair.js';
import { processStamp } from '../../src/files/process-stamp.js';
import { writeKeyFiles } from '../../src/verbs/key-files.js';
import { MAIN } from '../helpers/cli.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

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

describe('a pair that a killed run left unfinished', () => {
  const PENDING = '.eyaml-createkeys';
  const NEW = { privateKey: 'new private key\n', publicKey: 'new public key\n' };

  /** A folder as a run leaves it that is killed before the first half takes its place. */
  function unfinished() {
    const folder = scratchFolder();
    const at = (name: string) => path.join(folder, name);
    const privateHalf = { realPath: at('private'), content: NEW.privateKey, mode: 0o600 };
    const publicHalf = { realPath: at('public'), content: NEW.publicKey, mode: 0o644 };
    const script = `
      import { putKeyPair } from ${JSON.stringify(pathToFileURL(path.resolve(MAIN, '../../src/files/key-pair.js')).href)};
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { renameSync } = fs;
      fs.renameSync = (from, to) => (to === ${JSON.stringify(at('public'))} ? process.kill(process.pid, 'SIGKILL') : renameSync(from, to));
      syncBuiltinESMExports();
      putKeyPair(...${JSON.stringify([publicHalf, privateHalf])});
    `;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
    expect(signal).toBe('SIGKILL');
    expect(readdirSync(folder)).toEqual([PENDING]);
    return { at, finish: () => finishKeyPair(folder, 'keys'), names: () => readdirSync(folder).sort() };
  }

  const copyOf = (folder: string) => {
    cpSync(folder, `${folder}2`, { recursive: true });
    chmodSync(`${folder}2`, 0o700);
  };

  test('is finished, and a key that is missing meanwhile says so', () => {
    const { at, finish, names } = unfinished();
    expect(unfinishedPairHints(at('private'))[0]).toMatch(/^createkeys was killed in .*: run it again/);
    expect(finish()).toEqual(['keys/public', 'keys/private']);
    expect(names()).toEqual(['private', 'public']);
    expect(['private', 'public'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(Object.values(NEW));
    expect([finish(), unfinishedPairHints(at('private'))]).toEqual([[], []]);
  });

  test.each(['private', 'public'])('is left alone when the %s key has changed since', async (name) => {
    const { at, finish, names } = unfinished();
    writeFileSync(at(name), 'a key from elsewhere\n');
    const { code, message } = await eyamlErrorOf(finish);
    expect({ code, message }).toEqual({
      code: 'FILE_UNWRITABLE',
      message: 'keys/.eyaml-createkeys already exists: a killed createkeys may have left it',
    });
    expect(names()).toEqual([PENDING, name]);
    expect(readFileSync(at(name), 'utf8')).toBe('a key from elsewhere\n');
  });

  test.each([
    ['a copy, as a clone or an archive has it', copyOf],
    ['for others to write in', (folder: string) => chmodSync(folder, 0o770)],
    ['without its journal', (folder: string) => rmSync(path.join(folder, 'journal.json'))],
    [
      'with a journal that is none',
      (folder: string) => writeFileSync(path.join(folder, 'journal.json'), '{"owner":1}'),
    ],
  ])('is not taken for one when it is %s', async (_, change) => {
    const { at, finish, names } = unfinished();
    change(at(PENDING));
    if (names().length > 1) {
      rmSync(at(PENDING), { recursive: true });
      renameSync(at(`${PENDING}2`), at(PENDING));
    }
    expect((await eyamlErrorOf(finish)).message).toMatch(/already exists/);
    expect(names()).toEqual([PENDING]);
  });

  test('is not touched while its process lives', async () => {
    const { at, finish, names } = unfinished();
    const journal = JSON.parse(readFileSync(at(`${PENDING}/journal.json`), 'utf8')) as object;
    writeFileSync(at(`${PENDING}/journal.json`), JSON.stringify({ ...journal, owner: processStamp() }));
    expect((await eyamlErrorOf(finish)).message).toBe('another createkeys is running in keys');
    const keys = {
      privateKey: { file: at('private'), content: 'third private key\n' },
      publicKey: { file: at('public'), content: 'third public key\n' },
    };
    expect((await eyamlErrorOf(() => writeKeyFiles(keys, host))).message).toMatch(/^another createkeys is running in /);
    expect(names()).toEqual([PENDING]);
  });
});
