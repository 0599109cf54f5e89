import { describe, expect, test } from 'vitest';
import { createComparison } from '../../src/encryptors/drift.js';
import { hasDrifted, repeatedIn } from '../../src/encryptors/encryptor.js';
import type { KeyPart, PublicKey, Validity } from '../../src/keys/keystore.js';
import { WILDCARD_KEY_ID, type Fingerprint, type KeyId } from '../../src/openpgp/identifiers.js';
import type { MessageHead } from '../../src/openpgp/inspect.js';
import type { Recipient } from '../../src/recipients/match.js';

const keyIdOf = (n: number) => n.toString(16).toUpperCase().padStart(16, '0') as KeyId;

function part(n: number, validity: Validity = 'u', canEncrypt = true): KeyPart {
  return {
    fingerprint: n.toString(16).toUpperCase().padStart(40, '0') as Fingerprint,
    keyId: keyIdOf(n),
    keygrip: undefined,
    algorithm: 18,
    bits: 255,
    validity,
    created: n,
    expires: undefined,
    canEncrypt,
    canSign: false,
  };
}

/** A recipient whose primary key is number n, and to whose last subkey is encrypted today. */
function recipient(name: string, n: number, ...subkeys: readonly KeyPart[]): Recipient {
  const publicKey: PublicKey = {
    primaryKey: part(n),
    subkeys,
    userIds: [{ text: name, validity: 'u' }],
    disabled: false,
  };
  return { spec: name, publicKey, encryptionSubkey: subkeys.at(-1) ?? publicKey.primaryKey };
}

const ann = recipient('Ann', 0x10, part(0x11));
// An expired subkey, a revoked one, one that is merely older, and today's.
const rota = recipient('Rota', 0x20, part(0x21, 'e'), part(0x22, 'r'), part(0x23), part(0x24));
const signing: Recipient = { ...recipient('Sig', 0x40, part(0x41, 'u', false), part(0x42)) };
const whole = recipient('Whole', 0x30);
const HIDDEN = 0;
const STRANGER = 0x99;

interface Case {
  readonly what: string;
  readonly readers: readonly number[];
  readonly recipients: readonly Recipient[];
  readonly missing?: readonly string[];
  readonly outdated?: readonly string[];
  readonly extra?: readonly number[];
  readonly repeated?: readonly number[];
  readonly mislabelled?: readonly number[];
  readonly hidden?: number;
}

const CASES: readonly Case[] = [
  { what: 'as it should be', readers: [0x11, 0x24], recipients: [ann, rota] },
  { what: 'in another order', readers: [0x24, 0x11], recipients: [ann, rota] },
  { what: 'a primary key that encrypts', readers: [0x30], recipients: [whole] },
  { what: 'somebody named twice', readers: [0x11], recipients: [ann, ann] },
  { what: 'a recipient’s name twice', readers: [0x11, 0x11], recipients: [ann], repeated: [0x11] },
  { what: 'a name three times', readers: [0x11, 0x11, 0x11], recipients: [ann], repeated: [0x11] },
  { what: 'a subkey that cannot encrypt', readers: [0x41, 0x42], recipients: [signing], mislabelled: [0x41] },
  { what: 'only one that cannot', readers: [0x41], recipients: [signing], missing: ['Sig'], mislabelled: [0x41] },
  { what: 'an expired subkey beside today’s', readers: [0x21, 0x24], recipients: [rota] },
  { what: 'every subkey of somebody', readers: [0x21, 0x22, 0x23, 0x24, 0x20], recipients: [rota] },
  { what: 'an expired subkey alone', readers: [0x21], recipients: [rota], outdated: ['Rota'] },
  { what: 'a revoked subkey alone', readers: [0x22], recipients: [rota], outdated: ['Rota'] },
  { what: 'an older subkey alone', readers: [0x23, 0x11], recipients: [ann, rota], outdated: ['Rota'] },
  { what: 'the primary key alone', readers: [0x20], recipients: [rota], outdated: ['Rota'] },
  { what: 'somebody cannot read', readers: [0x11], recipients: [ann, rota], missing: ['Rota'] },
  { what: 'nobody can read', readers: [], recipients: [ann, rota], missing: ['Ann', 'Rota'] },
  { what: 'somebody who left', readers: [0x11, 0x24], recipients: [ann], extra: [0x24] },
  { what: 'a stranger', readers: [0x11, STRANGER], recipients: [ann], extra: [STRANGER] },
  {
    what: 'a stranger twice',
    readers: [STRANGER, 0x11, STRANGER],
    recipients: [ann],
    extra: [STRANGER],
    repeated: [STRANGER],
  },
  { what: 'one for another', readers: [0x24], recipients: [ann], missing: ['Ann'], extra: [0x24] },
  { what: 'hidden recipients', readers: [HIDDEN, 0x11, HIDDEN], recipients: [ann], hidden: 2 },
  { what: 'a hidden recipient alone', readers: [HIDDEN], recipients: [ann], missing: ['Ann'], hidden: 1 },
  {
    what: 'everything at once',
    readers: [0x21, STRANGER, HIDDEN],
    recipients: [ann, rota],
    missing: ['Ann'],
    outdated: ['Rota'],
    extra: [STRANGER],
    hidden: 1,
  },
];

