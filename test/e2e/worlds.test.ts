import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import { createContext, type Context } from '../../src/context/context.js';
import { decryptText, decryptToMarkers } from '../../src/verbs/decrypt.js';
import { encryptMarkers } from '../../src/verbs/encrypt.js';
import { cleanEnvironment, eyaml } from '../helpers/cli.js';
import { SILENT } from '../helpers/context.js';
import { CORPUS, encryptedText, expectPlain } from '../helpers/corpus.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { BOBS_PASSPHRASE, createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, keyFile, keyfilesHome, recipientLine, toolsWithoutGpg } from '../helpers/key-homes.js';
import { fakePinentry, type FakePinentry } from '../helpers/pinentry.js';
import { readersFor, readersOf } from '../helpers/readers.js';

// What people do is the same where GnuPG holds the keys and where they are in files and there is no GnuPG: one list of cases is run in both
// worlds. The values that a case starts with were written in the other world, and what it writes is read there.
const WORLDS = ['gnupg', 'keyfiles'] as const;
type World = (typeof WORLDS)[number];

// Alice is at the keyboard; zoe is no recipient, bob's key has a passphrase.
type Person = 'alice' | 'bob' | 'zoe';
const KNOWN = ['alice', 'bob', 'zoe', 'puppetmaster', 'ann', 'joann', 'brian', 'expired', 'revoked', 'nosub'];
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const TEAM = ['alice', 'bob', 'puppetmaster'];

const COMMON = `---
db::password: DEC::GPG[correct horse]!
db::certificate: >
  DEC::GPG[-----BEGIN-----
  two: lines]!
plain: text # kept
`;

/** A line that each world words in its own way. */
type Line = string | Readonly<Record<World, string>>;

interface Case {
  readonly what: string;
  readonly who?: Person;
  /** Makes changes in the folder before the command is run there. */
  readonly before?: (folder: string) => void;
  readonly run: readonly string[];
  readonly input?: (folder: string) => string;
  /** What the editor does with its file, `$1`, as sh writes it. */
  readonly editor?: string;
  readonly code?: number;
  /** Values are shown as ENC[GPG,…], the folder as FOLDER. */
  readonly stdout?: Line;
  readonly stderr?: readonly Line[];
  /** What text files hold afterwards. */
  readonly texts?: Readonly<Record<string, string>>;
  /** What files hold afterwards, as the other world decrypts them, and who reads each value, as gpg lists them. */
  readonly files?: Readonly<Record<string, Content>>;
  /** The values on stdout, in the same way. */
  readonly printed?: Content;
  /** From here on the file at hand keeps its bytes; a file that is not named in `files` keeps them all. */
  readonly keptFrom?: string;
}

interface Content {
  readonly text: string;
  readonly readers: readonly string[];
}

const withRecipients = (text: string) => (folder: string) => writeFileSync(path.join(folder, RECIPIENTS), text);
const setRecipients = (...names: readonly string[]) => withRecipients(names.map(recipientLine).join(''));
const fingerprintOf = (name: string) => FINGERPRINTS[name] ?? name;

const NOT_YOU = 'you will not be able to read these values';
const CANNOT_ENCRYPT = `cannot encrypt for the recipients of ${RECIPIENTS}`;
const NOT_FOR_YOU =
  'it is encrypted for 618FFB1B4D739FFF (Alice <alice@example.com>), 1E8E7705F0FDE5ED (Bob <bob@example.com>), C625998B892677F8 (puppetmaster): none of your secret keys is among them';
const TEAM_READERS = [
  { id: '618FFB1B4D739FFF', fingerprint: fingerprintOf('alice'), userId: 'Alice <alice@example.com>' },
  { id: '1E8E7705F0FDE5ED', fingerprint: fingerprintOf('bob'), userId: 'Bob <bob@example.com>' },
  { id: 'C625998B892677F8', fingerprint: fingerprintOf('puppetmaster'), userId: 'puppetmaster' },
];
const ADDED_ZOE: Line = {
  gnupg: `  + ${fingerprintOf('zoe')} Zoë Ünïcode <zoe@example.com> (validity: u)`,
  keyfiles: `  + ${fingerprintOf('zoe')} Zoë Ünïcode <zoe@example.com> (validity: -)`,
};
const REMOVED_BOB = `  - ${fingerprintOf('bob')} Bob <bob@example.com>`;
const TO_CHANGE = [
  'Removing a reader does not take back what they have read: Bob <bob@example.com> could read these secrets, and git keeps the old values. Change them:',
  '  common.eyaml:2: db::password',
  '  common.eyaml:4: db::certificate',
];
const PLAN = `common.eyaml: 2 values for the recipients of ${RECIPIENTS}`;
const DONE = 're-encrypted 2 values in 1 file; 0 already up to date';
const EXPIRED = `no usable key for "${fingerprintOf('expired')}": ${fingerprintOf('expired')} (Expired <expired@example.com>) expired on 2026-11-22`;
const REVOKED = `no usable key for "${fingerprintOf('revoked')}": ${fingerprintOf('revoked')} (Revoked <revoked@example.com>) is revoked`;
const renew = (what: string): Line => ({
  gnupg: `    its owner can ${what}; then import the new copy: gpg --import FILE`,
  keyfiles: `    its owner can ${what}; then put the new copy into FOLDER/.eyaml/public-keys`,
});
const EXPIRED_WARNING: readonly Line[] = [
  `warning: GPG values cannot be added or changed: ${CANNOT_ENCRYPT}`,
  `  ${RECIPIENTS}:2: ${EXPIRED}`,
  renew(`extend it: gpg --quick-set-expire ${fingerprintOf('expired')} 2y`),
];
const inBuffer = (lines: readonly Line[]) =>
  lines.map((line): Line => {
    const at = (world: World) => `# | ${typeof line === 'string' ? line : line[world]}`;
    return { gnupg: at('gnupg'), keyfiles: at('keyfiles') };
  });
