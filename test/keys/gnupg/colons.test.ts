import { describe, expect, test } from 'vitest';
import { parseColons } from '../../../src/keys/gnupg/colons.js';

// As GnuPG 2.2.40 wrote them, but for the names.
const PUBLIC = `tru::1:1795385967:0:3:1:5
pub:e:255:22:041E74DC5E801B60:1795381681:1795381683::u:::sc:::::ed25519:::0:
fpr:::::::::0CDBED46B51B30ABC60C7186041E74DC5E801B60:
grp:::::::::157E39A2F65084ECF1DF6787FD3A871C9025C743:
uid:e::::1795381681::045C40C0FF4F3174ABA74CFA2B956EF5AD047F1D::Expired <expired@example.com>::::::::::0:
sub:e:255:18:64EE5075DA0F96D9:1795381681::::::e:::::cv25519::
fpr:::::::::B9F9DF81510CF56FEC6FE2DC64EE5075DA0F96D9:
grp:::::::::7471C9830A49316AA68B2C4DA903BA11CED2E26F:
pub:u:2048:1:4A43469B66632BD7:1795381679:::u:::escaESCA:::::::23::0:
fpr:::::::::F93322C744F6F48D7F5171AA4A43469B66632BD7:
grp:::::::::3187A633361F28C1FEC05E5DDD97C52BA535A90C:
uid:u::::1795381679::9B83E1794290DBA26B4455E119AB1E2667E0D3DA::puppetmaster::::::::::0:
uid:r::::::0BC3A55DD4C9BF4DAA6BD3F3D4E3E3B2E0BBAE5A::Old <old@example.com>::::::::::0:
uat:u::::1795381679::9B83E1794290DBA26B4455E119AB1E2667E0D3DA::1 2048::::::::::0:
sub:u:2048:1:C625998B892677F8:1795381679::::::esa:::::::23:
fpr:::::::::E6679701E6636DEC87419551C625998B892677F8:
grp:::::::::D91C0B55C8E5EF54B24C6D113EBEA8B274DF3218:
`;

test('reads public keys with their subkeys, user IDs, keygrips and dates', () => {
  const [expired, puppetmaster, ...more] = parseColons(PUBLIC);
  expect(more).toEqual([]);
  expect(expired).toMatchObject({
    primaryKey: {
      fingerprint: '0CDBED46B51B30ABC60C7186041E74DC5E801B60',
      keyId: '041E74DC5E801B60',
      keygrip: '157E39A2F65084ECF1DF6787FD3A871C9025C743',
      ...{ algorithm: 22, bits: 255, validity: 'e', created: 1795381681, expires: 1795381683, canEncrypt: false },
    },
    subkeys: [
      {
        fingerprint: 'B9F9DF81510CF56FEC6FE2DC64EE5075DA0F96D9',
        keyId: '64EE5075DA0F96D9',
        keygrip: '7471C9830A49316AA68B2C4DA903BA11CED2E26F',
        ...{ algorithm: 18, validity: 'e', expires: undefined, canEncrypt: true },
      },
    ],
    userIds: [{ text: 'Expired <expired@example.com>', validity: 'e' }],
    disabled: false,
  });
  expect(puppetmaster).toMatchObject({
    primaryKey: { validity: 'u', bits: 2048, algorithm: 1, canEncrypt: true },
    subkeys: [{ keyId: 'C625998B892677F8', canEncrypt: true }],
    userIds: [
      { text: 'puppetmaster', validity: 'u' },
      { text: 'Old <old@example.com>', validity: 'r' },
    ],
  });
  expect([...(puppetmaster?.secrets.values() ?? [])]).toEqual([false, false]);
});

const key = (record: string, more: { capabilities?: string; secret?: string; validity?: string } = {}) => {
  const { capabilities = 'e', secret = '', validity = 'u' } = more;
  return `${record}:${validity}:255:18:64EE5075DA0F96D9:1795381681::::::${capabilities}:::${secret}::cv25519::\nfpr:::::::::B9F9DF81510CF56FEC6FE2DC64EE5075DA0F96D9:\n`;
};

describe('where the secret key is (field 15)', () => {
  test.each([
    ['on disk', '+', true],
    ['on a card, whose serial number is told', 'D2760001240102010006055532110000', true],
    ['with an agent that does not say', '', true],
    ['a stub, the secret key kept offline', '#', false],
  ])('%s', (_, secret, there) => {
    for (const record of ['sec', 'ssb']) {
      const listing = record === 'sec' ? key('sec', { secret }) : key('sec', { secret: '#' }) + key('ssb', { secret });
      expect(parseColons(listing)[0]?.secrets.get('B9F9DF81510CF56FEC6FE2DC64EE5075DA0F96D9')).toBe(there);
    }
  });

  test('an offline primary key says nothing about its subkeys', () => {
    const listing = `sec:u:255:22:F06891CB0871B647:1795381674:::u:::scESC:::#::ed25519:::0:
fpr:::::::::E015308C4D2A7A72D79DBFA7F06891CB0871B647:
${key('ssb', { secret: '+' })}`;
    expect([...(parseColons(listing)[0]?.secrets ?? [])]).toEqual([
      ['E015308C4D2A7A72D79DBFA7F06891CB0871B647', false],
      ['B9F9DF81510CF56FEC6FE2DC64EE5075DA0F96D9', true],
    ]);
  });
});

test.each([
  ['scESC', false, false],
  ['e', true, false],
  ['escaESCAD', true, true],
  ['scESCD', false, true],
  ['', false, false],
])('capabilities %s', (capabilities, canEncrypt, disabled) => {
  const [parsed] = parseColons(key('pub', { capabilities }));
  expect(parsed).toMatchObject({ primaryKey: { canEncrypt }, disabled });
});

describe('user IDs, quoted like C strings', () => {
  test.each([
    ['Ann <ann@example.com>', 'Ann <ann@example.com>'],
    ['Ann \\x3a Other', 'Ann : Other'],
    ['a\\x5cb', 'a\\b'],
    ['a\\nb\\rc\\fd\\ve\\bf\\0g', 'a\nb\rc\fd\ve\bf\0g'],
    ['\\\\x3a', '\\x3a'],
    ['CORP\\ann', 'CORP\\ann'],
    ['*name\\x <odd@example.com>', '*name\\x <odd@example.com>'],
    ['Zoë Ünïcode', 'Zoë Ünïcode'],
    ['Zo\\xc3\\xab', 'Zoë'],
    ['Zoë \\x3a', 'Zoë :'],
    ['', ''],
  ])('%j', (field, text) => {
    const [parsed] = parseColons(`${key('pub')}uid:-::::1::ABC::${field}::::::::::0:\n`);
    expect(parsed?.userIds).toEqual([{ text, validity: '-' }]);
  });
});

test('an empty validity is an unknown one', () => {
  expect(parseColons(key('pub', { validity: '' }))[0]?.primaryKey.validity).toBe('-');
});

test.each([
  ['nothing', ''],
  ['only the trust record', 'tru::1:1795385967:0:3:1:5\n'],
  [
    'records before any key',
    'fpr:::::::::B9F9DF81510CF56FEC6FE2DC64EE5075DA0F96D9:\nuid:u::::1::A::Ann:\ngrp:::::::::A:\n',
  ],
  ['a key without a fingerprint', 'pub:u:255:22:F06891CB0871B647:1795381674:::u:::scESC:::::ed25519:::0:\n'],
])('%s gives no keys', (_, listing) => expect(parseColons(listing)).toEqual([]));
