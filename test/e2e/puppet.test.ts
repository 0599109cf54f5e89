import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { PLAINTEXTS, STYLES, type Style } from '../helpers/hiera-cases.js';
import {
  casesOf,
  expectedOf,
  hieraFile,
  markerFor,
  slotsOf,
  valueAsFound,
  withOtherPlaintexts,
  type HieraCase,
} from '../helpers/hiera-files.js';
import { hasPeer } from '../helpers/peers.js';
import { PKCS7_KEYS, puppetLookup } from '../helpers/puppet.js';

const METHODS: readonly Method[] = ['GPG', 'PKCS7'];

type Method = keyof typeof OPTIONS;
const OPTIONS = {
  GPG: ['-n', 'gpg'],
  PKCS7: [
    ...['-n', 'pkcs7', '--pkcs7-private-key', PKCS7_KEYS.privateKey],
    ...['--pkcs7-public-key', PKCS7_KEYS.publicKey],
  ],
};
const LINE_ENDS = [
  { name: 'lf', lineEnd: '\n' },
  { name: 'crlf', lineEnd: '\r\n' },
];
const FORMS = [
  { form: 'string', yaml: ' @1', seen: '@1' },
  { form: 'block', yaml: ' >\n  @block1', seen: '@1\n' },
];
// How many plaintexts each style gets: every GPG value costs Puppet a process.
const ALL = PLAINTEXTS.length;
const MANY = { GPG: 2, PKCS7: 5 };
const FEW = { GPG: 1, PKCS7: 3 };
// Of each string in a message.
const SHOWN = 100;
// Finds the markers of a buffer and puts others into their places.
const EDITOR_SCRIPT = `
import { readFileSync, writeFileSync } from 'node:fs';
const [markers, file] = process.argv.slice(2);
const byId = JSON.parse(readFileSync(markers, 'utf8'));
const buffer = readFileSync(file, 'utf8');
writeFileSync(file, buffer.replace(/DEC\\((\\d+)\\)::\\w+(:base64)?\\[.*?\\]!/gs, (old, id) => byId[id] ?? old));
`;

const testWithPuppet = test.runIf(hasPeer('puppet'));

let ours: GnupgHome;
let servers: GnupgHome;
beforeAll(() => {
  ours = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster', 'zoe'] });
  servers = createGnupgHome({ secret: ['puppetmaster'] });
});
afterAll(() => {
  ours.remove();
  servers.remove();
});

type Scene = ReturnType<typeof scene>;

