import { expect, test } from 'vitest';
import { createScene } from '../helpers/scene.js';
import { hasPeer } from '../helpers/peers.js';
import { puppetLookup } from '../helpers/puppet.js';

// Every header of a folded block that has an indentation indicator, wherever such a block may stand; beside those, what Puppet makes
// of text that is nearly a value. PKCS7, which costs Puppet no process.
interface Place {
  /** What stands before the header. */
  readonly before: string;
  /** The column that an indicator counts from. */
  readonly column: number;
  /** What Puppet gives for the key. */
  readonly seen: (plaintext: string) => unknown;
}
const PLACES: readonly Place[] = [
  { before: ' ', column: 0, seen: (plaintext) => plaintext },
  { before: '\n  ', column: 0, seen: (plaintext) => plaintext },
  { before: ' &KEY !!str ', column: 0, seen: (plaintext) => plaintext },
  { before: '\n  a: ', column: 2, seen: (plaintext) => ({ a: plaintext }) },
  { before: '\n- ', column: 0, seen: (plaintext) => [plaintext] },
  { before: '\n  - - ', column: 4, seen: (plaintext) => [[plaintext]] },
  { before: '\n  -   b: ', column: 6, seen: (plaintext) => [{ b: plaintext }] },
];
const INDICATORS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
// Each in turn, so that each meets each indicator somewhere.
const FORMS = ['>N', '>N-', '>-N', '>+N', '>N # note', '|N'];
const DEEPER = [0, 3];

const BLOCKS = PLACES.flatMap((place, i) =>
  INDICATORS.flatMap((n) =>
    DEEPER.flatMap((deeper) =>
      [0, 3].map((turn) => {
        const form = FORMS[(i + n + turn) % FORMS.length] ?? '';
        return {
          ...{ key: `k${i}_${n}_${deeper}_${turn}`, place, deeper },
          ...{ header: form.replace('N', String(n)), indent: place.column + n + deeper },
        };
      }),
    ),
  ),
);
type Block = (typeof BLOCKS)[number];
const plaintextOf = ({ key }: Block) => `the plaintext of ${key}`;

// Blanks beyond the indent that the indicator gives are a part of what YAML loads.
const seenIn = (block: Block) => block.place.seen(' '.repeat(block.deeper) + plaintextOf(block));

/** A file of all blocks. */
function fileOf(content: (block: Block, indent: string) => string): string {
  const entry = (block: Block) => {
    const indent = ' '.repeat(block.indent);
    return `${block.key}:${block.place.before.replace('KEY', block.key)}${block.header}\n${indent}${content(block, indent)}\n`;
  };
  return `---\n${BLOCKS.map(entry).join('')}`;
}

async function expectPuppetToSee(dataFolder: string, file: string): Promise<void> {
  const hierarchy = { dataFolder, files: [file], gnupgHome: dataFolder };
  const seen = await puppetLookup(
    hierarchy,
    BLOCKS.map(({ key }) => key),
  );
  const wrong = BLOCKS.filter((block) => JSON.stringify(seen.get(block.key)) !== JSON.stringify(seenIn(block)));
  expect(wrong.map(({ key, header, indent }) => `${key}: ${header} and ${indent} columns`)).toEqual([]);
}

