import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../../src/context/context.js';
import { NO_DRIFT, type Sealer } from '../../../src/encryptors/encryptor.js';
import { EyamlError } from '../../../src/errors.js';
import { normalizeText } from '../../../src/eyaml/lines.js';
import { scan } from '../../../src/eyaml/scan.js';
import { isValue, type Token } from '../../../src/eyaml/token.js';
import { applyRecrypt } from '../../../src/verbs/recrypt/apply.js';
import { planValues } from '../../../src/verbs/recrypt/plan-file.js';
import { planRecrypt } from '../../../src/verbs/recrypt/plan.js';
import { fakePayload, oneLine, STYLES, valuesOf } from '../../eyaml/documents.js';
import { contextFor } from '../../helpers/context.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../../helpers/gnupg.js';

const MEND = { all: false, changeTo: undefined };
const nothing = () => undefined;
// Puppet does not see values in these, so they are put on one line.
const PASSED_OVER = ['in double quotes with escapes', 'beside text in a block'];

describe('which values are planned', () => {
  const drifted = oneLine(fakePayload(1));
  const right = oneLine(fakePayload(2));
  const pkcs7 = oneLine(fakePayload(3), 'PKCS7');
  const text = `a: ${drifted}\nb: ${right}\nc: ${pkcs7}\n`;
  const sealer: Sealer = {
    readers: [],
    source: 'recipients',
    encrypt: (plaintext) => Promise.resolve(plaintext),
    compare: (octets) =>
      Buffer.from(octets).toString('base64') === fakePayload(1) ? { ...NO_DRIFT, hidden: 1 } : NO_DRIFT,
  };
  const both = new Map([
    ['GPG', sealer],
    ['PKCS7', sealer],
  ]);

  test.each([
    { what: 'what has drifted', sealers: both, options: MEND, lines: ['1 GPG drift'] },
    {
      what: 'all',
      sealers: both,
      options: { ...MEND, all: true },
      lines: ['1 GPG drift', '2 GPG drift', '3 PKCS7 drift'],
    },
    {
      what: 'another method for some',
      sealers: both,
      options: { ...MEND, changeTo: 'GPG' },
      lines: ['1 GPG drift', '3 GPG'],
    },
    {
      what: 'another method for others',
      sealers: both,
      options: { ...MEND, changeTo: 'PKCS7' },
      lines: ['1 PKCS7', '2 PKCS7'],
    },
  ])('$what', ({ sealers, options, lines }) => {
    const plan = planValues(valuesOf(text), sealers, options);
    expect(plan.map(({ value, tag, drift }) => `${value.line} ${tag}${drift ? ' drift' : ''}`)).toEqual(lines);
  });

  test('no values', () => expect(planValues([], both, MEND)).toEqual([]));

  test('a damaged value is an error', () => {
    const damaged = new EyamlError('MESSAGE_INVALID', 'damaged');
    const sealers = new Map([
      [
        'GPG',
        {
          ...sealer,
          compare: () => {
            throw damaged;
          },
        },
      ],
    ]);
    expect(() => planValues(valuesOf(text), sealers, MEND)).toThrow(damaged);
  });
});

