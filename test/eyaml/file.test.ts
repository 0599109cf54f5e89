import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openEyamlFile } from '../../src/eyaml/file.js';
import { pkcs7ByForm } from '../../src/eyaml/scan.js';
import { lockOf } from '../../src/files/lock.js';
import { scratchFolder } from '../helpers/files.js';
import { fakePayload, oneLine } from './documents.js';

const OLD = oneLine(fakePayload(1));
const NEW = oneLine(fakePayload(2));

function fileOf(text: string | Buffer): string {
  const file = path.join(scratchFolder(), 'a.eyaml');
  writeFileSync(file, text);
  return file;
}

test.each([
  ['LF', `a: ${OLD}\nb: 1\n`],
  ['CRLF', `a: ${OLD}\r\nb: 1\r\n`],
  ['CRLF and LF', `a: ${OLD}\r\nb: 1\n`],
  ['a byte order mark', `\ufeffa: ${OLD}\n`],
  ['a byte order mark and CRLF', `\ufeffa: ${OLD}\r\n`],
])('a file with %s keeps it when a value is changed', async (_, text) => {
  const file = fileOf(text);
  const eyaml = await openEyamlFile(file, pkcs7ByForm);
  expect(eyaml.text.startsWith('\ufeff')).toBe(false);
  const changed = await eyaml.splice(new Map(eyaml.values.map((value) => [value, NEW])));
  expect(await eyaml.replace(changed)).toEqual({ path: file, conflict: false });
  expect(readFileSync(file, 'utf8')).toBe(text.replace(OLD, NEW));
  expect(existsSync(lockOf(file))).toBe(false);
});

test('a file that is not there has the text of a new one, and is made', async () => {
  const file = path.join(scratchFolder(), 'new.eyaml');
  const eyaml = await openEyamlFile(file, pkcs7ByForm, '---\n');
  expect([eyaml.text, eyaml.snapshot.octets]).toEqual(['---\n', undefined]);
  await eyaml.replace(`${eyaml.text}a: ${NEW}\n`);
  expect(readFileSync(file, 'utf8')).toBe(`---\na: ${NEW}\n`);
});

test('a file that was changed meanwhile is left alone', async () => {
  const file = fileOf(`a: ${OLD}\n`);
  const eyaml = await openEyamlFile(file, pkcs7ByForm);
  writeFileSync(file, 'a: theirs\n');
  await expect(eyaml.replace('a: ours\n', { onConflict: 'fail' })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  const beside = await eyaml.replace('a: ours\n');
  expect(beside.conflict).toBe(true);
  expect([file, beside.path].map((one) => readFileSync(one, 'utf8'))).toEqual(['a: theirs\n', 'a: ours\n']);
});

test('a link stays one, and the mode of the file too', async () => {
  const file = fileOf(`a: ${OLD}\n`);
  chmodSync(file, 0o640);
  const link = path.join(path.dirname(file), 'link.eyaml');
  symlinkSync('a.eyaml', link);
  const eyaml = await openEyamlFile(link, pkcs7ByForm);
  expect([eyaml.path, eyaml.snapshot.realPath]).toEqual([link, file]);
  await eyaml.replace('a: 1\n');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['a: 1\n', 0o640]);
});

test('a file that is not UTF-8 is an error', async () => {
  await expect(openEyamlFile(fileOf(Buffer.of(0xff)), pkcs7ByForm)).rejects.toMatchObject({ code: 'NOT_UTF8' });
});
