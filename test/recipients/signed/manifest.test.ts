import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFingerprint } from '../../../src/openpgp/identifiers.js';
import { parseManifest, renderManifest, type Manifest } from '../../../src/recipients/signed/manifest.js';
import { printable } from '../../../src/text/printable.js';
import { defined } from '../../helpers/defined.js';

const A = 'A'.repeat(40);
const B = 'B'.repeat(40);
const ROOT = '5f'.repeat(20);
const TEXT = `eyaml recipients manifest 1
repository ${ROOT}
serial 3
threshold 1
signer ${A} Alice <alice@example.com>
signer ${B}
file hiera-eyaml-gpg.recipients
file "our servers/hiera-eyaml-gpg.recipients"
  ${A} Alice <alice@example.com>
  ${B} Bob  Builder
rules .eyaml/config.yaml
  nodes/db*.yaml gpg_recipients/ops.recipients
  "*  .yaml" "a \\"b\\".recipients"
  pkcs7/**
`;

describe('the text of a manifest', () => {
  test('says what a person can read', () => {
    const manifest = defined(parseManifest(TEXT));
    expect(manifest).toMatchObject({ repository: ROOT, serial: 3, threshold: 1 });
    expect(manifest.signers).toEqual([
      { fingerprint: A, name: 'Alice <alice@example.com>' },
      { fingerprint: B, name: '' },
    ]);
    expect(manifest.files.map(({ path, keys }) => [path, keys.length])).toEqual([
      ['hiera-eyaml-gpg.recipients', 0],
      ['our servers/hiera-eyaml-gpg.recipients', 2],
    ]);
    expect(manifest.rules[0]?.rules).toEqual([
      { path: 'nodes/db*.yaml', recipientsFile: 'gpg_recipients/ops.recipients' },
      { path: '*  .yaml', recipientsFile: 'a "b".recipients' },
      { path: 'pkcs7/**', recipientsFile: undefined },
    ]);
    expect(renderManifest(manifest)).toBe(TEXT);
  });

  test('gives the manifest back that was written, whatever its paths, patterns and names hold', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('a b', '"', '\\', ' x ', 'é', '\u202e', '\n'),
    );
    const key = fc.record({
      fingerprint: fc.stringMatching(/^[0-9A-F]{40}$/).map((hex) => defined(parseFingerprint(hex))),
      name: fc.oneof(word, fc.constant('')).map((name) => printable(name).trimEnd()),
    });
    const distinct = <T>(one: fc.Arbitrary<T>, by: (item: T) => string) =>
      fc.uniqueArray(one, { selector: by, maxLength: 4 });
    const manifest: fc.Arbitrary<Manifest> = fc.record({
      repository: fc.stringMatching(/^[0-9a-f]{40}$/),
      serial: fc.integer({ min: 1 }),
      threshold: fc.constant(1),
      signers: fc.uniqueArray(key, { selector: ({ fingerprint }) => fingerprint, minLength: 1, maxLength: 3 }),
      files: distinct(fc.record({ path: word, keys: fc.array(key, { maxLength: 3 }) }), ({ path }) => path),
      rules: distinct(
        fc.record({
          path: word,
          rules: fc.array(fc.record({ path: word, recipientsFile: fc.option(word, { nil: undefined }) }), {
            maxLength: 3,
          }),
        }),
        ({ path }) => path,
      ),
    });
    fc.assert(
      fc.property(manifest, (given) => {
        const text = renderManifest(given);
        expect(parseManifest(text)).toEqual(given);
        expect(printable(text.replaceAll('\n', ''))).toBe(text.replaceAll('\n', ''));
        expect(text).not.toMatch(/[ \t]$/m);
      }),
    );
  });

  const changed = (from: string, to: string) => {
    expect(TEXT).toContain(from);
    return TEXT.replace(from, to);
  };
  test.each<readonly [string, () => string]>([
    ['another version', () => changed('manifest 1', 'manifest 2')],
    ['no last line end', () => TEXT.trimEnd()],
    ['a blank line', () => changed('serial 3\n', 'serial 3\n\n')],
    ['an unknown line', () => changed('serial 3\n', 'serial 3\ncolour blue\n')],
    ['an unknown line between lists', () => changed('rules .eyaml', 'note x\nrules .eyaml')],
    ['two serials', () => changed('serial 3\n', 'serial 3\nserial 4\n')],
    ['serial 0', () => changed('serial 3', 'serial 0')],
    ['a serial with a sign', () => changed('serial 3', 'serial +3')],
    ['a serial that is too large', () => changed('serial 3', 'serial 9007199254740993')],
    ['a serial that is not whole', () => changed('serial 3', 'serial 3.5')],
    ['threshold 0', () => changed('threshold 1', 'threshold 0')],
    ['a threshold that nobody can reach', () => changed('threshold 1', 'threshold 3')],
    ['a threshold that is not whole', () => changed('threshold 1', 'threshold 1.5')],
    ['no signer', () => TEXT.replace(/^signer.*\n/gm, '')],
    ['one signer twice', () => changed(`signer ${B}`, `signer ${A}`)],
    ['a short fingerprint', () => changed(`signer ${B}`, 'signer BBBBBBBBBBBBBBBB')],
    ['a fingerprint in small letters', () => changed(`signer ${B}`, `signer ${B.toLowerCase()}`)],
    ['one file twice', () => changed('file hiera', 'file hiera-eyaml-gpg.recipients\nfile hiera')],
    ['a path in quotes that needs none', () => changed('rules .eyaml/config.yaml', 'rules ".eyaml/config.yaml"')],
    ['a deeper indent', () => changed(`  ${B} Bob`, `   ${B} Bob`)],
    ['a key without its indent', () => changed(`  ${B} Bob`, `${B} Bob`)],
    ['CRLF', () => TEXT.replaceAll('\n', '\r\n')],
    ['a carriage return in a name', () => changed('Bob  Builder', 'Bob\rBuilder')],
    ['a trailing blank', () => changed('Bob  Builder', 'Bob  Builder ')],
    ['a third word of a rule', () => changed('pkcs7/**', 'pkcs7/** a b')],
    ['nothing', () => ''],
  ])('%s is refused', (_, text) => {
    expect(parseManifest(text())).toBeUndefined();
  });
});
