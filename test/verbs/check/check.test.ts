import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.js';
import { createContext } from '../../../src/context/context.js';
import { RULES, type Problem, type Rule } from '../../../src/errors.js';
import { changesSince } from '../../../src/recipients/signed/changes.js';
import { check, type CheckOptions } from '../../../src/verbs/check/check.js';
import { privateKeyProblem } from '../../../src/verbs/check/private-key.js';
import { cleanEnvironment } from '../../helpers/cli.js';
import { SILENT } from '../../helpers/context.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../../helpers/gnupg.js';
import { subkeysOf } from '../../helpers/readers.js';
import { relabelled } from '../../helpers/relabel.js';

let home: GnupgHome;
let forStranger: Buffer;
beforeAll(() => {
  const elsewhere = createGnupgHome({ pub: ['alice', 'olga'] });
  forStranger = elsewhere.gpg(['-r', 'alice@example.com', '-r', 'olga@example.com', '--encrypt'], 'x');
  elsewhere.remove();
  const pub = ['ann', 'joann', 'zoe', 'rota', 'expired', 'revoked', 'nosub', 'mallory', 'carol'];
  home = createGnupgHome({ secret: ['alice'], pub, trusted: ['alice', ...pub.filter((name) => name !== 'mallory')] });
  home.gpg(['--passphrase', '', '--quick-gen-key', 'Soon <soon@example.com>', 'future-default', 'default', '10d']);
  home.gpg(['--yes', '--edit-key', FINGERPRINTS.carol ?? '', 'disable', 'save']);
});
afterAll(() => home.remove());

const vector = (name: string) => readFileSync(path.join(FIXTURES, 'vectors', `${name}.gpg`));
const message = (...recipients: string[]) =>
  home.gpg(
    [
      '--trust-model',
      'always',
      ...recipients.flatMap((name, i) => (name === '-R' ? ['-R'] : recipients[i - 1] === '-R' ? [name] : ['-r', name])),
      '--encrypt',
    ],
    'x',
  );
const value = (octets: Uint8Array) => `a: ENC[GPG,${Buffer.from(octets).toString('base64')}]\n`;
const right = () => value(message('alice@example.com'));

/** A message whose last octet, a part of its integrity check, is another. */
function damaged(): Buffer {
  const octets = message('alice@example.com');
  octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
  return octets;
}

/** The message with zoe's packet under another name. */
function underName(octets: Uint8Array, keyId = ''): Buffer {
  return relabelled(octets, { [subkeysOf(home, 'zoe').at(-1) ?? '']: keyId });
}

/** The PKESK packet of a vector, followed by a packet that nothing protects (tag 9). */
function unprotected(): Buffer {
  const whole = vector('3des');
  const head = whole.subarray(0, 2 + (whole[1] ?? 0));
  return Buffer.concat([head, Buffer.of(0xc9, 0x04, 1, 2, 3, 4)]);
}

const SECRET_KEY = readFileSync(path.join(FIXTURES, 'keys/alice.sec.asc'));

interface Case {
  readonly rule: Rule;
  readonly text?: () => string;
  readonly recipients?: string | undefined;
  readonly problems?: readonly Problem[];
}

