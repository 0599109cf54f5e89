import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_DRIFT } from '../../src/encryptors/encryptor.js';
import {
  createPluginEncryptor,
  loadPlugins,
  pluginOptionName,
  type Plugin,
  type PluginContext,
} from '../../src/encryptors/plugins.js';
import { defined } from '../helpers/defined.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';
import { FIXTURES } from '../helpers/gnupg.js';

const ROT = path.join(FIXTURES, 'plugins/rot.mjs');
const WHOLE = 'export const encrypt = (octets) => octets;\nexport const decrypt = (octets) => octets;\n';
const SECRET = 'correct horse';

/** A module with some text, as a file. */
function moduleOf(text: string): string {
  const file = path.join(scratchFolder(), 'plugin.mjs');
  writeFileSync(file, text);
  return file;
}

/** What the plugin warned of is put into the list. */
const context = (options: PluginContext['options'] = { shift: '13' }, warned: string[] = []): PluginContext => ({
  options,
  warn: (message) => void warned.push(message),
});

const loadOne = async (text: string): Promise<Plugin> => defined((await loadPlugins([moduleOf(text)]))[0]);

describe('loading', () => {
  test('exports by name, the tag in upper case', async () => {
    const [rot] = await loadPlugins([ROT]);
    expect(rot).toMatchObject({ tag: 'ROT', options: { shift: { default: '13' } } });
    expect((await loadOne(`export const tag = 'kms';\n${WHOLE}`)).tag).toBe('KMS');
  });

  test('one object as the default export, whose functions keep their this', async () => {
    const plugin = await loadOne(`export default {
      tag: 'X', octet: 7,
      encrypt() { return Uint8Array.of(this.octet); },
      decrypt: (octets) => octets,
    };`);
    expect(await plugin.encrypt(new Uint8Array(), context())).toEqual(Uint8Array.of(7));
  });

  test.each([
    ['throws', `throw new Error('${SECRET}');`, 'it is not an ES module that Node can load (Error)'],
    [
      'imports what is not there',
      "import 'nowhere-to-be-found';",
      'it is not an ES module that Node can load (Error, ERR_MODULE_NOT_FOUND)',
    ],
    ['exports nothing', '', 'it exports no tag of letters and digits'],
    [
      'has a tag that no file could hold',
      `export const tag = 'A-B';\n${WHOLE}`,
      'it exports no tag of letters and digits',
    ],
    [
      'cannot decrypt',
      "export const tag = 'X';\nexport const encrypt = () => 1;",
      'it does not export the functions encrypt and decrypt',
    ],
    [
      'has an option without a summary',
      `export const tag = 'X';\nexport const options = { a: {} };\n${WHOLE}`,
      'its options are not like { "key-file": { summary: "…" } }',
    ],
    [
      'has an option with a bad name',
      `export const tag = 'X';\nexport const options = { Key_File: { summary: '' } };\n${WHOLE}`,
      'its options are not like { "key-file": { summary: "…" } }',
    ],
    ['has the tag of GPG', `export const tag = 'gpg';\n${WHOLE}`, 'the method GPG already exists'],
    ['has the tag of PKCS7', `export const tag = 'PKCS7';\n${WHOLE}`, 'the method PKCS7 already exists'],
  ])('a module that %s is PLUGIN_INVALID', async (_, text, reason) => {
    const file = moduleOf(text);
    const error = await eyamlErrorOf(() => loadPlugins([file]));
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', message: `cannot use the plugin ${file}: ${reason}` });
    expect(error.cause).toBeUndefined();
  });

  test.each([
    ['/nowhere/plugin.mjs', 'PLUGIN_MISSING', 'no such file'],
    [FIXTURES, 'PLUGIN_UNREADABLE', 'it is a folder'],
  ])('%s is %s', async (file, code, reason) => {
    const message = `cannot use the plugin ${file}: ${reason}`;
    expect(await eyamlErrorOf(() => loadPlugins([file]))).toMatchObject({ code, message });
  });

  test('two of one tag are PLUGIN_INVALID', async () => {
    const other = moduleOf(`export const tag = 'rot';\n${WHOLE}`);
    expect((await eyamlErrorOf(() => loadPlugins([ROT, other]))).message).toContain('the method ROT already exists');
  });
});

