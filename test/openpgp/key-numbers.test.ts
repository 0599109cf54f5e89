import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fingerprint } from '../../src/openpgp/identifiers.js';
import { parseKeyId } from '../../src/openpgp/identifiers.js';
import { readKeyNumbers } from '../../src/openpgp/key-numbers.js';
import { readMessage } from '../../src/openpgp/message.js';
import type { PublicNumbers } from '../../src/openpgp/public-numbers.js';
import { canSeal, sealMessage } from '../../src/openpgp/write-message.js';
import { defined } from '../helpers/defined.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';

const PLAINTEXT = Buffer.from('any \0 octets\r\n\xff', 'latin1');

describe('numbers of the keys that GnuPG exports', () => {
  let home: GnupgHome;
  let numbers: ReadonlyMap<Fingerprint, PublicNumbers>;
  beforeAll(() => {
    home = createGnupgHome({ secret: ['alice', 'puppetmaster', 'carol', 'rota', 'zoe', 'olga', 'dan', 'brian'] });
    numbers = readKeyNumbers(home.gpg(['--export']));
  });
  afterAll(() => home.remove());

  const recipient = (keyId: string) => {
    const found = [...numbers].find(([fingerprint]) => fingerprint.endsWith(keyId));
    return { keyId: defined(parseKeyId(keyId)), numbers: defined(found)[1] };
  };

  test.each([
    ['alice', '618FFB1B4D739FFF'],
    ['puppetmaster', 'C625998B892677F8'],
    ['carol', '77EF725007816870'],
    ['brian', 'BED40375E228AB33'],
    ['rota', '219388DA97F7FD70'],
    ['rota, the older subkey', 'E1A609B4914EE3A9'],
    ['olga', 'E76F1517C9D8A23D'],
    ['several', '618FFB1B4D739FFF', 'C625998B892677F8', 'F289521FACF70370'],
    ['both of rota', '219388DA97F7FD70', 'E1A609B4914EE3A9'],
  ])('are enough to encrypt for %s, and gpg decrypts it', async (_, ...keyIds) => {
    const octets = sealMessage(PLAINTEXT, keyIds.map(recipient));
    expect((await readMessage(octets)).pkesks.map(({ keyId }) => keyId)).toEqual(keyIds);
    expect(home.gpg(['--decrypt'], octets).equals(PLAINTEXT)).toBe(true);
  });

  test('are not enough for ElGamal', () => expect(canSeal(recipient('1370C65E701BB4D3').numbers)).toBe(false));

  test('tell the ECDH parameters of a subkey, and none of a key that signs', () => {
    const subkey = 'EE3B2EB5E5F4C9AAFAC5800177EF725007816870' as Fingerprint;
    expect(numbers.get(subkey)).toMatchObject({
      kind: 'ecdh',
      parameters: { curveOid: Buffer.from('2b81040022', 'hex'), hashAlgorithm: 9 },
    });
    expect(numbers.get(FINGERPRINTS.carol as Fingerprint)?.kind).toBe('signing');
    expect(numbers.get('0'.repeat(40) as Fingerprint)).toBeUndefined();
  });
});

test('none are in nothing', () => expect(readKeyNumbers(Buffer.alloc(0)).size).toBe(0));
