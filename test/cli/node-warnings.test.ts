import { afterEach, expect, test, vi } from 'vitest';
import { withoutWebCryptoWarnings } from '../../src/cli/node-warnings.js';

const emit = process.emitWarning.bind(process);
afterEach(() => {
  process.emitWarning = emit;
});

test('of Node’s warnings only those about Ed25519 and X25519 in WebCrypto are left out', () => {
  const shown = vi.fn();
  process.emitWarning = shown;
  withoutWebCryptoWarnings();
  for (const name of ['Ed25519', 'X25519', 'X448'])
    process.emitWarning(
      `The ${name} Web Crypto API algorithm is an experimental feature and might change at any time`,
      'ExperimentalWarning',
    );
  process.emitWarning(new Error('something is deprecated'));
  process.emitWarning('another', { code: 'EYAML1' });
  expect(shown.mock.calls).toEqual([
    [
      'The X448 Web Crypto API algorithm is an experimental feature and might change at any time',
      'ExperimentalWarning',
    ],
    [new Error('something is deprecated')],
    ['another', { code: 'EYAML1' }],
  ]);
});