test.runIf(hasPeer('puppet'))(
  'Puppet reads what encrypt -e and recrypt write below every indentation indicator',
  async () => {
    const { run, read, write, cwd } = createScene({ keys: true });
    const done = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await run(args);
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    write(
      'markers.yaml',
      fileOf((block) => `DEC::PKCS7[${plaintextOf(block)}]!`),
    );
    write('encrypted.yaml', await done('encrypt', '-n', 'pkcs7', '-e', 'markers.yaml'));
    await expectPuppetToSee(cwd, 'encrypted.yaml');

    // As somebody may have wrapped them by hand, or an older tool.
    const values = (read('encrypted.yaml').match(/ENC\[[^\]]*\]/g) ?? []).map((value) => value.replace(/\s/g, ''));
    expect(values.length).toBe(BLOCKS.length);
    const wrap = (block: Block, indent: string) =>
      (values[BLOCKS.indexOf(block)]?.match(/.{1,60}/g) ?? []).join(`\n${indent}`);
    write('wrapped.yaml', fileOf(wrap));
    const found = async () => {
      const { stdout } = await run(['check', '--format', 'json', 'wrapped.yaml']);
      const { findings } = JSON.parse(stdout) as { findings: { rule: string; keyPath: string }[] };
      return findings
        .filter(({ rule }) => rule === 'passed-over-value')
        .map(({ keyPath }) => /^\w+/.exec(keyPath)?.[0]);
    };
    const isPassedOver = ({ header, deeper }: Block) => header.startsWith('|') || deeper > 0;
    expect(await found()).toEqual(BLOCKS.filter(isPassedOver).map(({ key }) => key));
    await done('recrypt', '--yes', 'wrapped.yaml');
    expect(await found()).toEqual([]);
    const text = read('wrapped.yaml');
    const untouched = BLOCKS.filter((block) => !isPassedOver(block));
    expect(untouched.filter((block) => !text.includes(wrap(block, ' '.repeat(block.indent))))).toEqual([]);
    await expectPuppetToSee(cwd, 'wrapped.yaml');
  },
);

test.runIf(hasPeer('puppet'))(
  'check finds what Puppet hands out as it stands, fails on, or decrypts unseen',
  async () => {
    const { run, write, cwd } = createScene({ keys: true });
    const value = (await run(['encrypt', '-n', 'pkcs7', '-s', 'secret', '-o', 'string'])).stdout;
    const payload = value.slice('ENC[PKCS7,'.length, -1);
    const handedOut = {
      case: `'enc[PKCS7,${payload}]'`,
      blank: `'ENC [PKCS7,${payload}]'`,
      blank_inside: `'ENC[ PKCS7,${payload}]'`,
      blank_behind: `'ENC[PKCS7 ,${payload}]'`,
      unclosed: `'ENC[${payload}'`,
      tab: `"ENC[PKCS7,${payload.slice(0, 60)}\\t${payload.slice(60)}]"`,
      key: `{ '${value}': x }`,
    };
    const unseen = {
      escape: `"\\u0045NC[PKCS7,${payload}]"`,
      continued: `"EN\\\n  C[PKCS7,${payload}]"`,
      binary: `!!binary ${Buffer.from(value).toString('base64')}`,
    };
    const fine = { good: value, blanks: `'ENC[PKCS7, ${payload}]'`, no_base64: "'ENC[he-llo]'" };
    const fails = { untagged: 'ENC[hello]', comma: `ENC[PKCS7${payload}]` };
    const writeEntries = (name: string, entries: Readonly<Record<string, string>>) =>
      write(
        name,
        Object.entries(entries)
          .map(([key, text]) => `${key}: ${text}\n`)
          .join(''),
      );
    const lookup = (file: string, keys: readonly string[]) =>
      puppetLookup({ dataFolder: cwd, files: [file], gnupgHome: cwd }, keys);
    const found = async (file: string) => {
      const { findings } = JSON.parse((await run(['check', '--format', 'json', file])).stdout) as {
        findings: { keyPath: string }[];
      };
      return findings.map(({ keyPath }) => /^\w+/.exec(keyPath)?.[0]);
    };

    writeEntries('read.yaml', { ...handedOut, ...unseen, ...fine });
    const seen = Object.fromEntries(await lookup('read.yaml', Object.keys({ ...handedOut, ...unseen, ...fine })));
    for (const key of Object.keys(handedOut)) expect(JSON.stringify(seen[key])).toContain(payload.slice(0, 60));
    for (const key of Object.keys({ ...unseen, good: 1, blanks: 1 })) expect(seen[key]).toBe('secret');
    expect(await found('read.yaml')).toEqual(Object.keys({ ...handedOut, ...unseen }));

    writeEntries('fails.yaml', fails);
    await expect(lookup('fails.yaml', ['untagged'])).rejects.toThrow('Could not parse the PKCS7');
    expect(await found('fails.yaml')).toEqual(Object.keys(fails));
  },
);
