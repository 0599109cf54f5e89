import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Name } from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEnvelope, writeEnvelope } from '../../src/pkcs7/envelope.js';
import { certificateIdOf, nameFromText, nameText, NO_CERTIFICATE } from '../../src/pkcs7/names.js';
import { usualNameText } from '../../src/pkcs7/usual-name.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { CERTIFICATE, openssl, PRIVATE_KEY, PRIVATE_KEY_FILE, selfSigned } from '../helpers/pkcs7.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync('/tmp/eg-');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a subject', () => {
  const derOf = (text: string) => Buffer.from(AsnConvert.serialize(nameFromText(text)));
  const shownBy = (der: Buffer) => nameText(AsnConvert.parse(der, Name));

  test.each([
    ['/', '/'],
    ['/CN=eyaml', '/CN=eyaml'],
    ['/C=DE/ST=Bayern/L=Fürth/O=A & B, Inc./OU=it/CN=eyaml', '/C=DE/ST=Bayern/L=Fürth/O=A & B, Inc./OU=it/CN=eyaml'],
    ['/DC=com/DC=example/emailAddress=a@example.com/serialNumber=12-3', undefined],
    ['/CN=a=b+c', undefined],
    ['/CN=a\\/b', '/CN=a/b'],
    ['/CN=back\\\\slash', '/CN=back\\slash'],
    ['/CN=ends in one\\\\', '/CN=ends in one\\'],
    ['//CN=a//CN=b/', '/CN=a/CN=b'],
    ['/CN=🐢 turtle', undefined],
  ])('%s is read', (text, shown) => {
    expect(shownBy(derOf(text))).toBe(shown ?? text);
    expect([shown ?? text, undefined]).toContain(usualNameText(derOf(text)));
  });

  test.each([
    '',
    'CN=eyaml',
    '/eyaml',
    '/CN',
    '/CN=',
    '/=x',
    '/XX=1',
    '/cn=x',
    '/CN=a\\',
    '/C=D',
    '/C=DEU',
    '/C=Ü1',
    '/serialNumber=1@2',
    '/serialNumber=ü',
    '/emailAddress=ü@example.com',
    '/DC=ü',
    '/CN=a\nb',
    '/CN=\u001b[31m',
    '/CN=\ud800',
  ])('%j is refused', async (text) => {
    expect((await eyamlErrorOf(() => nameFromText(text))).code).toBe('USAGE');
  });

  test('any text at all is a name or USAGE, and a name is shown as it was written', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '/', '\\', '=', ' ', '\n', '\0', 'ż', '🐢', '\ud800') });
    const part = fc.tuple(fc.constantFrom('CN', 'C', 'emailAddress', 'O', 'X', ''), fc.constantFrom('=', ''), value);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), (parts) => {
        const text = parts.map(([name, equals, value]) => `/${name}${equals}${value}`).join('');
        let der: Buffer;
        try {
          der = derOf(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'USAGE' });
          return;
        }
        const unescaped = text.replace(/\/+(?=\/|$)/g, '').replace(/\\(.)/g, '$1');
        if (!text.includes('\\/')) expect(shownBy(der)).toBe(unescaped || '/');
        expect([shownBy(der), undefined]).toContain(usualNameText(der));
      }),
      { numRuns: 500 },
    );
  });

  test('a name is read without the ASN.1 library if it is in ASCII, and never otherwise than by that', () => {
    const der = derOf('/C=DE/ST=Bayern/O=it/emailAddress=a@example.com/DC=com/serialNumber=1/CN=eyaml');
    expect(usualNameText(der)).toBe('/C=DE/ST=Bayern/O=it/emailAddress=a@example.com/DC=com/serialNumber=1/CN=eyaml');
    expect(usualNameText(Buffer.from('3000', 'hex'))).toBe('/');
    const damaged = fc.tuple(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length));
    fc.assert(
      fc.property(damaged, ([place, octet, end]) => {
        const other = Buffer.from(der);
        other[place] = octet;
        for (const octets of [other, other.subarray(0, end)]) {
          const usual = usualNameText(octets);
          if (usual !== undefined) expect(usual).toBe(shownBy(octets));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('it is what openssl makes of the same text', () => {
    for (const subject of [
      '/C=DE/O=A\\/B/CN=J\\\\x',
      '/DC=com/DC=example/CN=Jürgen',
      '/CN=a/emailAddress=a@example.com',
    ]) {
      const { certificateFile } = selfSigned(folder, 'subject', ['-key', PRIVATE_KEY_FILE, '-utf8', '-subj', subject]);
      const { raw } = new X509Certificate(readFileSync(certificateFile));
      expect(Buffer.from(certificateIdOf(raw).issuer).toString('hex')).toBe(derOf(subject).toString('hex'));
    }
  });
});

describe('what names a certificate is taken octet by octet', () => {
  const subject = '/C=DE/ST=Bayern/O=Ünï & Söhne/OU=it/CN=çert/emailAddress=a@example.com';

  test.each(['default', 'nombstr', 'pkix', 'utf8only', 'MASK:0x800', 'MASK:0x100', 'MASK:0x4'])(
    'names of the string mask %s',
    (mask) => {
      const [config, request] = [path.join(folder, 'mask.cnf'), path.join(folder, 'mask.crt')];
      writeFileSync(config, `[req]\nstring_mask=${mask}\ndistinguished_name=dn\n[dn]\n`);
      const args = ['-config', config, '-key', PRIVATE_KEY_FILE, '-utf8', '-subj', subject, '-out', request];
      execFileSync('openssl', ['req', '-x509', ...args], { stdio: 'ignore' });
      checkId(request, /\/C=DE\/ST=Bayern\/O=.*\/OU=it\/CN=.*\/emailAddress=a@example\.com$/);
    },
  );

  test.each(['0', '1', '0x7f', '0x80', '0xff00', '0x00ff', `0x${'f'.repeat(38)}`, '-1', '-200'])(
    'the serial number %s',
    (serial) => {
      const args = ['-key', PRIVATE_KEY_FILE, '-set_serial', serial];
      checkId(selfSigned(folder, 'serial', args).certificateFile, /issuer \/CN=serial$/);
    },
  );

  /** openssl finds its certificate by them: with two recipients it must know which key is whose. */
  function checkId(certificateFile: string, text: RegExp): void {
    const { raw, publicKey } = new X509Certificate(readFileSync(certificateFile));
    const id = certificateIdOf(raw);
    expect(id.text).toMatch(text);
    expect(raw.includes(Buffer.from(id.issuer))).toBe(true);
    const serial = Buffer.concat([Buffer.from([2, id.serialNumber.length]), id.serialNumber]);
    expect(raw.includes(serial)).toBe(true);
    const message = writeEnvelope(Buffer.from('for it'), publicKey, id);
    expect(readEnvelope(message).readers).toEqual([id.text]);
    const decrypt = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-inkey', PRIVATE_KEY_FILE];
    expect(openssl([...decrypt, '-recip', certificateFile], message).toString()).toBe('for it');
  }
});

test('a bare public key is named like the certificates of the Ruby tool, which are numbered 0 and nameless', () => {
  const { issuer, serialNumber, text } = certificateIdOf(CERTIFICATE.raw);
  expect({ issuer, serialNumber, text }).toEqual(NO_CERTIFICATE);
  const message = writeEnvelope(Buffer.from('x'), CERTIFICATE.publicKey, NO_CERTIFICATE);
  expect(readEnvelope(message).open(PRIVATE_KEY)).toEqual(Buffer.from('x'));
});
