import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findPlainFiles } from '../../src/files/attributes.js';
import { scratchFolder } from '../helpers/files.js';
import { hasPeer } from '../helpers/peers.js';

const run = (program: string, ...args: readonly string[]) => execFileSync(program, args);

test('of more files than one call takes, each plain one is found with its time of change', async () => {
  const top = scratchFolder();
  const files = Array.from({ length: 1201 }, (_, i) => path.join(top, `file ${i}`));
  for (const file of files) writeFileSync(file, '');
  const plain = await findPlainFiles(files);
  expect([...plain]).toEqual(files.map((file) => [file, statSync(file).ctimeMs]));
});

test.runIf(hasPeer('setfacl') && hasPeer('setfattr'))('what a new file would lack makes a file not plain', async () => {
  const top = scratchFolder();
  const at = (name: string) => path.join(top, name);
  mkdirSync(at('folder'));
  const names = ['plain', 'pläin', 'acl', 'xattr', 'xättr # file: x', 'line\nfeed', 'folder/inherits', '-rw-r--r--+ x'];
  for (const name of names) writeFileSync(at(name), '');
  run('setfacl', '-m', 'u:1:r', at('acl'));
  run('setfacl', '-d', '-m', 'u:1:r', at('folder'));
  for (const name of ['xattr', 'xättr # file: x']) run('setfattr', '-n', 'user.note', '-v', '1', at(name));
  const plain = await findPlainFiles([...names, 'missing'].map(at));
  expect([...plain.keys()]).toEqual(['plain', 'pläin', '-rw-r--r--+ x'].map(at));
});
