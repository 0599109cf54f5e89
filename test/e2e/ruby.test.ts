import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPkcs7Encryptor } from '../../src/encryptors/pkcs7.js';
import { eyaml } from '../helpers/cli.js';
import { SILENT } from '../helpers/context.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FIXTURES } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { keySource, PKCS7_FLAGS } from '../helpers/pkcs7.js';
import { rubyEyaml, rubyPkcs7 } from '../helpers/ruby-eyaml.js';

const fixture = (tree: 'tree' | 'plain', file: string) =>
  readFileSync(path.join(FIXTURES, tree, 'pkcs7', file), 'utf8');

test('a tree of both methods is read as it was written', async () => {
  const home = createGnupgHome({ secret: ['puppetmaster'] });
  try {
    for (const file of ['mixed.eyaml', 'untagged.eyaml']) {
      const args = ['decrypt', '-e', path.join(FIXTURES, 'tree/pkcs7', file), ...PKCS7_FLAGS];
      const { stdout, stderr } = await eyaml(args, { env: { GNUPGHOME: home.path } });
      expect({ stdout, stderr }).toEqual({ stdout: fixture('plain', file), stderr: '' });
    }
  } finally {
    home.remove();
  }
});

describe.runIf(hasPeer('eyaml'))('beside the Ruby tool', () => {
  test('both read what it wrote, alike', async () => {
    const cwd = scratchFolder();
    // It is here without its GPG plugin.
    const files = ['mixed.eyaml', 'untagged.eyaml'].map((file) => {
      writeFileSync(path.join(cwd, file), fixture('tree', file).replace(/ENC\[GPG,[^\]]+\]/g, 'gpg'));
      return { file, plain: fixture('plain', file).replace(/DEC::GPG\[[^\]]+\]!/g, 'gpg') };
    });
    const theirs = rubyEyaml(
      cwd,
      files.map(({ file }) => ['decrypt', '-e', file]),
    );
    for (const [i, { file, plain }] of files.entries()) {
      const ours = await eyaml(['decrypt', '-e', file, ...PKCS7_FLAGS], { cwd });
      expect(ours.stdout).toBe(plain);
      expect(theirs[i]?.stdout).toBe(plain);
    }
  });

  test('each reads 200 plaintexts that the other encrypted', async () => {
    const encryptor = createPkcs7Encryptor({
      publicKey: keySource('public'),
      privateKey: keySource('private'),
      environment: {},
      messages: SILENT,
    });
    const sealer = await encryptor.prepare('any');
    const text = fc.string({ unit: 'binary', maxLength: 80 }).map((string) => Buffer.from(string));
    const lines = fc.array(fc.string({ maxLength: 20 })).map((all) => Buffer.from(all.join('\n')));
    const octets = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const plaintexts = [
      Buffer.alloc(0),
      Buffer.from('\n'),
      Buffer.alloc(16),
      Buffer.alloc(100_000, 'a line of text\r\n'),
      ...fc.sample(fc.oneof(text, lines, octets), { seed: 20260101, numRuns: 196 }),
    ];
    const ours = await Promise.all(plaintexts.map((plaintext) => sealer.encrypt(plaintext)));
    expect(rubyPkcs7('decrypt', ours)).toEqual(plaintexts);
    const theirs = rubyPkcs7('encrypt', plaintexts);
    expect(await Promise.all(theirs.map((value) => encryptor.decrypt(value)))).toEqual(plaintexts);
    expect(theirs.map(({ length }) => length)).toEqual(ours.map(({ length }) => length));
  });

  test('a file goes from hand to hand, and only what was changed changes', async () => {
    const cwd = scratchFolder();
    const file = path.join(cwd, 'common.eyaml');
    const script = path.join(cwd, 'editor');
    const editor = (commands: string) => {
      writeFileSync(script, `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
      return { EDITOR: script };
    };
    const read = () => readFileSync(file, 'utf8');
    const valueIn = (text: string, key: string) =>
      new RegExp(`(?<=^${key}:.*?)ENC\\[[^\\]]*\\]`, 'ms').exec(text)?.[0] ?? expect.fail(`no value in ${key}`);
    const shown = async () => (await eyaml(['decrypt', '-e', file, ...PKCS7_FLAGS], { cwd })).stdout;
    const text = [
      '---',
      '# a comment',
      'first: DEC::PKCS7[one]!',
      'second: DEC::PKCS7[żółw 🐢]!',
      'third: "https://user:DEC::PKCS7[p:4 \\s]!@host/"',
      'fourth: >',
      '  DEC::PKCS7[in a block]!',
      'fifth: [DEC::PKCS7[a]!, DEC::PKCS7[b]!]',
      '',
    ].join('\n');
    writeFileSync(path.join(cwd, 'text'), text);

    const [created] = rubyEyaml(cwd, [['edit', 'common.eyaml']], editor('cp text "$1"'));
    expect(created?.status).toBe(0);
    expect(await shown()).toBe(text);

    const byRuby = read();
    const edit = ['edit', 'common.eyaml', ...PKCS7_FLAGS];
    const edited = await eyaml(edit, { cwd, env: editor('sed -i "s/żółw 🐢/changed/" "$1"') });
    expect({ code: edited.code, stderr: edited.stderr }).toEqual({ code: 0, stderr: '' });
    const byUs = read();
    expect(byUs).toBe(byRuby.replace(valueIn(byRuby, 'second'), valueIn(byUs, 'second')));
    expect(valueIn(byUs, 'second')).not.toBe(valueIn(byRuby, 'second'));

    const again = editor('sed -i "s/\\[one\\]/[ONE]/" "$1"');
    const [editedAgain] = rubyEyaml(cwd, [['edit', 'common.eyaml']], again);
    expect(editedAgain?.status).toBe(0);
    const byRubyAgain = read();
    expect(byRubyAgain).toBe(byUs.replace(valueIn(byUs, 'first'), valueIn(byRubyAgain, 'first')));
    const changed = text.replace('[one]', '[ONE]').replace('żółw 🐢', 'changed');
    expect(await shown()).toBe(changed);

    const recrypted = await eyaml(['recrypt', '--all', '--yes', 'common.eyaml', ...PKCS7_FLAGS], { cwd });
    expect(recrypted.code).toBe(0);
    expect(read()).not.toBe(byRubyAgain);
    const [recryptedByRuby, decrypted] = rubyEyaml(cwd, [
      ['recrypt', 'common.eyaml'],
      ['decrypt', '-e', 'common.eyaml'],
    ]);
    expect(recryptedByRuby?.status).toBe(0);
    expect(decrypted?.stdout).toBe(changed);
    expect(await shown()).toBe(changed);
  });

  test('both print new values alike', async () => {
    const cwd = scratchFolder();
    const outputs = ['string', 'block', 'examples'].flatMap((output) => [
      ['encrypt', '-s', 'a secret', '-o', output],
      ['encrypt', '-s', 'a secret', '-o', output, '-l', 'the label'],
    ]);
    const theirs = rubyEyaml(cwd, outputs);
    const shape = (text: string) =>
      text.replace(/ENC\[PKCS7,[^\]]*\]/g, (value) => value.replace(/(?<!^.{0,9})[\w+/=]/gs, '.'));
    for (const [i, args] of outputs.entries()) {
      const ours = await eyaml([...args, '-n', 'pkcs7', ...PKCS7_FLAGS], { cwd });
      // Version 5 of the Ruby tool prints no line end after a string, as we do; version 3 does.
      const their = args.includes('string') ? theirs[i]?.stdout.trimEnd() : theirs[i]?.stdout;
      expect([args, shape(ours.stdout)]).toEqual([args, shape(their ?? '')]);
    }
  });
});
