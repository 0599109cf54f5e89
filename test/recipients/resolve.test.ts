import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgKeystore } from '../../src/keys/gnupg/gnupg.js';
import type { Keystore } from '../../src/keys/keystore.js';
import { parseRecipientsFile } from '../../src/recipients/file.js';
import type { TrustMode } from '../../src/recipients/match.js';
import { resolve as resolveList, resolveRecipients } from '../../src/recipients/resolve.js';
import { hasCommand } from '../helpers/abilities.js';
import { placeText } from '../../src/text/problems.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';

const { alice = '', ann = '', bob = '', rota = '', zoe = '', mallory = '' } = FINGERPRINTS;
const ROTAS_OLD_SUBKEY = '5AC8B38C665EED5C25518033E1A609B4914EE3A9';
const ROTAS_NEW_SUBKEY = 'DFBE900E82C9EEFD5E9BB4D1219388DA97F7FD70';

let home: GnupgHome;
let keystore: Keystore;

beforeAll(() => {
  const pub = ['ann', 'joann', 'bob', 'rota', 'zoe', 'puppetmaster', 'nosub', 'expired', 'revoked', 'mallory', 'carol'];
  home = createGnupgHome({ secret: ['alice'], pub, trusted: ['alice', ...pub.filter((name) => name !== 'mallory')] });
  home.gpg(['--quick-add-uid', alice, 'Alice <alice@former.example>']);
  home.gpg(['--quick-revoke-uid', alice, 'Alice <alice@former.example>']);
  home.gpg([
    '--passphrase',
    '',
    '--quick-gen-key',
    'Renewed <expired@example.com>',
    'future-default',
    'default',
    'never',
  ]);
  if (hasCommand('--edit-key')) home.gpg(['--edit-key', FINGERPRINTS.carol ?? '', 'disable', 'save']);
  keystore = createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } });
});
afterAll(() => {
  keystore.close();
  home.remove();
});

const resolve = (text: string, trust: TrustMode = 'wot') =>
  resolveRecipients(parseRecipientsFile(text, 'recipients'), keystore, trust);
const fingerprintsOf = async (text: string, trust: TrustMode = 'wot') =>
  (await resolve(text, trust)).map(({ publicKey }) => publicKey.primaryKey.fingerprint as string);

describe('a real keyring', () => {
  test.each([
    ['ann@example.com', [ann]],
    ['Ann <ann@example.com>', [ann]],
    ['zoe@example.com', [zoe]],
    ['Zoë Ünïcode <zoe@example.com>', [zoe]],
    ['Ünïcode', [zoe]],
    ['puppetmaster', [FINGERPRINTS.puppetmaster]],
    ['alice@example.com', [alice]],
    ['52F72E0B18501EB6343FAC64618FFB1B4D739FFF', [alice]],
    ['618FFB1B4D739FFF # the subkey of alice', [alice]],
    [bob.replace(/(.{4})/g, '$1 '), [bob]],
    [`0x${bob.toLowerCase()}`, [bob]],
    ['bob@example.com\r\nann@example.com', [bob, ann]],
    [`ann@example.com\n${ann}\nAnn <ann@example.com>\nbob`, [ann, bob]],
  ])('%j', async (text, wanted) => expect(await fingerprintsOf(text)).toEqual(wanted));

  test.each([
    ['rota@example.com', ROTAS_NEW_SUBKEY],
    [rota, ROTAS_NEW_SUBKEY],
    [`${ROTAS_OLD_SUBKEY}!`, ROTAS_OLD_SUBKEY],
    [`0x${ROTAS_OLD_SUBKEY.slice(-16)}!`, ROTAS_OLD_SUBKEY],
  ])('%s encrypts to %s', async (text, subkey) => {
    const [recipient] = await resolve(text);
    expect(recipient?.encryptionSubkey.fingerprint).toBe(subkey);
  });

  test('an expired key beside a valid one with the same address is passed over', async () => {
    const [recipient] = await resolve('expired@example.com');
    expect(recipient?.publicKey.userIds[0]?.text).toBe('Renewed <expired@example.com>');
  });

  test('a key that is not valid is taken with always alone', async () => {
    const error = await eyamlErrorOf(() => resolve('mallory@example.com'));
    expect(error.problems[0]?.message).toContain(`${mallory} (Mallory <mallory@example.com>) is not trusted by GnuPG`);
    expect(error.problems[0]?.suggestion).toContain(`gpg --quick-sign-key ${mallory}`);
    expect(await fingerprintsOf('mallory@example.com', 'always')).toEqual([mallory]);
  });
});

test('ann@example.com is not Joann, also when the keyring has no Ann', async () => {
  const without = createGnupgHome({ pub: ['joann'] });
  try {
    const other = createGnupgKeystore({ home: without.path, environment: { PATH: process.env.PATH } });
    const list = parseRecipientsFile('ann@example.com', 'recipients');
    expect((await eyamlErrorOf(() => resolveRecipients(list, other, 'always'))).problems).toEqual([
      {
        place: { file: 'recipients', line: 1 },
        rule: 'recipient-unknown',
        message: 'no key in the keyring is "ann@example.com"',
        suggestion: 'import it: gpg --import FILE',
      },
    ]);
  } finally {
    without.remove();
  }
});