const NO_PIN = 'pinned mode needs the full fingerprint';
const ADD: Line = {
  gnupg:
    '    import it: gpg --import FILE; or put its public key into a folder .eyaml/public-keys beside the file or above it',
  keyfiles: '    put its public key into FOLDER/.eyaml/public-keys',
};

const grouped = (name: string) =>
  fingerprintOf(name)
    .replace(/(.{4})/g, '$1 ')
    .replace(/^(.{25})(.*) $/, '$1 $2');
const line = (name: string, userId: string) => `${fingerprintOf(name)} # ${userId}\n`;
const shownAs = (validity: string) =>
  [
    `.: ${RECIPIENTS}`,
    ...['  Alice <alice@example.com> (you)', `    ${grouped('alice')}`],
    `    cv25519, validity: ${validity}, does not expire`,
    ...['  Bob <bob@example.com>', `    ${grouped('bob')}`],
    `    rsa4096, validity: ${validity}, does not expire`,
    ...['  puppetmaster', `    ${grouped('puppetmaster')}`],
    `    rsa2048, validity: ${validity}, does not expire`,
    '',
  ].join('\n');
const unusable = (copy: string, add: string) =>
  [
    ...[`common.eyaml: ${RECIPIENTS}`, '  Expired <expired@example.com>', `    ${grouped('expired')}`],
    `    ed25519, validity: expired, expired 2026-11-22, cannot be encrypted for`,
    `    ! ${EXPIRED}`,
    `      its owner can extend it: gpg --quick-set-expire ${fingerprintOf('expired')} 2y; then ${copy}`,
    `  ! line 2: no key in the keyring is "nobody@example.com"`,
    ...[add, '  ! line 3: no key in the keyring matches this line', add, ''],
  ].join('\n');
const COMPARE: Line = { gnupg: '', keyfiles: 'Compare each fingerprint with its owner.' };

