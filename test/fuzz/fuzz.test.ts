import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { EyamlError } from '../../src/errors.js';
import { scanBuffer } from '../../src/eyaml/markers.js';
import { puppetFaults } from '../../src/eyaml/puppet-view.js';
import { render } from '../../src/eyaml/render.js';
import { scan } from '../../src/eyaml/scan.js';
import { leftoverOffsets } from '../../src/eyaml/stray-markers.js';
import { createEyamlText, joinPieces } from '../../src/eyaml/text.js';
import { readContents } from '../../src/openpgp/contents.js';
import { readHead } from '../../src/openpgp/inspect.js';
import { readKeyFile } from '../../src/openpgp/keys.js';
import { readWithLibrary } from '../../src/openpgp/library-message.js';
import { readMessage } from '../../src/openpgp/message.js';
import { readPackets, readPkesk } from '../../src/openpgp/packets.js';
import { readEnvelope } from '../../src/pkcs7/envelope.js';
import { parseRecipientsFile } from '../../src/recipients/file.js';
import { pastedText } from '../../src/verbs/decrypt.js';
import { FIXTURES } from '../helpers/gnupg.js';
import { literal, packet, seipd, zip, zlib } from '../helpers/messages.js';
import { outcomeOf } from '../helpers/outcomes.js';
import { createRandom, mutate, randomText, type Random } from './random.js';

// `npm run fuzz` asks for many, from a new seed each time; FUZZ_SEED=… runs the same again. The suite runs a few, from seeds that
// are kept: add one here that found something.
const FULL = process.env.FUZZ === 'full';
const SEEDS = FULL ? [Number(process.env.FUZZ_SEED ?? Date.now() % 1e9)] : [1, 7, 20_240_229];
const TEXTS = FULL ? 1_000_000 : 2_000;
const MESSAGES = FULL ? 100_000 : 400;
// What parses YAML is slower than what does not.
const YAML_EVERY = 20;

/** Runs a law on inputs that come from the seed, and says which input broke it. */
async function fuzz(seed: number, count: number, law: (random: Random, i: number) => Promise<void> | void) {
  for (let i = 0; i < count; i += 1) {
    // Each input has its own seed, so that one can be run again alone.
    const own = Math.imul(seed, 0x9e3779b1) + i;
    try {
      await law(createRandom(own), i);
    } catch (cause) {
      throw new Error(`seed ${seed}, input ${i} broke the law`, { cause });
    }
  }
}

async function onlyOurErrors(read: () => unknown, alsoRangeErrors = false): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof EyamlError) && !(alsoRangeErrors && error instanceof RangeError)) throw error;
  }
}

const KEY = { algorithm: 9, data: Buffer.alloc(32, 1) };
const PKESK = packet(1, Buffer.from('0307070707070707070100' + '08ff', 'hex'));

async function sameBothWays(octets: Uint8Array): Promise<void> {
  const [own, library] = [await outcomeOf(readMessage, octets, KEY), await outcomeOf(readWithLibrary, octets, KEY)];
  if (JSON.stringify(own) !== JSON.stringify(library)) throw new Error('openpgp.js reads it in another way');
}

const RULES = { knownTags: ['GPG', 'PKCS7'], mayCrossLines: (id: number) => id % 2 === 0 };

describe.each(SEEDS)('from seed %i', (seed) => {
  test(
    'texts: scanned and rendered they are the same, and no reader of text throws',
    async () => {
      await fuzz(seed, TEXTS, async (random, i) => {
        const text = randomText(random);
        const tokens = scan(text);
        if (render(tokens) !== text) throw new Error('scan and render changed it');
        leftoverOffsets(text);
        scanBuffer(text, RULES);
        parseRecipientsFile(text, 'file');
        if (i % YAML_EVERY === 0) {
          const eyaml = createEyamlText(text);
          await Promise.all([eyaml.yaml(), eyaml.suspects(), eyaml.passedOver(), puppetFaults(eyaml)]);
          const { whole } = await joinPieces([{ text, isNew: false }]);
          if (whole.text !== text) throw new Error('what was kept was changed');
          pastedText(text);
        }
      });
    },
    FULL ? 3_600_000 : undefined,
  );

  test(
    'octets: every reader of messages and keys gives an answer or an error of ours',
    async () => {
      const vectors = path.join(FIXTURES, 'vectors');
      const messages = readdirSync(vectors).map((name) => readFileSync(path.join(vectors, name)));
      const key = Buffer.from(readFileSync(path.join(FIXTURES, 'keys/alice.pub.asc')));
      const contents = [literal('x\r\n', 't'), zip(literal('x')), zlib(zip(literal('x')))];
      const envelope = Buffer.from(
        /ENC\[PKCS7,([^\]]*)\]/.exec(readFileSync(path.join(FIXTURES, 'tree/pkcs7/mixed.eyaml'), 'utf8'))?.[1] ?? '',
        'base64',
      );
      await fuzz(seed, MESSAGES, async (random) => {
        const message = mutate(random.pick(messages), random);
        await onlyOurErrors(() => readHead(message));
        await onlyOurErrors(() => readMessage(message));
        await sameBothWays(message);
        await sameBothWays(Buffer.concat([PKESK, seipd(mutate(random.pick(contents), random), KEY.data)]));
        await onlyOurErrors(() => readPackets(message), true);
        await onlyOurErrors(() => readPkesk(message.subarray(2)), true);
        await onlyOurErrors(() => readEnvelope(mutate(envelope, random)));
        await onlyOurErrors(() => readContents(readPackets(mutate(random.pick(contents), random)), 1000), true);
        if (random.below(20) === 0) await onlyOurErrors(() => readKeyFile(mutate(key, random)));
      });
    },
    FULL ? 3_600_000 : undefined,
  );
});

test('each input of a seed is another one', () => {
  const texts = new Set(Array.from({ length: 100 }, (_, i) => randomText(createRandom(i))));
  expect(texts.size).toBeGreaterThan(80);
});
