import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCleartext, signedOctets, writeCleartext } from '../../src/openpgp/cleartext.js';

const TEXT = 'one\n- two\n-----three\n  four\n';
const SIGNATURES = [Buffer.from([4, 1, 22, 10]), Buffer.alloc(300, 7)];
const FILE = writeCleartext({ text: TEXT, signatures: SIGNATURES });

describe('a text with signatures', () => {
  test('is written as the standard says', () => {
    expect(FILE).toMatch(
      /^-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\none\n- - two\n- -----three\n {2}four\n-----BEGIN PGP SIGNATURE-----\n\n(?:[\w+/=]{1,64}\n)+=[\w+/]{4}\n-----END PGP SIGNATURE-----\n$/,
    );
  });

  test('what is signed has CRLF between its lines, and no dashes are escaped', () => {
    expect(signedOctets(TEXT).toString()).toBe('one\r\n- two\r\n-----three\r\n  four');
  });

  test('is read back, whatever its lines hold', () => {
    const line = fc.stringMatching(/^[ -~é\u202e-]{0,20}$/).map((text) => `${text.trimEnd()}\n`);
    const signatures = fc.array(fc.uint8Array({ minLength: 1, maxLength: 10_000 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), signatures, (lines, bodies) => {
        const text = lines.join('');
        const read = readCleartext(writeCleartext({ text, signatures: bodies }));
        expect(read?.text).toBe(text);
        expect(read?.signatures.map((body) => Buffer.from(body))).toEqual(bodies.map((body) => Buffer.from(body)));
      }),
      { numRuns: 50 },
    );
  });

  test('may have CRLF everywhere, as git writes it on Windows', () => {
    expect(readCleartext(FILE.replaceAll('\n', '\r\n'))).toEqual(readCleartext(FILE));
    expect(readCleartext(FILE)).toBeDefined();
  });

  const BEGIN = '-----BEGIN PGP SIGNATURE-----\n';
  test.each<readonly [string, string]>([
    ['text before it', `see below\n${FILE}`],
    ['a line end before it', `\n${FILE}`],
    ['a byte order mark before it', `\ufeff${FILE}`],
    ['text after it', `${FILE}and more\n`],
    ['no last line end', FILE.trimEnd()],
    ['two of them', FILE + FILE],
    ['a second block of signatures', FILE + FILE.slice(FILE.indexOf(BEGIN))],
    ['a header for people', FILE.replace('Hash: SHA512\n', 'Hash: SHA512\nComment: Alice agrees\n')],
    ['another digest', FILE.replace('SHA512', 'SHA1')],
    ['no digest', FILE.replace('Hash: SHA512\n', '')],
    ['a header of the armor', FILE.replace(BEGIN, `${BEGIN}Comment: Alice agrees\n`)],
    ['text between text and signature', FILE.replace(BEGIN, `-----END PGP SIGNED MESSAGE-----\nx\n${BEGIN}`)],
    ['CRLF in one line', FILE.replace('one\n', 'one\r\n')],
    ['a trailing blank, which is not signed', FILE.replace('one\n', 'one \n')],
    ['a trailing tab, which is not signed', FILE.replace('one\n', 'one\t\n')],
    ['a dash that is not escaped', FILE.replace('- -----three', '-----three')],
    ['an escape that is not needed', FILE.replace('one', '- one')],
    ['a wrong checksum', FILE.replace(/\n=..../, '\n=AAAA')],
    ['no checksum', FILE.replace(/\n=....\n/, '\n')],
    ['lines of another length', FILE.replace(/([\w+/]{64})\n/, '$1')],
    ['no signature', FILE.replace(/(?<=SIGNATURE-----\n\n)[^]*(?=-----END)/, '')],
    [
      'a packet that is not a signature',
      writeCleartext({ text: TEXT, signatures: SIGNATURES }).replace(/(?<=SIGNATURE-----\n\n)w/, 'y'),
    ],
    ['a cut', FILE.slice(0, -100)],
    ['nothing', ''],
  ])('%s is refused', (_, file) => {
    expect(file).not.toBe(FILE);
    expect(readCleartext(file)).toBeUndefined();
  });
});
