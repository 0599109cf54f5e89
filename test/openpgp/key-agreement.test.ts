import { randomBytes, type JsonWebKeyInput } from 'node:crypto';
import type * as nodeCrypto from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { curveOf } from '../../src/openpgp/curves.js';
import { defined } from '../helpers/defined.js';

// What Node up to 24 does with a secret key whose public half is wrong, what later ones do, and what one might do that believes it.
const NODES = ['derives', 'refuses', 'believes'] as const;
const found: { node: string } = vi.hoisted(() => ({ node: 'derives' }));

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof nodeCrypto>();
  return {
    ...crypto,
    createPrivateKey: (given: JsonWebKeyInput) => {
      const { x } = given.key;
      if (found.node === 'refuses' && x !== undefined) throw new TypeError('Invalid JWK OKP key');
      const key = crypto.createPrivateKey(given);
      if (found.node === 'believes' && x !== undefined)
        Object.defineProperty(key, 'export', { value: () => ({ ...given.key }) });
      return key;
    },
  };
});

const BASE = Buffer.from([0x40, 9, ...new Uint8Array(31)]);

afterEach(() => {
  vi.resetModules();
});

describe.each(NODES)('with a Node that %s', (node) => {
  test('the owner of a point on Curve25519 finds what was agreed, and no key is used twice', async () => {
    found.node = node;
    const { agreeOnce, createAgreement, readyAgreement } = await import('../../src/openpgp/key-agreement.js');
    expect(readyAgreement()).toBe(node === 'derives');
    const curve = defined(curveOf(Buffer.from('2b060104019755010501', 'hex')));
    const agree = createAgreement(curve, randomBytes(32));
    const point = Buffer.concat([BASE.subarray(0, 1), agree(BASE)]);
    const all = Array.from({ length: 20 }, () => agreeOnce(curve, point));
    for (const { ephemeral, sharedX } of all) expect(agree(ephemeral).equals(sharedX)).toBe(true);
    expect(new Set(all.map(({ ephemeral }) => ephemeral.toString('hex'))).size).toBe(20);
  });
});

test('a zero point is refused: the secret would be known', async () => {
  found.node = 'derives';
  const { agreeOnce } = await import('../../src/openpgp/key-agreement.js');
  const curve = defined(curveOf(Buffer.from('2b060104019755010501', 'hex')));
  expect(() => agreeOnce(curve, Buffer.from([0x40, ...new Uint8Array(32)]))).toThrow();
});