describe('laws', () => {
  let home: GnupgHome;
  const payloads = { alice: '', zoe: '' };
  beforeAll(() => {
    home = createGnupgHome({ secret: ['alice'], pub: ['zoe', 'dan'] });
    payloads.alice = home.gpg(['-r', 'alice@example.com', '-e'], 'for alice').toString('base64');
    payloads.zoe = home
      .gpg(['-r', 'alice@example.com', '-r', 'zoe@example.com', '-e'], 'for zoe too')
      .toString('base64');
  });
  afterAll(() => home.remove());

  /** A file in a folder of its own, read by alice and zoe. */
  function fileOf(text: string, recipients = 'alice@example.com\nzoe@example.com\n'): string {
    const folder = scratchFolder();
    writeFileSync(path.join(folder, 'hiera-eyaml-gpg.recipients'), recipients);
    const file = path.join(folder, 'a.eyaml');
    writeFileSync(file, text);
    return file;
  }

  async function recrypt(file: string, context: Context) {
    const plan = await planRecrypt([file], MEND, context, nothing);
    return { plan, outcome: await applyRecrypt(plan, context, nothing) };
  }

  // PKCS7 values are not for this context and stay as they are.
  const anyText = fc
    .record({
      values: fc.array(
        fc.tuple(
          fc.constantFrom(...Object.keys(STYLES).filter((style) => !PASSED_OVER.includes(style))),
          fc.constantFrom('alice', 'zoe'),
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      lineEnd: fc.constantFrom('\n', '\r\n'),
      bom: fc.constantFrom('', '\ufeff'),
    })
    .map(({ values, lineEnd, bom }) => (known: typeof payloads) => {
      const lines = values.map(([style, who], i) => STYLES[style]?.(known[who], `key${i}`) ?? '');
      return bom + lines.join('').replaceAll('\n', lineEnd);
    });

  test('no octet changes outside the changed values, layouts and line ends are kept, and a second run has nothing to do', async () => {
    const context = contextFor(home);
    const shapeOf = (tokens: readonly Token[], isChanged: (i: number) => boolean) =>
      tokens.map((token, i) => (isValue(token) && isChanged(i) ? token.layout : token.text));
    await fc.assert(
      fc.asyncProperty(anyText, async (textFor) => {
        const before = textFor(payloads);
        const file = fileOf(before);
        const { plan, outcome } = await recrypt(file, context);
        const after = readFileSync(file, 'utf8');
        expect(outcome.failed).toEqual([]);
        expect(outcome.values).toBe(plan.files.reduce((sum, { changes }) => sum + changes.length, 0));

        const [old, now] = [before, after].map((text) => scan(normalizeText(text).text)) as [Token[], Token[]];
        const isChanged = (i: number) =>
          old[i]?.kind === 'value' && old[i].tag === 'GPG' && old[i].payload === payloads.alice;
        expect(shapeOf(now, isChanged).map(widthless)).toEqual(shapeOf(old, isChanged).map(widthless));
        expect(after.includes('\r\n')).toBe(before.includes('\r\n'));
        expect(after.startsWith('\ufeff')).toBe(before.startsWith('\ufeff'));
        expect(/[^\r]\n/.test(after)).toBe(/[^\r]\n/.test(before));
        for (const [i, token] of now.entries()) {
          if (isValue(token) && isChanged(i)) expect(token.payload).not.toBe(payloads.alice);
        }

        const again = await planRecrypt([file], MEND, context, nothing);
        expect([again.files, again.problems]).toEqual([[], []]);
      }),
      { numRuns: 60 },
    );
  });

  test('a file without drift is not written', async () => {
    const file = fileOf(`a: ENC[GPG,${payloads.zoe}]\n`);
    const { plan, outcome } = await recrypt(file, contextFor(home));
    expect([plan.files, plan.upToDate, outcome.files]).toEqual([[], 1, []]);
  });

  test('each distinct message is opened once, and few values are encrypted at a time', async () => {
    const value = `ENC[GPG,${payloads.alice}]`;
    const file = fileOf(
      Array.from({ length: 30 }, (_, i) => `key${i}: ${value}\n`).join(''),
      'alice@example.com\ndan@example.com\n',
    );
    const counted = counting(contextFor(home));
    const { outcome } = await recrypt(file, counted.context);
    expect(outcome.values).toBe(30);
    expect(counted.opened()).toBe(1);
    // Each is a process of gpg, which dan's ElGamal key needs.
    expect(counted.mostAtOnce()).toBeLessThanOrEqual(4);
    expect(new Set(valuesOf(readFileSync(file, 'utf8')).map(({ payload }) => payload)).size).toBe(30);
  });
});

/** A layout, or text, but for how wide the pieces of a value are: that hangs on its length. */
function widthless(shape: unknown): unknown {
  if (typeof shape !== 'object' || shape === null || !('wrapping' in shape)) return shape;
  const { wrapping } = shape as { wrapping?: { separator: string } };
  return { ...shape, wrapping: wrapping?.separator };
}

/** The same tools, which count what they are used for. */
function counting(context: Context) {
  let opened = 0;
  let now = 0;
  let most = 0;
  const encryptors = new Map(
    [...context.encryptors].map(([tag, encryptor]) => {
      const decrypt = (octets: Uint8Array) => ((opened += 1), encryptor.decrypt(octets));
      const prepare = async (target: string): Promise<Sealer> => {
        const sealer = await encryptor.prepare(target);
        const encrypt = async (plaintext: Uint8Array) => {
          most = Math.max(most, (now += 1));
          return sealer.encrypt(plaintext).finally(() => (now -= 1));
        };
        return { ...sealer, encrypt };
      };
      return [tag, { ...encryptor, decrypt, prepare }];
    }),
  );
  return { context: { ...context, encryptors }, opened: () => opened, mostAtOnce: () => most };
}