// Each breaks one rule and no other.
const CASES: readonly Case[] = [
  { rule: 'extra-recipient', text: () => value(message('alice@example.com', 'zoe@example.com')) },
  { rule: 'missing-recipient', recipients: 'alice@example.com\nzoe@example.com' },
  { rule: 'unknown-recipient', text: () => value(forStranger) },
  { rule: 'outdated-subkey', text: () => value(message('E1A609B4914EE3A9!')), recipients: 'rota@example.com' },
  { rule: 'hidden-recipient', text: () => value(message('alice@example.com', '-R', 'zoe@example.com')) },
  {
    rule: 'duplicate-reader',
    text: () => value(underName(message('alice@example.com', 'zoe@example.com'), subkeysOf(home, 'alice').at(-1))),
  },
  {
    rule: 'mislabelled-reader',
    text: () => value(underName(message('alice@example.com', 'zoe@example.com'), FINGERPRINTS.alice?.slice(-16))),
  },
  { rule: 'password-recipient', text: () => value(vector('password-and-key')) },
  { rule: 'aead-value', text: () => value(vector('aead-ocb-packet20')) },
  { rule: 'unprotected-value', text: () => value(unprotected()) },
  { rule: 'foreign-method', text: () => readFileSync(path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml'), 'utf8') },
  { rule: 'unknown-method', text: () => 'a: ENC[KMS,AQICAHh0]\n' },
  { rule: 'damaged-value', text: () => value(vector('truncated')) },
  {
    rule: 'passed-over-value',
    text: () =>
      value(message('alice@example.com'))
        .replace('a: ', 'a: |\n  ')
        .replace(/(?<=ENC.{60})/, '\n  '),
  },
  { rule: 'suspect-value', text: () => 'a: ENC[GPG,cut short\n' },
  { rule: 'undecryptable-value', text: () => value(damaged()) },
  { rule: 'leftover-marker', text: () => 'a: DEC::GPG[left]\n' },
  { rule: 'conflict-marker', text: () => `<<<<<<< ours\n${right()}=======\n${right()}>>>>>>> theirs\n` },
  { rule: 'recipient-added', problems: [{ place: { file: 'f' }, rule: 'recipient-added', message: 'was added' }] },
  { rule: 'no-recipients-file', recipients: undefined },
  { rule: 'recipients-empty', recipients: '# nobody yet' },
  { rule: 'recipient-unknown', recipients: 'alice@example.com\nnobody@example.com' },
  { rule: 'recipient-ambiguous', recipients: 'alice@example.com\nnn' },
  { rule: 'recipient-refused', recipients: 'alice@example.com\n0871B647' },
  { rule: 'recipient-expired', recipients: 'alice@example.com\nexpired@example.com' },
  { rule: 'recipient-revoked', recipients: 'alice@example.com\nrevoked@example.com' },
  { rule: 'recipient-disabled', recipients: 'alice@example.com\ncarol@example.com' },
  { rule: 'recipient-no-encryption-key', recipients: 'alice@example.com\nnosub@example.com' },
  { rule: 'recipient-not-valid', text: () => value(message('mallory@example.com')), recipients: 'mallory@example.com' },
  { rule: 'recipient-expiring', text: () => value(message('soon@example.com')), recipients: 'soon@example.com' },
  { rule: 'recipient-duplicate', recipients: `alice@example.com\n${FINGERPRINTS.alice ?? ''}` },
  { rule: 'recipient-comment', recipients: `${FINGERPRINTS.alice ?? ''} # Bob <bob@example.com>` },
  {
    rule: 'recipients-unsigned',
    problems: changesSince({ files: [{ path: 'f', keys: [] }], rules: [] }, { files: [], rules: [] }),
  },
  { rule: 'invalid-yaml', text: () => `b: [\n${right()}` },
  { rule: 'duplicate-key', text: () => `a: 1\n${right()}` },
  { rule: 'private-key', problems: [privateKeyProblem('k', SECRET_KEY, 'tracked') ?? { message: '' }] },
  { rule: 'unreadable-file', text: () => '\ud800' },
];

const OPTIONS: CheckOptions = { disabledRules: [], expiryDays: 30, decrypt: false, now: Date.now() / 1000 };

async function findingsOf({ text = right, ...one }: Case, more: Partial<CheckOptions> = {}) {
  const folder = path.join(scratchFolder(), 'tree');
  mkdirSync(folder);
  const file = path.join(folder, 'a.eyaml');
  const recipients = 'recipients' in one ? one.recipients : 'alice@example.com';
  if (recipients !== undefined) writeFileSync(path.join(folder, 'hiera-eyaml-gpg.recipients'), `${recipients}\n`);
  const octets = one.rule === 'unreadable-file' ? Buffer.of(0xff, 0xfe) : Buffer.from(text());
  writeFileSync(file, octets);
  const config = resolveConfig({ 'gpg-gnupghome': home.path }, { environment: {}, cwd: '/', homeFolder: '/' }, false);
  const context = createContext(config, { environment: cleanEnvironment(), messages: SILENT });
  const { problems = [] } = one;
  const options = { ...OPTIONS, problems, decrypt: one.rule === 'undecryptable-value', ...more };
  const { findings } = await check([{ file, read: () => Promise.resolve(octets) }], options, context, () => undefined);
  return findings;
}

test.each(CASES)('$rule, and nothing else', async (one) => {
  const found = (await findingsOf(one)).map(({ rule }) => rule);
  expect(found).toEqual([one.rule]);
});

test('two readers under each other’s names are seen by who can open the value', async () => {
  const [alice = '', zoe = ''] = ['alice', 'zoe'].map((name) => subkeysOf(home, name).at(-1));
  const text = () => value(relabelled(message('alice@example.com', 'zoe@example.com'), { [alice]: zoe, [zoe]: alice }));
  const one: Case = { rule: 'mislabelled-reader', text, recipients: 'alice@example.com\nzoe@example.com' };
  expect(await findingsOf(one)).toEqual([]);
  const found = await findingsOf(one, { decrypt: true });
  expect(found.map(({ rule }) => rule)).toEqual(['undecryptable-value', 'mislabelled-reader']);
  expect(found[1]?.message).toContain(alice);
});

test.each([
  ['its address', '# Alice <alice@example.com>', []],
  ['its address among others', '# alice@example.com, was al@example.com', []],
  ['its address in capitals', '# ALICE@example.com.', []],
  ['a name alone', '# Bob, laptop key', []],
  ['other words', '# added 2024, ops team', []],
  ['no comment', '', []],
  ['the address of another', '# Bob <bob@example.com>', ['recipient-comment']],
  ['the address of another, with no space', '#bob@example.com', ['recipient-comment']],
])('the comment of a fingerprint holds %s', async (_, comment, rules) => {
  const recipients = `${FINGERPRINTS.alice ?? ''} ${comment}`;
  expect((await findingsOf({ rule: 'recipient-comment', recipients })).map(({ rule }) => rule)).toEqual(rules);
});

test('an address says itself who is meant, whatever its comment', async () => {
  const recipients = 'alice@example.com # Bob <bob@example.com>';
  expect(await findingsOf({ rule: 'recipient-comment', recipients })).toEqual([]);
});

test.each(CASES)('$rule can be turned off', async (one) => {
  // What these two say must not be hidden by a repository.
  if (one.rule === 'unreadable-file' || one.rule === 'recipients-unsigned') return;
  const found = await findingsOf(one, { disabledRules: [one.rule] });
  expect(found.map(({ rule }) => rule)).not.toContain(one.rule);
});

test('every rule has a case', () => {
  expect(CASES.map(({ rule }) => rule)).toEqual(RULES);
});

test('a value that is as it should be has no finding, and can be opened', async () => {
  expect(await findingsOf({ rule: 'undecryptable-value' })).toEqual([]);
});

test('ENC[hello] in a string is a finding in a file without values, and in a comment it is none', async () => {
  const rules = async (text: string) =>
    (await findingsOf({ rule: 'suspect-value', text: () => text })).map(({ line, rule }) => [line, rule]);
  expect(await rules('a: 1\nb: ENC[hello]\n')).toEqual([[2, 'suspect-value']]);
  expect(await rules('a: 1 # ENC[hello]\n')).toEqual([]);
});

test('a value in a key is passed over, and its place does not repeat it', async () => {
  const text = () => right().replace('a: ', 'a:\n  ? ');
  const [found, ...others] = await findingsOf({ rule: 'passed-over-value', text });
  expect(others).toEqual([]);
  expect(found).toMatchObject({ rule: 'passed-over-value', keyPath: 'a."ENC[…]"' });
});

test('a comment on the line, or on the header above a block, takes a rule back', async () => {
  const text = () =>
    'a: DEC::GPG[x] # eyaml-check: ignore leftover-marker, other\n# eyaml-check: ignore leftover-marker\nb: DEC::GPG[x]\nc: DEC::GPG[x]\n';
  const found = await findingsOf({ rule: 'leftover-marker', text });
  expect(found.map(({ line, rule }) => [line, rule])).toEqual([[4, 'leftover-marker']]);
});

test('a file that cannot be parsed is one finding, however many faults follow from the first', async () => {
  const text = () => `b: [\nc: }\n "d\n${right()}e: ]\n`;
  const found = await findingsOf({ rule: 'invalid-yaml', text });
  expect(found.filter(({ rule }) => rule === 'invalid-yaml')).toHaveLength(1);
});

test('one run reads each recipients file once, the next run reads it again', async () => {
  const around = { environment: {}, cwd: '/', homeFolder: '/' };
  const read: string[] = [];
  const specs = [{ spec: 'alice@example.com', place: { file: 'list', line: 1 } }];
  const tree = {
    nearest: () => Promise.resolve('list'),
    read: (source: string) => {
      read.push(source);
      return Promise.resolve({ source, specs });
    },
  };
  const config = { ...resolveConfig({ 'gpg-gnupghome': home.path }, around, false), tree };
  const context = createContext(config, { environment: cleanEnvironment(), messages: SILENT });
  const text = Buffer.from(right());
  const files = ['a', 'b', 'c'].map((name) => ({ file: `/none/${name}.yaml`, read: () => Promise.resolve(text) }));
  const options = { disabledRules: [], expiryDays: 0, decrypt: false, now: 0 };
  expect((await check(files, options, context)).findings).toEqual([]);
  expect(read).toEqual(['list']);
  await check(files, options, context);
  expect(read).toEqual(['list', 'list']);
  context.close();
});
