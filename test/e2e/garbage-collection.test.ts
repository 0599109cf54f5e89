import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MAIN } from '../helpers/cli.js';

const run = promisify(execFile);
const MODULES = path.resolve(MAIN, '../../src/openpgp');

// Node 20 waits for ever for a lock that it holds when it collects garbage while it exports a key that it has just generated. When it
// collects is left to chance.
test('encrypting goes on, whenever garbage is collected', async () => {
  const script = `
    import { agreeOnce } from '${MODULES}/key-agreement.js';
    import { curveOf } from '${MODULES}/curves.js';
    const curve = curveOf(Buffer.from('2b060104019755010501', 'hex'));
    const point = Buffer.from([0x40, 9, ...new Uint8Array(31)]);
    for (let i = 0; i < 8_000; i++) agreeOnce(curve, point);
  `;
  const runs = [10, 100, 1000].map((interval) =>
    run(process.execPath, [`--random-gc-interval=${interval}`, '--input-type=module', '-e', script], {
      timeout: 60_000,
      killSignal: 'SIGKILL',
    }),
  );
  expect(await Promise.all(runs)).toHaveLength(3);
}, 90_000);
