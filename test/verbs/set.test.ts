import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../../src/context/context.js';
import { pkcs7ByForm } from '../../src/eyaml/scan.js';
import { getValues } from '../../src/verbs/get.js';
import { setValue } from '../../src/verbs/set.js';
import { unsetValue } from '../../src/verbs/unset.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';
import { plainMethods, plainValue } from '../helpers/plain-encryptor.js';
import { anyDocument, anyKey } from '../eyaml/random-yaml.js';

function plainContext() {
  const methods = plainMethods();
  const [gpg] = methods.encryptors.values();
  if (gpg === undefined) throw new Error('no method');
  const context = { ...methods, untagged: pkcs7ByForm, encryptorForNew: () => Promise.resolve(gpg) };
  return { ...context, trust: 'wot', keystore: undefined, close: () => undefined } as unknown as Context &
    typeof methods;
}

const set = (
  file: string,
  keyPath: readonly (string | number)[],
  plaintext: Uint8Array,
  context: Context,
  block = false,
) =>
  setValue(
    file,
    keyPath,
    { tag: undefined, block, plaintext: () => Promise.resolve(plaintext), onNewReaders: () => Promise.resolve() },
    context,
  );

const load = (text: string) =>
  parseAllDocuments(text.replace(/^\ufeff/, '')).map((document) => document.toJS({ mapAsMap: true }) as unknown);

test('law: any plaintext at a new key of any file comes back, and all that was there stays', async () => {
  const folder = scratchFolder();
  const file = path.join(folder, 'f.yaml');
  const plaintexts = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  );
  const forms = fc.record({ bom: fc.constantFrom('', '\ufeff'), crlf: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      anyDocument,
      forms,
      anyKey,
      fc.boolean(),
      plaintexts,
      async ({ text }, { bom, crlf }, key, block, plaintext) => {
        const before = bom + (crlf ? text.replaceAll('\n', '\r\n') : text);
        const keyPath = [`new ${key}`, key, 0];
        writeFileSync(file, before);
        const context = plainContext();
        await set(file, keyPath, plaintext, context, block && !/^(?:---\n|# head\n|\n)*\{/.test(text));
        const after = readFileSync(file, 'utf8');
        const [got] = await getValues(after, 'f', [keyPath], context);
        expect(Buffer.compare(got?.octets ?? Buffer.alloc(0), plaintext)).toBe(0);
        const loaded = load(after);
        (loaded[0] as Map<unknown, unknown>).delete(keyPath[0]);
        expect(loaded).toEqual(load(before));
        expect(crlf ? /(?<!\r)\n/.test(after) : after.includes('\r')).toBe(false);
        // And it goes as it came.
        await unsetValue(file, [keyPath[0] ?? '', key, 0], context);
        expect((load(readFileSync(file, 'utf8'))[0] as Map<unknown, unknown>).get(keyPath[0])).toEqual(
          new Map([[key, []]]),
        );
      },
    ),
    { numRuns: 60 },
  );
  expect(readdirSync(folder)).toEqual(['f.yaml']);
});

test('an error leaves the file as it was, and asks for nothing', async () => {
  const file = path.join(scratchFolder(), 'f.yaml');
  writeFileSync(file, 'a: {b: 1}\n');
  const plaintext = () => Promise.reject(new Error('asked'));
  const options = { tag: undefined, block: false, plaintext, onNewReaders: () => Promise.resolve() };
  for (const [keyPath, code] of [
    [['a'], 'KEY_UNUSABLE'],
    [['a', 'b', 'c'], 'KEY_UNUSABLE'],
  ] as const)
    expect(await eyamlErrorOf(() => setValue(file, keyPath, options, plainContext()))).toMatchObject({ code });
  const missing = path.join(file, '../no/f.yaml');
  expect(await eyamlErrorOf(() => setValue(missing, ['a'], options, plainContext()))).toMatchObject({
    code: 'FILE_UNWRITABLE',
  });
  expect(await eyamlErrorOf(() => unsetValue(`${file}.x`, ['a'], plainContext()))).toMatchObject({
    code: 'FILE_NOT_FOUND',
  });
  expect(readFileSync(file, 'utf8')).toBe('a: {b: 1}\n');
});

test('without a way to open values unasked, a value is encrypted again', async () => {
  const file = path.join(scratchFolder(), 'f.yaml');
  writeFileSync(file, `a: "${plainValue('same', 5)}"\n`);
  const context = plainContext();
  expect(await set(file, ['a'], Buffer.from('same'), context)).toMatchObject({
    kind: 'written',
    tag: 'GPG',
    isNewFile: false,
  });
  expect(context.opened).toEqual([]);
  expect(readFileSync(file, 'utf8')).toBe(`a: "${plainValue('same', 1)}"\n`);
});