const CASES: readonly Case[] = [
  {
    what: 'recipients',
    run: ['recipients'],
    stdout: { gnupg: shownAs('ultimate'), keyfiles: shownAs('unknown') },
  },
  {
    what: 'recipients of a file, without usable keys',
    before: withRecipients(`${recipientLine('expired')}nobody@example.com\nhunter2\n`),
    run: ['recipients', 'common.eyaml'],
    stdout: {
      gnupg: unusable(
        'import the new copy: gpg --import FILE',
        '      import it: gpg --import FILE; or put its public key into a folder .eyaml/public-keys beside the file or above it',
      ),
      keyfiles: unusable(
        'put the new copy into FOLDER/.eyaml/public-keys',
        '      put its public key into FOLDER/.eyaml/public-keys',
      ),
    },
  },
  {
    what: 'recipients add, and recrypt',
    run: ['recipients', 'add', 'zoe@example.com', '--recrypt'],
    stderr: [
      ...[`added to ${RECIPIENTS}:`, '  Zoë Ünïcode <zoe@example.com>', `    ${grouped('zoe')}`],
      ...[COMPARE, PLAN, ADDED_ZOE, 'common.eyaml: 2 values', DONE],
    ],
    texts: { [RECIPIENTS]: [...TEAM.map(recipientLine), line('zoe', 'Zoë Ünïcode <zoe@example.com>')].join('') },
    files: { 'common.eyaml': { text: COMMON, readers: [...TEAM, 'zoe'] } },
  },
  {
    what: 'recipients add of a key that cannot encrypt',
    run: ['recipients', 'add', `0x${fingerprintOf('zoe').slice(-16)}!`, 'alice@example.com'],
    code: 1,
    stderr: [
      'error: nothing was changed: not every KEY can be used [RECIPIENTS_INVALID]',
      `  KEY: no usable key for "0x${fingerprintOf('zoe').slice(-16)}!": ${fingerprintOf('zoe')} (Zoë Ünïcode <zoe@example.com>) has a key ${fingerprintOf('zoe').slice(-16)} that cannot encrypt`,
      '    name an encryption subkey before the "!"',
    ],
  },
  {
    what: 'recipients add of names that do not stand for one usable key',
    run: ['recipients', 'add', 'alice@example.com', 'nn', 'revoked@example.com'],
    code: 1,
    stderr: [
      'error: nothing was changed: not every KEY can be used [RECIPIENTS_INVALID]',
      `  KEY: "nn" matches 2 keys: ${fingerprintOf('ann')} (Ann <ann@example.com>); ${fingerprintOf('joann')} (Joann <joann@example.com>)`,
      '    write the fingerprint instead',
      `  KEY: ${REVOKED.replace(fingerprintOf('revoked'), 'revoked@example.com')}`,
      '    remove the line, or import the new key of its owner and write its fingerprint',
    ],
  },
  {
    what: 'recipients remove, and recrypt',
    run: ['recipients', 'remove', 'bob@example.com', '--recrypt'],
    stderr: [
      ...[`removed from ${RECIPIENTS}:`, '  Bob <bob@example.com>', `    ${grouped('bob')}`],
      { gnupg: '', keyfiles: 'removed .eyaml/public-keys/bob.asc' },
      ...[PLAN, REMOVED_BOB, 'common.eyaml: 2 values', DONE, ...TO_CHANGE],
    ],
    texts: { [RECIPIENTS]: ['alice', 'puppetmaster'].map(recipientLine).join('') },
    files: { 'common.eyaml': { text: COMMON, readers: ['alice', 'puppetmaster'] } },
  },
  {
    what: 'recipients remove, without a terminal',
    before: withRecipients(`# team\n${recipientLine('alice')}\nbob@example.com\r\n${recipientLine('puppetmaster')}`),
    run: ['recipients', 'remove', fingerprintOf('bob')],
    stderr: [
      ...[`removed from ${RECIPIENTS}:`, '  Bob <bob@example.com>', `    ${grouped('bob')}`],
      { gnupg: '', keyfiles: 'removed .eyaml/public-keys/bob.asc' },
      '2 values in 1 file are still encrypted for the recipients of before: eyaml recrypt .',
    ],
    texts: { [RECIPIENTS]: `# team\n${recipientLine('alice')}\n${recipientLine('puppetmaster')}` },
  },
  {
    what: 'recipients remove of nobody',
    run: ['recipients', 'remove', 'zoe@example.com'],
    code: 1,
    stderr: [
      'error: nothing was changed: not every KEY is one recipient [RECIPIENTS_INVALID]',
      `  KEY: "zoe@example.com" is not in ${RECIPIENTS}`,
    ],
  },
  {
    what: 'recipients canonicalize',
    before: withRecipients(
      `\ufeff# team\n  alice@example.com # the boss\r\n${recipientLine('bob')}\n0x${fingerprintOf('puppetmaster').slice(-16)}`,
    ),
    run: ['recipients', 'canonicalize'],
    stderr: [
      `now named by fingerprint in ${RECIPIENTS}:`,
      ...['  Alice <alice@example.com>', `    ${grouped('alice')}`, '  puppetmaster', `    ${grouped('puppetmaster')}`],
      COMPARE,
    ],
    texts: {
      [RECIPIENTS]: `\ufeff# team\n  ${fingerprintOf('alice')} # Alice <alice@example.com> # the boss\r\n${recipientLine('bob')}\n${fingerprintOf('puppetmaster')} # puppetmaster`,
    },
  },
  {
    what: 'encrypt a string',
    run: ['encrypt', '-s', 'x: "ü"', '-o', 'string', '-l', 'a'],
    stdout: 'a: ENC[GPG,…]',
    printed: { text: 'a: DEC::GPG[x: "ü"]!', readers: TEAM },
  },
  {
    what: 'encrypt standard input as a block, also for a key on a Brainpool curve',
    run: [
      'encrypt',
      '--stdin',
      '-o',
      'block',
      '-l',
      'block',
      '--gpg-recipients',
      ['brian', 'zoe'].map(fingerprintOf).join(','),
    ],
    input: () => 'two\nlines\n',
    stdout: 'block: >\n  ENC[GPG,…]\n',
    stderr: [`warning: you are not a recipient of --gpg-recipients: ${NOT_YOU}`],
    printed: { text: 'block: >\n  DEC::GPG[two\n  lines\n  ]!\n', readers: ['brian', 'zoe'] },
  },
  {
    what: 'encrypt -e',
    before: (folder) => writeFileSync(path.join(folder, 'new.yaml'), COMMON),
    run: ['encrypt', '-e', 'new.yaml'],
    stdout: '---\ndb::password: ENC[GPG,…]\ndb::certificate: >\n  ENC[GPG,…]\nplain: text # kept\n',
    printed: { text: COMMON, readers: TEAM },
  },
  {
    what: 'encrypt for a part of a user ID that only one key has, without trust',
    before: withRecipients('Zoë\n'),
    run: ['encrypt', '-s', 'x', '-o', 'string', '--gpg-trust', 'always'],
    stdout: 'ENC[GPG,…]',
    stderr: [`warning: you are not a recipient of ${RECIPIENTS}: ${NOT_YOU}`],
    printed: { text: 'DEC::GPG[x]!', readers: ['zoe'] },
  },
  {
    what: 'decrypt -f',
    run: ['decrypt', '-f', 'common.eyaml'],
    stdout:
      '---\ndb::password: correct horse\ndb::certificate: |-\n  -----BEGIN-----\n  two: lines\nplain: text # kept\n',
  },
  { what: 'decrypt -e', run: ['decrypt', '-e', 'common.eyaml'], stdout: COMMON },
  {
    what: 'decrypt standard input',
    run: ['decrypt', '--stdin'],
    input: (folder) => readFileSync(path.join(folder, 'common.eyaml'), 'utf8').split('\n')[1] ?? '',
    stdout: 'db::password: correct horse',
  },
  {
    what: 'decrypt with a key that has a passphrase',
    who: 'bob',
    run: ['decrypt', '-e', 'common.eyaml'],
    stdout: COMMON,
  },
  {
    what: 'decrypt by somebody who may not',
    who: 'zoe',
    run: ['decrypt', '-f', 'common.eyaml'],
    code: 1,
    stderr: [
      'error: cannot decrypt 2 values of common.eyaml [VALUE_UNREADABLE]',
      `  ${NOT_FOR_YOU}`,
      '    common.eyaml:2: db::password',
      '    common.eyaml:4: db::certificate',
    ],
  },
  {
    what: 'decrypt a damaged value',
    run: ['decrypt', '-s', 'a: ENC[GPG,wV4DYY7G01zn8SAQdA]'],
    code: 1,
    stderr: [
      'error: cannot decrypt a value of the given string [VALUE_UNREADABLE]',
      '  the given string:1: a: the message cannot be read: it is damaged or cut short, or it is not an OpenPGP message',
    ],
  },
  {
    what: 'edit: one value changed, the other keeps its bytes',
    run: ['edit', 'common.eyaml'],
    editor: 'sed -i "s/correct horse/battery staple/" "$1"',
    files: { 'common.eyaml': { text: COMMON.replace('correct horse', 'battery staple'), readers: TEAM } },
    keptFrom: 'db::certificate',
  },
  {
    what: 'edit a new file',
    before: (folder) => mkdirSync(path.join(folder, 'sub')),
    run: ['edit', 'sub/new.eyaml'],
    editor: 'echo "a: DEC::GPG[new]!" >> "$1"',
    stderr: ["sub/new.eyaml doesn't exist, editing new file"],
    files: { 'sub/new.eyaml': { text: '---\na: DEC::GPG[new]!\n', readers: TEAM } },
  },
  {
    what: 'edit of plain text for recipients that cannot be: a warning, which the buffer holds too',
    before: setRecipients('alice', 'expired'),
    run: ['edit', 'common.eyaml'],
    editor: 'sed -n "/warning/,/| ---/p" "$1" >&2; sed -i s/kept/changed/ "$1"',
    stderr: [
      ...EXPIRED_WARNING,
      ...inBuffer(EXPIRED_WARNING),
      '# | --------------------------------------------------------------------------',
    ],
    files: { 'common.eyaml': { text: COMMON.replace('kept', 'changed'), readers: TEAM } },
    keptFrom: ' changed\n',
  },
  {
    what: 'edit -d of plain text while a line stands for no key',
    before: setRecipients('alice', 'nobody@example.com'),
    run: ['edit', '-d', 'common.eyaml'],
    editor: 'sed -i s/kept/changed/ "$1"',
    stderr: [
      `warning: GPG values cannot be added or changed: ${CANNOT_ENCRYPT}`,
      `  ${RECIPIENTS}:2: no key in the keyring is "nobody@example.com"`,
      ADD,
    ],
    files: { 'common.eyaml': { text: COMMON.replace('kept', 'changed'), readers: TEAM } },
    keptFrom: ' changed\n',
  },
  {
    what: 'edit of plain text where there is no recipients file',
    before: (folder) => rmSync(path.join(folder, RECIPIENTS)),
    run: ['edit', '-q', 'common.eyaml'],
    editor: 'sed -i s/kept/changed/ "$1"',
    files: { 'common.eyaml': { text: COMMON.replace('kept', 'changed'), readers: TEAM } },
    keptFrom: ' changed\n',
  },
  {
    what: 'edit of a value for recipients that cannot be: an error after the warning',
    before: setRecipients('alice', 'expired'),
    run: ['edit', 'common.eyaml'],
    editor: 'sed -i "s/correct horse/battery staple/" "$1"',
    code: 1,
    stderr: [...EXPIRED_WARNING, `error: ${CANNOT_ENCRYPT} [RECIPIENTS_INVALID]`, ...EXPIRED_WARNING.slice(1)],
  },
  {
    what: 'get one value, byte for byte',
    run: ['get', 'common.eyaml', 'db::certificate'],
    stdout: '-----BEGIN-----\ntwo: lines',
  },
  {
    what: 'get with a key that has a passphrase, as JSON',
    who: 'bob',
    run: ['get', '--json', 'common.eyaml', 'plain', 'db::password'],
    stdout: '{\n  "plain": "text",\n  "db::password": "correct horse"\n}\n',
  },
  {
    what: 'get by somebody who may not',
    who: 'zoe',
    run: ['get', 'common.eyaml', 'db::password'],
    code: 1,
    stderr: [
      'error: cannot decrypt a value of common.eyaml [VALUE_UNREADABLE]',
      `  common.eyaml:2: db::password: ${NOT_FOR_YOU}`,
    ],
  },
  {
    what: 'set a new value by somebody who can read none',
    who: 'zoe',
    run: ['set', '--stdin', 'common.eyaml', 'new.value'],
    input: () => 'a new one',
    stderr: [
      `warning: you are not a recipient of ${RECIPIENTS}: ${NOT_YOU}`,
      `changed common.eyaml: new.value is encrypted with GPG for ${RECIPIENTS}`,
    ],
    files: { 'common.eyaml': { text: `${COMMON}new:\n  value: DEC::GPG[a new one]!\n`, readers: TEAM } },
  },
  {
    what: 'set a value that is there',
    run: ['set', '--value', 'battery staple', 'common.eyaml', 'db::password'],
    stderr: [`changed common.eyaml: db::password is encrypted with GPG for ${RECIPIENTS}`],
    files: { 'common.eyaml': { text: COMMON.replace('correct horse', 'battery staple'), readers: TEAM } },
    keptFrom: '\ndb::certificate',
  },
  {
    what: 'set a value that is the same',
    run: ['set', '--value', 'correct horse', 'common.eyaml', 'db::password'],
    stderr: ['db::password in common.eyaml already has this value; nothing was written'],
  },
  {
    what: 'set in a new file, as a block',
    before: (folder) => mkdirSync(path.join(folder, 'sub')),
    run: ['set', '--block', '--value', 'x', 'sub/new.eyaml', 'a'],
    stderr: [`created sub/new.eyaml: a is encrypted with GPG for ${RECIPIENTS}`],
    files: { 'sub/new.eyaml': { text: '---\na: >\n  DEC::GPG[x]!\n', readers: TEAM } },
  },
  {
    what: 'set for recipients that cannot be',
    before: setRecipients('alice', 'expired'),
    run: ['set', '--value', 'x', 'common.eyaml', 'plain'],
    code: 1,
    stderr: [`error: ${CANNOT_ENCRYPT} [RECIPIENTS_INVALID]`, ...EXPIRED_WARNING.slice(1)],
  },
  {
    what: 'unset',
    who: 'zoe',
    run: ['unset', 'common.eyaml', 'db::password'],
    stderr: ['changed common.eyaml: db::password is gone'],
    files: { 'common.eyaml': { text: COMMON.replace('db::password: DEC::GPG[correct horse]!\n', ''), readers: TEAM } },
    keptFrom: '\ndb::certificate',
  },
  {
    what: 'encrypt --for a file elsewhere',
    before: (folder) => {
      mkdirSync(path.join(folder, 'sub'));
      writeFileSync(path.join(folder, 'sub', RECIPIENTS), recipientLine('alice'));
    },
    run: ['encrypt', '--stdin', '-o', 'raw', '--for', 'sub/new.eyaml'],
    input: () => 'x',
    stdout: 'ENC[GPG,…]\n',
    printed: { text: 'DEC::GPG[x]!\n', readers: ['alice'] },
  },
  {
    what: 'encrypt -e --onto an older file',
    before: (folder) => writeFileSync(path.join(folder, 'new.yaml'), COMMON.replace('correct horse', 'battery staple')),
    run: ['encrypt', '-e', 'new.yaml', '--onto', 'common.eyaml'],
    stdout: '---\ndb::password: ENC[GPG,…]\ndb::certificate: >\n  ENC[GPG,…]\nplain: text # kept\n',
    printed: { text: COMMON.replace('correct horse', 'battery staple'), readers: TEAM },
  },
  {
    what: 'decrypt --keep-unreadable by somebody who may not',
    who: 'zoe',
    run: ['decrypt', '--keep-unreadable', '-f', 'common.eyaml'],
    stdout: '---\ndb::password: ENC[GPG,…]\ndb::certificate: >\n  ENC[GPG,…]\nplain: text # kept\n',
    stderr: [
      '2 values cannot be decrypted and stay encrypted:',
      ...[`  ${NOT_FOR_YOU}`, '    common.eyaml:2: db::password', '    common.eyaml:4: db::certificate'],
    ],
  },
  {
    what: 'decrypt --json',
    run: ['decrypt', '--json', 'common.eyaml'],
    stdout: `${JSON.stringify(
      [
        { line: 2, column: 15, key: 'db::password', plaintext: 'correct horse' },
        { line: 4, column: 3, key: 'db::certificate', plaintext: '-----BEGIN-----\ntwo: lines' },
      ].map(({ line, column, key, plaintext }) => ({
        ...{ file: 'common.eyaml', line, column, key, tag: 'GPG' },
        readers: TEAM_READERS,
        plaintext,
      })),
      undefined,
      2,
    )}\n`,
  },
  {
    what: 'edit by somebody who may not: the values stay as they are',
    who: 'zoe',
    before: setRecipients('zoe', ...TEAM),
    run: ['edit', '--no-preamble', 'common.eyaml'],
    editor: 'cat "$1" >&2',
    stderr: [
      `+ Zoë Ünïcode <zoe@example.com> ${fingerprintOf('zoe')} will read what you change; 2 other values of this file are not encrypted to them`,
      '2 of 2 values cannot be decrypted and stay as they are:',
      ...[`  ${NOT_FOR_YOU}`, '    common.eyaml:2: db::password', '    common.eyaml:4: db::certificate'],
      ...['---', 'db::password: ENC[GPG,…]', 'db::certificate: >', '  ENC[GPG,…]', 'plain: text # kept'],
      'No changes detected, exiting',
      'hint: the editor (sh FOLDER/../editor) exited at once; if it opens a window, it needs an option to wait: EDITOR="code --wait"',
    ],
  },
  {
    what: 'recrypt after somebody joined',
    before: setRecipients(...TEAM, 'zoe'),
    run: ['recrypt', '--yes', '.'],
    stderr: [PLAN, ADDED_ZOE, 'common.eyaml: 2 values', DONE],
    files: { 'common.eyaml': { text: COMMON, readers: [...TEAM, 'zoe'] } },
  },
  {
    what: 'recrypt after somebody left',
    before: setRecipients('alice', 'puppetmaster'),
    run: ['recrypt', '--yes', '.'],
    stderr: [PLAN, REMOVED_BOB, 'common.eyaml: 2 values', DONE, ...TO_CHANGE],
    files: { 'common.eyaml': { text: COMMON, readers: ['alice', 'puppetmaster'] } },
  },
  {
    what: 'recrypt after somebody replaced another',
    before: setRecipients('puppetmaster', 'zoe', 'alice'),
    run: ['recrypt', '--yes', '.'],
    stderr: [PLAN, ADDED_ZOE, REMOVED_BOB, 'common.eyaml: 2 values', DONE, ...TO_CHANGE],
    files: { 'common.eyaml': { text: COMMON, readers: ['alice', 'zoe', 'puppetmaster'] } },
  },
  {
    what: 'recrypt --dry-run',
    before: setRecipients('puppetmaster', 'zoe', 'alice'),
    run: ['recrypt', '--dry-run', '.'],
    stderr: [PLAN, ADDED_ZOE, REMOVED_BOB],
  },
  {
    what: 'recrypt by somebody who may not',
    who: 'zoe',
    before: setRecipients('zoe', 'alice', 'puppetmaster'),
    run: ['recrypt', '--yes', '.'],
    code: 1,
    stderr: [
      ...[PLAN, ADDED_ZOE, REMOVED_BOB, 'common.eyaml: unchanged'],
      're-encrypted 0 values in 0 files; 0 already up to date',
      'error: some values were not re-encrypted; these are unchanged [VALUE_UNREADABLE]',
      `  ${NOT_FOR_YOU}`,
      '    common.eyaml:2',
      '    common.eyaml:4',
    ],
  },
  { what: 'check, clean', run: ['check', '.'], stdout: '2 values in 1 file: no problems found\n' },
  {
    what: 'check with drift',
    before: setRecipients('alice', 'bob', 'zoe'),
    run: ['check', '.'],
    code: 1,
    stdout: [
      ...[
        `puppetmaster (${fingerprintOf('puppetmaster')}) can read it but is not in ${RECIPIENTS} [extra-recipient]`,
        `Zoë Ünïcode <zoe@example.com> (${fingerprintOf('zoe')}) is in ${RECIPIENTS} but cannot read it [missing-recipient]`,
      ].flatMap((cause) => [
        `error: ${cause}`,
        '  common.eyaml:2: db::password',
        '  common.eyaml:4: db::certificate',
        '      eyaml recrypt common.eyaml',
      ]),
      '',
      '4 findings in 1 file (2 values in 1 file)',
      '',
    ].join('\n'),
  },
  {
    what: 'check of a recipients file that cannot be',
    before: setRecipients(...TEAM, 'revoked'),
    run: ['check', '.'],
    code: 1,
    stdout: [
      `error: ${REVOKED} [recipient-revoked]`,
      `  ${RECIPIENTS}:4`,
      '      remove the line, or import the new key of its owner and write its fingerprint',
      '',
      '1 finding in 1 file (2 values in 1 file)',
      '',
    ].join('\n'),
  },
  {
    what: 'all that is wrong with a recipients file, at once',
    before: withRecipients(
      `${['expired', 'revoked', 'nosub'].map(recipientLine).join('')}nobody@example.com\nnn\n0871B647\n${'A'.repeat(40)}\n`,
    ),
    run: ['encrypt', '-s', 'x'],
    code: 1,
    stderr: [
      `error: ${CANNOT_ENCRYPT} [RECIPIENTS_INVALID]`,
      `  ${RECIPIENTS}:1: ${EXPIRED}`,
      renew(`extend it: gpg --quick-set-expire ${fingerprintOf('expired')} 2y`),
      `  ${RECIPIENTS}:2: ${REVOKED}`,
      '    remove the line, or import the new key of its owner and write its fingerprint',
      `  ${RECIPIENTS}:3: no usable key for "${fingerprintOf('nosub')}": ${fingerprintOf('nosub')} (Nosub <nosub@example.com>) has no encryption subkey`,
      renew(`add one: gpg --quick-add-key ${fingerprintOf('nosub')} cv25519 encr`),
      `  ${RECIPIENTS}:4: no key in the keyring is "nobody@example.com"`,
      ADD,
      `  ${RECIPIENTS}:5: "nn" matches 2 keys: ${fingerprintOf('ann')} (Ann <ann@example.com>); ${fingerprintOf('joann')} (Joann <joann@example.com>)`,
      '    write the fingerprint instead',
      `  ${RECIPIENTS}:6: "0871B647": a key ID of 8 digits can be forged`,
      '    use the fingerprint: gpg --fingerprint 0x0871B647',
      `  ${RECIPIENTS}:7: no key in the keyring is "${'A'.repeat(40)}"`,
      ADD,
    ],
  },
  {
    what: 'names where only fingerprints count, with the lines that are meant',
    before: withRecipients('alice@example.com\nDD44B685AFB18D7A\n'),
    run: ['encrypt', '-s', 'x', '--gpg-trust', 'pinned'],
    code: 1,
    stderr: [
      `error: ${CANNOT_ENCRYPT} [RECIPIENTS_INVALID]`,
      `  ${RECIPIENTS}:1: "alice@example.com": ${NO_PIN}`,
      `    compare the fingerprint with its owner, then write instead: ${fingerprintOf('alice')} # Alice <alice@example.com>`,
      `  ${RECIPIENTS}:2: "DD44B685AFB18D7A": ${NO_PIN}`,
      `    compare the fingerprint with its owner, then write instead: ${fingerprintOf('ann')} # Ann <ann@example.com>`,
    ],
  },
  {
    what: 'nobody to encrypt for',
    before: (folder) => rmSync(path.join(folder, RECIPIENTS)),
    run: ['encrypt', '-n', 'gpg', '-s', 'x'],
    code: 1,
    stderr: [
      `error: no recipients: there is no ${RECIPIENTS} for FOLDER/standard-input [RECIPIENTS_MISSING]`,
      `hint: write a ${RECIPIENTS} in the file's folder or above it, or give --gpg-recipients or --gpg-recipients-file`,
    ],
  },
];