/** A folder of data files, which the Puppet server can read. */
function scene() {
  const folder = scratchFolder();
  const at = (name: string) => path.join(folder, name);
  const dataFiles = new Map<string, readonly HieraCase[]>();
  const setRecipients = (...names: readonly string[]) =>
    writeFileSync(at('hiera-eyaml-gpg.recipients'), names.map((name) => `${FINGERPRINTS[name] ?? name}\n`).join(''));
  setRecipients('alice', 'puppetmaster');
  return {
    at,
    setRecipients,
    read: (name: string) => readFileSync(at(name), 'utf8'),
    write: (name: string, text: string) => writeFileSync(at(name), text),
    /** What these cases of a file hold is what Puppet is to find there. */
    expectIn: (name: string, cases: readonly HieraCase[]) => dataFiles.set(name, cases),
    run: async (args: readonly string[], { EDITOR, input = '' }: { EDITOR?: string; input?: string } = {}) => {
      const env = { GNUPGHOME: ours.path, HOME: folder, EDITOR };
      const { code, stdout, stderr } = await eyaml(args, { cwd: folder, env, input });
      if (code !== 0) throw new Error(`eyaml ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    differences: async () => {
      const cases = [...dataFiles.values()].flat();
      const hierarchy = { dataFolder: folder, files: [...dataFiles.keys()], gnupgHome: servers.path };
      const keys = cases.map(({ key }) => key);
      const seen = await puppetLookup(hierarchy, keys);
      expect([...seen.keys()].sort()).toEqual(keys.sort());
      return cases
        .map((hieraCase) => ({
          key: hieraCase.key,
          seen: JSON.stringify(seen.get(hieraCase.key)),
          wanted: JSON.stringify(expectedOf(hieraCase)),
        }))
        .filter(({ seen, wanted }) => seen !== wanted)
        .map(({ key, seen, wanted }) => `${key}: ${seen.slice(0, SHOWN)} instead of ${wanted.slice(0, SHOWN)}`);
    },
  };
}

/** Our values for all plaintexts, as hand-made files need them. */
async function valuesFor(method: Method, { write, run }: Scene): Promise<ReadonlyMap<string, string>> {
  const encoded = PLAINTEXTS.map(({ text }) => Buffer.from(text).toString('base64'));
  write('plaintexts', encoded.map((base64) => `- DEC::${method}:base64[${base64}]!\n`).join(''));
  const values = (await run(['encrypt', ...OPTIONS[method], '-e', 'plaintexts'])).match(/ENC\[.*\]/g) ?? [];
  return new Map(PLAINTEXTS.map(({ text }, i) => [text, values[i] ?? '']));
}

/** A data file that somebody laid out by hand, in styles that the tool keeps and does not make. */
function handMadeFile(cases: readonly HieraCase[], values: ReadonlyMap<string, string>, lineEnd: string): string {
  return hieraFile(cases, (slot) => valueAsFound(slot, values.get(slot.text) ?? '')).replaceAll('\n', lineEnd);
}

const stylesOf = (method: Method) => STYLES.filter(({ only }) => only === undefined || only === method);
const newStylesOf = (method: Method) =>
  stylesOf(method).filter(({ separator, opening }) => separator === undefined && opening === undefined);

testWithPuppet('what the Ruby tool wrote is read by Puppet as these tests ask it', async () => {
  const hierarchy = {
    dataFolder: path.join(FIXTURES, 'tree/pkcs7'),
    files: ['mixed.eyaml', 'untagged.eyaml'],
    gnupgHome: servers.path,
  };
  const keys = ['mixed::pkcs7', 'mixed::pkcs7_block', 'mixed::gpg', 'mixed::both', 'untagged'];
  expect(Object.fromEntries(await puppetLookup(hierarchy, keys))).toEqual({
    'mixed::pkcs7': 'pkcs7 string',
    'mixed::pkcs7_block': 'pkcs7 block',
    'mixed::gpg': 'gpg beside it',
    'mixed::both': 'one two',
    untagged: 'pkcs7 string',
  });
});

/** Makes a data file of new values in these styles. */
async function create(
  here: Scene,
  method: Method,
  { name, lineEnd }: (typeof LINE_ENDS)[number],
  styles: readonly Style[],
) {
  const file = `${method}-${name}.yaml`;
  const cases = casesOf(file, styles, lineEnd === '\n' ? MANY[method] : FEW[method]);
  here.write('markers', hieraFile(cases, (slot) => markerFor(slot, method, true)).replaceAll('\n', lineEnd));
  here.write(file, await here.run(['encrypt', ...OPTIONS[method], '-e', 'markers']));
  here.expectIn(file, cases);
}

testWithPuppet(`created: Puppet reads what encrypt made (${METHODS.join(', ')})`, async () => {
  const here = scene();
  for (const method of METHODS) {
    for (const lines of LINE_ENDS) await create(here, method, lines, newStylesOf(method));
    for (const { form, yaml, seen } of FORMS) {
      const file = `${method}-${form}.yaml`;
      const cases = casesOf(file, [{ name: form, yaml, seen }], ALL).filter(({ plaintexts: [{ name }] }) =>
        ['unicode', 'lines_and_newline', 'empty'].includes(name),
      );
      const made = cases.map(({ key, plaintexts: [{ text }] }) =>
        here.run(['encrypt', ...OPTIONS[method], '--stdin', '-o', form, '-l', key], { input: text }),
      );
      here.write(file, (await Promise.all(made)).map((value) => `${value.trimEnd()}\n`).join(''));
      here.expectIn(file, cases);
    }
  }
  expect(await here.differences()).toEqual([]);
});

testWithPuppet(`edited: Puppet reads what was changed and what was left (${METHODS.join(', ')})`, async () => {
  const here = scene();
  here.write('editor.mjs', EDITOR_SCRIPT);
  for (const method of METHODS) {
    const values = await valuesFor(method, here);
    for (const { name, lineEnd } of LINE_ENDS) {
      const file = `${method}-${name}.yaml`;
      const cases = casesOf(file, stylesOf(method), lineEnd === '\n' ? MANY[method] : FEW[method]);
      const isKept = (i: number) => i % 3 === 0;
      const before = cases.map((hieraCase, i) => (isKept(i) ? hieraCase : withOtherPlaintexts(hieraCase)));
      here.write(file, handMadeFile(before, values, lineEnd));
      const changed = slotsOf(cases).filter(({ hieraCase }) => !isKept(cases.indexOf(hieraCase)));
      const markers = Object.fromEntries(changed.map((slot) => [slot.id, markerFor(slot, method, false)]));
      here.write('markers.json', JSON.stringify(markers));
      await here.run(['edit', ...OPTIONS[method], file], { EDITOR: 'node editor.mjs markers.json' });
      here.expectIn(file, cases);
    }
  }
  expect(await here.differences()).toEqual([]);
});

testWithPuppet(`recrypted: Puppet reads what could not be read before (${METHODS.join(', ')})`, async () => {
  const here = scene();
  for (const method of METHODS) {
    here.setRecipients('alice', 'zoe');
    const values = await valuesFor(method, here);
    for (const { name, lineEnd } of LINE_ENDS) {
      const file = `${method}-${name}.yaml`;
      const cases = casesOf(file, stylesOf(method), FEW[method]);
      here.write(file, handMadeFile(cases, values, lineEnd));
      here.expectIn(file, cases);
    }
    here.setRecipients('alice', 'puppetmaster');
    await here.run(['recipients', 'ack', '--yes']);
    // Only GPG values have readers that can change.
    const what = method === 'GPG' ? [] : ['--all'];
    for (const { name } of LINE_ENDS) {
      const file = `${method}-${name}.yaml`;
      await here.run(['recrypt', ...OPTIONS[method], ...what, file]);
      const left = here.read(file).replace(/[\s\\]+/g, '');
      const oldPayloads = [...values.values()].map((value) => value.replace(/.*,/, ''));
      expect(oldPayloads.filter((payload) => left.includes(payload))).toEqual([]);
    }
  }
  expect(await here.differences()).toEqual([]);
});

testWithPuppet('what Puppet does not give as it was encrypted', async () => {
  const here = scene();
  const encrypt = async (text: string) => await here.run(['encrypt', '-n', 'gpg', '-s', text, '-o', 'string']);
  const interpolated = await encrypt("%{literal('%')}{x} 100%");
  const value = ((await encrypt('secret')).match(/.{1,60}/g) ?? []).join('\n');
  const below = value.replaceAll('\n', '\n  ');
  const oneLine = value.replaceAll('\n', '');
  const data = [
    `interpolated: ${interpolated}`,
    // Several lines when YAML is loaded: Puppet does not see a value there, unless one on one line is beside it.
    `literal: |-\n  ${below}`,
    `escaped: "${value.replaceAll('\n', '\\n')}"`,
    `deeper: >-\n  ${below.replace('\n', '\n  ')}`,
    `beside: |-\n  ${oneLine}\n  ${below}`,
  ];
  here.write('data.yaml', data.map((entry) => `${entry}\n`).join(''));
  const hierarchy = { dataFolder: here.at('.'), files: ['data.yaml'], gnupgHome: servers.path };
  const seen = await puppetLookup(hierarchy, ['interpolated', 'literal', 'escaped', 'deeper', 'beside']);
  expect(Object.fromEntries(seen)).toEqual({
    interpolated: '%{x} 100%',
    literal: value,
    escaped: value,
    deeper: expect.stringMatching(/^ENC\[GPG,/) as string,
    beside: 'secret\nsecret',
  });
});