describe('the toy', () => {
  const encryptorWith = async (given: PluginContext) =>
    createPluginEncryptor(defined((await loadPlugins([ROT]))[0]), given);

  test.each([['pass wörd'], [''], ['\0\xff']])('%j comes back as it went in', async (text) => {
    const encryptor = await encryptorWith(context());
    const sealer = await encryptor.prepare('any.eyaml');
    const ciphertext = await sealer.encrypt(Buffer.from(text));
    expect(Buffer.from(ciphertext).includes(text === '' ? '\0' : text)).toBe(false);
    expect(Buffer.from(await encryptor.decrypt(ciphertext)).toString()).toBe(text);
  });

  test('follows its option, and warns', async () => {
    const warned: string[] = [];
    const sealer = await (await encryptorWith(context({ shift: '0' }, warned))).prepare('any.eyaml');
    expect(Buffer.from(await sealer.encrypt(Buffer.from('a'))).toString()).toBe('Ra');
    expect(warned).toEqual(['ROT: a shift of 0 changes nothing']);
  });

  test('its values never drift, and nobody is known to read them', async () => {
    const encryptor = await encryptorWith(context());
    expect((await encryptor.prepare('any.eyaml')).compare(Uint8Array.of(1))).toEqual(NO_DRIFT);
    expect(await encryptor.whoReads(['x'])).toEqual(new Map());
    expect(await encryptor.isAvailable('any.eyaml')).toBe(true);
  });
});

test('the name of an option has the tag before it', () => {
  expect(pluginOptionName({ tag: 'KMS' } as Plugin, 'key-id')).toBe('kms-key-id');
});

describe('what a plugin does wrong is PLUGIN_FAILED, and no word of its own is told', () => {
  const failing = async (body: string) =>
    createPluginEncryptor(
      await loadOne(`export const tag = 'X';\nexport const encrypt = ${body};\nexport const decrypt = ${body};`),
      context(),
    );

  test.each([
    ['throws', `() => { throw new TypeError('${SECRET}'); }`, 'could not decrypt: TypeError'],
    [
      'rejects',
      `async () => { throw Object.assign(new Error('${SECRET}'), { code: 'EACCES' }); }`,
      'could not decrypt: Error, EACCES',
    ],
    ['throws a string', `() => { throw '${SECRET}'; }`, 'could not decrypt: unknown error'],
    ['answers a string', `() => '${SECRET}'`, 'did not return octets (Uint8Array) from decrypt'],
    ['answers nothing', `async () => undefined`, 'did not return octets (Uint8Array) from decrypt'],
  ])('%s', async (_, body, reason) => {
    const encryptor = await failing(body);
    const error = await eyamlErrorOf(() => encryptor.decrypt(Uint8Array.of(1)));
    expect(error).toMatchObject({ code: 'PLUGIN_FAILED', message: `the plugin for X ${reason}` });
    expect(error.cause).toBeUndefined();
    const sealer = await encryptor.prepare('any.eyaml');
    expect((await eyamlErrorOf(() => sealer.encrypt(Uint8Array.of(1)))).message).not.toContain(SECRET);
  });

  test('but the message of an error that says it is an EyamlError', async () => {
    const encryptor = await failing(`() => { throw Object.assign(new Error('no key 7'), { name: 'EyamlError' }); }`);
    const { message } = await eyamlErrorOf(() => encryptor.decrypt(Uint8Array.of(1)));
    expect(message).toBe('the plugin for X could not decrypt: no key 7');
  });

  test('gives no ciphertext, which no file could hold', async () => {
    const sealer = await (await failing('() => new Uint8Array()')).prepare('any.eyaml');
    expect((await eyamlErrorOf(() => sealer.encrypt(Uint8Array.of(1)))).code).toBe('PLUGIN_FAILED');
  });
});
