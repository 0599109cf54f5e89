import { constants, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createRsaEngine } from '../../../src/keys/keyfiles/rsa-pool.js';

const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const blocks = Array.from({ length: 24 }, () => Buffer.concat([Buffer.of(0), randomBytes(255)]));
const bare = (block: Buffer) => privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);

const all = (results: readonly (Buffer | Promise<Buffer>)[]) =>
  Promise.all(results.map((result) => Promise.resolve(result)));

function engine(cores: number, worthIt: number) {
  const made = createRsaEngine(cores, worthIt);
  onTestFinished(made.close);
  return made;
}

test.each([
  ['in this thread', 1, 0],
  ['in this thread as long as there is little to do', 8, Infinity],
  ['in two', 8, 0],
])('every block is worked on, each with its own result: %s', async (_, cores, worthIt) => {
  const { decrypt } = engine(cores, worthIt);
  const results = await all(blocks.map((block) => decrypt(key, block)));
  expect(results.map((result) => result.toString('hex'))).toEqual(blocks.map((block) => bare(block).toString('hex')));
});

test.each([1, 2])('a block that does not fit is an error and stops nothing else: %d', async (cores) => {
  const { decrypt } = engine(cores, 0);
  await expect(async () => decrypt(key, Buffer.alloc(256, 0xff))).rejects.toThrow();
  expect(await decrypt(key, blocks[0] ?? Buffer.alloc(0))).toEqual(bare(blocks[0] ?? Buffer.alloc(0)));
});

test('what is under way when it is closed is done all the same', async () => {
  const { decrypt, close } = engine(2, 0);
  const results = blocks.map((block) => decrypt(key, block));
  close();
  expect(await all(results)).toEqual(blocks.map(bare));
});
