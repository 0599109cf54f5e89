import { expect, test } from 'vitest';
import { renderReadable } from '../../src/eyaml/readable.js';
import { createEyamlText } from '../../src/eyaml/text.js';
import { hasPeer } from '../helpers/peers.js';
import { puppetViews } from '../helpers/puppet-view.js';
import { fakePayload, STYLES } from './documents.js';

const PAYLOAD = fakePayload(1);

// What YAML would read as something else, or not at all.
const PLAINTEXTS = [
  ...[
    'plain',
    '',
    ' ',
    'yes',
    'No',
    'on',
    'y',
    'null',
    '~',
    'true',
    '007',
    '0o7',
    '0x1F',
    '1_000',
    '1,000',
    '12:30:45',
    '1e3',
    '.5',
  ],
  ...[
    '2001-01-01',
    ':symbol',
    '=',
    '<<',
    '- a',
    '? a',
    'a: b',
    'a: b # c',
    '# c',
    '*x',
    '&x',
    '!x',
    '%x',
    '@x',
    '`x',
    '|',
    '>',
    '[x',
    '{x}',
  ],
  ...[
    "it's",
    'say "x"',
    '"',
    "'",
    'back\\slash',
    ' leading',
    'trailing ',
    'tab\there',
    '\ttab',
    'a,b',
    ']',
    '}',
    'x]!',
  ],
  ...[
    'two\nlines',
    'two\nlines\n',
    'three\n\n\nlines\n\n',
    '\nfirst blank',
    '  indented\nfirst',
    'a\n  b\n c\n',
    '\n',
    '\n\n',
    ' \n ',
  ],
  ...[
    '---\na: b\n',
    '# c\nd',
    'a\r\nb\r\n',
    'lone\rreturn',
    'crlf\r\n',
    'bell\u0007',
    'nel\u0085x',
    'ls\u2028x',
    'ffff\uffff',
    'oN',
    '.Nan',
    'esc\u001b[2J',
    'end\r',
    '\ufeffbom',
    'ünï ☃ 漢字 😀',
  ],
].map((text) => Buffer.from(text));
PLAINTEXTS.push(Buffer.of(0, 0xff, 0x80), Buffer.from('latin1 \xe9', 'latin1'));

const MORE_STYLES = {
  'in quotes in flow collections': (payload: string, key: string) =>
    `${key}: [{ a: "ENC[GPG,${payload}]", b: 'ENC[GPG,${payload}]' }, 2]\n`,
  'in a list that is not indented': (payload: string, key: string) =>
    `${key}:\n- ENC[GPG,${payload}]\n- >\n  ENC[GPG,${payload}]\n`,
};

const KEYS_DIFFER = new Set(['in a key']);

interface Seen {
  readonly style: string;
  readonly plaintext: Buffer;
  readonly yaml: string;
  readonly readable: string;
}

async function everything(): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const [style, build] of Object.entries({ ...STYLES, ...MORE_STYLES })) {
    for (const eol of ['\n', '\r\n']) {
      const yaml = `---\nfirst: 1\nnested:\n  deep:\n${build(PAYLOAD, 'k').replace(/^/gm, '    ')}last: 2\n`.replaceAll(
        '\n',
        eol,
      );
      for (const plaintext of PLAINTEXTS) {
        const octets = await renderReadable(createEyamlText(yaml), () => plaintext, 'yaml');
        seen.push({ style, plaintext, yaml, readable: octets.toString('latin1') });
      }
    }
  }
  for (const tail of [' # a comment', '   ', '\t']) {
    const yaml = `a: ENC[GPG,${PAYLOAD}]${tail}\nb: 'ENC[GPG,${PAYLOAD}]'${tail}\n\n\nc: >\n  ENC[GPG,${PAYLOAD}]\n\n\n`;
    for (const plaintext of PLAINTEXTS) {
      const octets = await renderReadable(createEyamlText(yaml), () => plaintext, 'yaml');
      seen.push({ style: 'something behind it', plaintext, yaml, readable: octets.toString('latin1') });
    }
  }
  return seen.filter(({ style }) => !KEYS_DIFFER.has(style));
}

test.runIf(hasPeer('ruby'))(
  'Ruby loads the decrypted YAML to the strings that Puppet sees',
  { timeout: 120_000 },
  async () => {
    const seen = await everything();
    const views = puppetViews([
      ...seen.map(({ yaml, plaintext }) => ({ yaml, plaintexts: { [PAYLOAD]: plaintext.toString('base64') } })),
      ...seen.map(({ readable }) => ({ yaml: Buffer.from(readable, 'latin1').toString(), plaintexts: {} })),
    ]);
    const wrong = seen.flatMap(({ style, plaintext, readable }, i) => {
      const [wanted, got] = [views[i], views[seen.length + i]];
      // What Ruby itself cannot load, a value in a flow collection without quotes, has nothing to compare with.
      return wanted === 'null' || wanted === got
        ? []
        : [{ style, plaintext: plaintext.toString(), readable, wanted, got }];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  },
);

test.each(['ENC', 'x ENC', '{{ template }} ENC'])(
  '%s alone is no YAML mapping: its bytes are those of the plaintext',
  async (text) => {
    const yaml = text.replace('ENC', `ENC[GPG,${PAYLOAD}]`);
    for (const plaintext of PLAINTEXTS) {
      const readable = await renderReadable(createEyamlText(yaml), () => plaintext, 'yaml');
      expect(readable).toEqual(Buffer.concat([Buffer.from(text.replace('ENC', '')), plaintext]));
    }
  },
);