test('all problems are reported at once, each with its line', async () => {
  const text = [
    '# the team',
    'ann@example.com',
    'ghost@example.com',
    '',
    'nosub@example.com',
    FINGERPRINTS.expired,
    'revoked@example.com',
    hasCommand('--edit-key') ? 'carol@example.com' : '',
    'alice@former.example',
    'mallory@example.com',
    'example.com',
    '0871B647',
    `${rota}!`,
  ].join('\r\n');
  const error = await eyamlErrorOf(() => resolve(text));
  expect(error.code).toBe('RECIPIENTS_INVALID');
  expect(error.message).toContain('recipients');
  expect(error.problems.map(({ place, message }) => `${place ? placeText(place) : ''} ${message}`)).toEqual([
    expect.stringMatching(/^recipients:3 no key in the keyring is "ghost@example.com"$/),
    expect.stringMatching(/^recipients:5 .* has no encryption subkey$/),
    expect.stringMatching(/^recipients:6 .* expired on \d{4}-\d\d-\d\d$/),
    expect.stringMatching(/^recipients:7 .* is revoked$/),
    ...(hasCommand('--edit-key') ? [expect.stringMatching(/^recipients:8 .* is disabled/) as unknown] : []),
    expect.stringMatching(/^recipients:9 .* has that user ID, but it is revoked$/),
    expect.stringMatching(/^recipients:10 .* is not trusted by GnuPG \(validity: unknown\)$/),
    expect.stringMatching(/^recipients:11 "example.com" matches \d+ keys: /),
    expect.stringMatching(/^recipients:12 "0871B647": a key ID of 8 digits can be forged$/),
    expect.stringMatching(/^recipients:13 .* has a key F3802FA22B3F9AF8 that cannot encrypt$/),
  ]);
});

test('a list without recipients is RECIPIENTS_MISSING', async () => {
  expect((await eyamlErrorOf(() => resolve('# nobody\n\n'))).code).toBe('RECIPIENTS_MISSING');
});

describe('a list with problems', () => {
  const ghost = 'ghost@example.com';
  const linesOf = async (text: string, trust: TrustMode) => {
    const { lines } = await resolveList(parseRecipientsFile(text, 'f'), keystore, trust);
    return lines.map(({ sourced, problem, meant }) => [
      sourced.place,
      problem?.rule,
      meant?.publicKey.primaryKey.fingerprint,
    ]);
  };

  test.each<[TrustMode, string | undefined, string | undefined]>([
    ['wot', undefined, 'recipient-not-valid'],
    ['pinned', 'recipient-not-valid', 'recipient-not-valid'],
    ['always', undefined, undefined],
  ])('%s: a line tells whom it means, also where nothing shows whose the key is', async (trust, ofAnn, ofMallory) => {
    const lines = await linesOf(`ann@example.com\n${ghost}\nmallory@example.com\nexpired@example.org\n`, trust);
    expect(lines).toEqual([
      [{ file: 'f', line: 1 }, ofAnn, ann],
      [{ file: 'f', line: 2 }, 'recipient-unknown', undefined],
      [{ file: 'f', line: 3 }, ofMallory, mallory],
      [{ file: 'f', line: 4 }, 'recipient-unknown', undefined],
    ]);
  });

  test('a key that cannot be used, or is one of several, is nobody', async () => {
    expect(await linesOf(`nosub@example.com\nexample.com\n0871B647\n`, 'always')).toEqual([
      [{ file: 'f', line: 1 }, 'recipient-no-encryption-key', undefined],
      [{ file: 'f', line: 2 }, 'recipient-ambiguous', undefined],
      [{ file: 'f', line: 3 }, 'recipient-refused', undefined],
    ]);
  });

  test('its recipients are those of lines without one, each once; no untrusted key is among them', async () => {
    const text = `ann@example.com\nmallory@example.com\n${ann}\n${ghost}\nbob\n`;
    const { recipients, problems } = await resolveList(parseRecipientsFile(text, 'f'), keystore, 'wot');
    expect(recipients.map(({ publicKey }) => publicKey.primaryKey.fingerprint)).toEqual([ann, bob]);
    expect(problems.map(({ place, rule }) => [place, rule])).toEqual([
      [{ file: 'f', line: 2 }, 'recipient-not-valid'],
      [{ file: 'f', line: 4 }, 'recipient-unknown'],
    ]);
    const { problems: thrown } = await eyamlErrorOf(() => resolve(text));
    expect(thrown).toEqual(
      problems.map((problem) => ({ ...problem, place: { ...problem.place, file: 'recipients' } })),
    );
  });
});