const headOf = (readers: readonly number[]) => ({
  readers: readers.map(keyIdOf),
  hasPassword: false,
  protection: 'mdc' as const,
});

const driftOf = (head: MessageHead, recipients: readonly Recipient[]) => createComparison(recipients)(head);

describe('drift', () => {
  test.each(CASES)(
    '$what',
    ({ readers, recipients, missing = [], outdated = [], extra = [], repeated = [], mislabelled = [], hidden = 0 }) => {
      const drift = driftOf(headOf(readers), recipients);
      expect({
        ...drift,
        missing: drift.missing.map(({ userId }) => userId),
        outdated: drift.outdated.map(({ userId }) => userId),
      }).toEqual({
        missing,
        outdated,
        extra: extra.map(keyIdOf),
        repeated: repeated.map(keyIdOf),
        mislabelled: mislabelled.map(keyIdOf),
        hidden,
        password: false,
        protection: 'mdc',
      });
      const lists = [missing, outdated, extra, repeated, mislabelled];
      expect(hasDrifted(drift)).toBe(lists.flat().length + hidden > 0);
    },
  );

  test.each([
    { what: 'a password', head: { hasPassword: true }, drifted: true },
    { what: 'AEAD', head: { protection: 'aead' as const }, drifted: true },
    { what: 'no protection', head: { protection: 'none' as const }, drifted: true },
    { what: 'nothing odd', head: {}, drifted: false },
  ])('$what', ({ head, drifted }) => {
    const drift = driftOf({ ...headOf([0x11]), ...head }, [ann]);
    expect(drift).toMatchObject({ missing: [], outdated: [], extra: [], hidden: 0 });
    expect(hasDrifted(drift)).toBe(drifted);
  });

  test('two subkeys of one key, both named, are both to read', () => {
    const both = [{ ...rota, encryptionSubkey: part(0x23) }, rota];
    expect(hasDrifted(driftOf(headOf([0x23, 0x24]), both))).toBe(false);
    expect(driftOf(headOf([0x24]), both).outdated).toHaveLength(1);
  });

  test('readers are told by primary fingerprint, first user ID and validity', () => {
    const { publicKey } = rota;
    const nameless = { ...rota, publicKey: { ...publicKey, primaryKey: part(0x20, 'f'), userIds: [] } };
    expect(driftOf(headOf([]), [nameless]).missing).toEqual([
      { fingerprint: part(0x20).fingerprint, userId: 'no user ID', validity: 'f' },
    ]);
    expect(driftOf(headOf([]), [ann]).missing).toEqual([
      { fingerprint: part(0x10).fingerprint, userId: 'Ann', validity: 'u' },
    ]);
  });

  test('a hidden recipient is none of the strangers', () => {
    expect(driftOf({ ...headOf([0x11]), readers: [WILDCARD_KEY_ID, keyIdOf(0x11)] }, [ann]).extra).toEqual([]);
  });
});

test('of very many readers the repeated ones are found in time linear in their number', () => {
  const readers = Array.from({ length: 300_000 }, (_, n) => n);
  expect(repeatedIn([...readers, 7, 3, 7])).toEqual([7, 3]);
});

test('many messages with the same readers are compared once, those with other readers or another protection anew', () => {
  const compare = createComparison([ann]);
  const drift = compare(headOf([0x11]));
  expect(compare(headOf([0x11]))).toBe(drift);
  expect(compare({ ...headOf([0x11]), protection: 'aead' }).protection).toBe('aead');
  expect(compare({ ...headOf([0x11]), hasPassword: true }).password).toBe(true);
  expect(compare(headOf([0x11, 0x11])).repeated).toHaveLength(1);
});