let scratch: string;
let tools: string;
let pinentry: FakePinentry;
let gnupg: Readonly<Record<Person, GnupgHome>>;
let homes: Readonly<Record<Person, string>>;

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'eyaml-worlds-'));
  tools = toolsWithoutGpg(scratch);
  pinentry = fakePinentry(BOBS_PASSPHRASE);
  const agentConf = [pinentry.agentConf];
  gnupg = {
    alice: createGnupgHome({ secret: ['alice'], pub: KNOWN.filter((name) => name !== 'alice') }),
    bob: createGnupgHome({ secret: ['bob'], pub: ['alice', 'puppetmaster'], agentConf }),
    zoe: createGnupgHome({ secret: ['zoe'], pub: TEAM }),
  };
  writeFileSync(path.join(scratch, 'passphrase'), `${BOBS_PASSPHRASE}\n`, { mode: 0o600 });
  homes = {
    alice: keyfilesHome(scratch, ['alice']),
    bob: keyfilesHome(scratch, ['bob'], ['gpg_private_key: ~/bob.asc', 'gpg_passphrase_file: ~/../passphrase']),
    zoe: keyfilesHome(scratch, ['zoe']),
  };
  for (const world of WORLDS) {
    const folder = path.join(scratch, world);
    mkdirSync(folder);
    setRecipients(...TEAM)(folder);
    addPublicKeys(folder, KNOWN);
    const file = path.join(folder, 'common.eyaml');
    writeFileSync(
      file,
      await encryptMarkers(COMMON, { name: file, target: file }, contextOf(otherThan(world), 'alice')),
    );
    if (world === 'gnupg') rmSync(path.join(folder, '.eyaml'), { recursive: true });
  }
});
afterAll(() => {
  for (const home of Object.values(gnupg)) home.remove();
  pinentry.remove();
  rmSync(scratch, { recursive: true });
});

const otherThan = (world: World): World => (world === 'gnupg' ? 'keyfiles' : 'gnupg');

/** The library in one of the worlds, with the keys of a person. */
function contextOf(world: World, who: Person): Context {
  const around = { environment: {}, cwd: '/', homeFolder: '/' };
  const options =
    world === 'gnupg'
      ? { 'gpg-gnupghome': gnupg[who].path }
      : { 'gpg-private-key': [keyFile(who, 'sec')], 'gpg-public-keys': TEAM.map((name) => keyFile(name, 'pub')) };
  const environment = world === 'gnupg' ? cleanEnvironment() : { PATH: tools };
  return createContext(resolveConfig(options, around, false), { environment, messages: SILENT });
}

function environmentOf(world: World, who: Person): Record<string, string | undefined> {
  return world === 'gnupg' ? { HOME: gnupg[who].path, GNUPGHOME: gnupg[who].path } : { HOME: homes[who], PATH: tools };
}

describe.each(WORLDS)('%s', (world) => {
  test.each(CASES)('$what', async (given) => {
    const {
      who = 'alice',
      before,
      run,
      input,
      editor,
      code = 0,
      stdout = '',
      stderr = [],
      files = {},
      texts = {},
    } = given;
    const folder = path.join(mkdtempSync(path.join(scratch, 'case-')), 'data');
    cpSync(path.join(scratch, world), folder, { recursive: true });
    before?.(folder);
    const textsBefore = textsIn(folder);
    if (editor !== undefined) writeFileSync(path.join(folder, '../editor'), `${editor}\n`);
    const env = { ...environmentOf(world, who), EDITOR: `sh ${folder}/../editor` };
    const ran = await eyaml(run, { cwd: folder, env, ...(input && { input: input(folder) }) });

    const shown = (text: string) => text.replaceAll(folder, 'FOLDER').replace(/ENC\[GPG,[\w+/=\s]+\]/g, 'ENC[GPG,…]');
    const expected = stderr.map((line) => (typeof line === 'string' ? line : line[world])).filter(Boolean);
    expect({ code: ran.code, stdout: shown(ran.stdout), stderr: shown(ran.stderr).split('\n') }).toEqual({
      code,
      stdout: typeof stdout === 'string' ? stdout : stdout[world],
      stderr: [...expected, ''],
    });

    for (const [file, content] of Object.entries(files)) await holds(world, path.join(folder, file), content);
    for (const [file, text] of Object.entries(texts)) expect(readFileSync(path.join(folder, file), 'utf8')).toBe(text);
    if (given.printed) {
      const printed = path.join(folder, '../printed.eyaml');
      writeFileSync(printed, ran.stdout);
      await holds(world, printed, given.printed);
    }
    for (const [file, text] of textsBefore) {
      if (file in texts) continue;
      const kept = file in files ? given.keptFrom && text.slice(text.indexOf(given.keptFrom)) : text;
      expect(readFileSync(path.join(folder, file), 'utf8').endsWith(kept ?? ''), file).toBe(true);
    }
    if (!('sub/new.eyaml' in files)) expect([...textsIn(folder).keys()]).toEqual([...textsBefore.keys()]);
  });
});

function textsIn(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((name) => name !== '.eyaml' && name !== 'sub');
  return new Map(files.map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
}

async function holds(world: World, file: string, { text, readers }: Content): Promise<void> {
  const written = readFileSync(file, 'utf8');
  const reader = readers.includes('alice') ? 'alice' : 'zoe';
  expect(await decryptToMarkers(written, file, contextOf(otherThan(world), reader))).toBe(text);
  const values = readersOf(gnupg.alice, file);
  expect(values.length).toBeGreaterThan(0);
  for (const ids of values) expect(ids).toEqual(readersFor(gnupg.alice, readers));
}

/** The library without gpg on PATH, with one private key, to encrypt for fixture keys. */
function withKeyFiles(own: string, recipients: readonly string[] = []): Context {
  const options = {
    'gpg-private-key': [keyFile(own, 'sec')],
    'gpg-passphrase-env-var': 'P',
    'gpg-public-keys': recipients.map((name) => keyFile(name, 'pub')),
    'gpg-recipients': recipients.length > 0 ? recipients.map(fingerprintOf) : undefined,
  };
  const config = resolveConfig(options, { environment: {}, cwd: '/', homeFolder: '/' }, false);
  return createContext(config, { environment: { PATH: tools, P: BOBS_PASSPHRASE }, messages: SILENT });
}

const MARKED = 'a: DEC::GPG[for the team]!\n';

describe('without gpg on PATH', () => {
  // ElGamal is GnuPG's alone.
  const cases = CORPUS.flatMap(({ file, readers }) =>
    readers.filter((name) => name !== 'dan').map((name) => ({ file, name })),
  );
  test.each(cases)('$name reads what the Ruby tool wrote: $file', async ({ file, name }) => {
    expectPlain(await decryptToMarkers(encryptedText(file), file, withKeyFiles(name)), file);
  });

  test('a binary value comes back byte for byte', async () => {
    const value = /ENC\[[^\]]*\]/.exec(encryptedText('production/keytab.eyaml'))?.[0] ?? '';
    const opened = await decryptText(value, 'keytab', withKeyFiles('bob'));
    expect(opened).toEqual(readFileSync(path.join(FIXTURES, 'plain/production/keytab.bin')));
  });

  test('what is written is read by gpg with the key of each recipient, and is for them alone', async () => {
    const team = ['alice', 'bob', 'brian', 'carol', 'olga', 'puppetmaster', 'rota', 'zoe'];
    const written = await encryptMarkers(MARKED, { name: 'f', target: 'f' }, withKeyFiles('alice', team));
    const message = Buffer.from(/ENC\[GPG,(.*)\]/.exec(written)?.[1] ?? '', 'base64');
    for (const name of team) {
      const home = createGnupgHome({ secret: [name] });
      const loopback = ['--pinentry-mode', 'loopback', '--passphrase', BOBS_PASSPHRASE];
      expect(home.gpg([...loopback, '--decrypt'], message).toString(), name).toBe('for the team');
      const listing = home.gpg(['--list-packets', '--list-only'], message).toString();
      expect(listing.match(/^:pubkey enc packet:/gm), name).toHaveLength(team.length);
      home.remove();
    }
  });

  test('an ElGamal key is said to need GnuPG, for reading and for writing', async () => {
    const text = encryptedText('production/dc1/base.eyaml');
    const reading = await eyamlErrorOf(() => decryptToMarkers(text, 'f', withKeyFiles('dan')));
    expect(reading.problems[0]?.message).toBe('this value is for a type of key that only GnuPG supports');
    const writing = await eyamlErrorOf(() =>
      encryptMarkers(MARKED, { name: 'f', target: 'f' }, withKeyFiles('alice', ['alice', 'dan'])),
    );
    expect(writing.code).toBe('ENCRYPT_FAILED');
    expect(writing.message).toMatch(/^only GnuPG can encrypt to the key [0-9A-F]{40} \(Dan <dan@example\.com>\)/);
  });
});
