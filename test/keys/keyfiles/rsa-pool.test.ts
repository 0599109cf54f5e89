import { constants, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import ts from 'typescript';
import { expect, onTestFinished, test } from 'vitest';
import { createRsaEngine, type RsaEngineOptions } from '../../../src/keys/keyfiles/rsa-pool.js';

const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const blocks = Array.from({ length: 24 }, () => Buffer.concat([Buffer.of(0), randomBytes(255)]));
const bare = (block: Buffer) => privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);

const all = (results: readonly (Buffer | Promise<Buffer>)[]) =>
  Promise.all(results.map((result) => Promise.resolve(result)));

// Node 20 starts no TypeScript: the worker's own file as the build makes it, without its types.
const source = readFileSync(path.resolve('src/keys/keyfiles/rsa-worker.ts'), 'utf8');
const built = ts.transpile(source, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 });
const worker = new URL(`data:text/javascript,${encodeURIComponent(built)}`);

function engine(options: RsaEngineOptions) {
  const made = createRsaEngine({ worker, ...options });
  onTestFinished(made.close);
  return made;
}

/** How many answers threads have given, for as long as a test lasts. */
function answersOfThreads(): () => number {
  let answers = 0;
  const listen = (thread: Worker) => void thread.on('message', () => (answers += 1));
  process.on('worker', listen);
  onTestFinished(() => void process.off('worker', listen));
  return () => answers;
}

test.each([
  ['in this thread', { cores: 1, worthIt: 0 }, false],
  ['in this thread as long as there is little to do', { cores: 8, worthIt: Infinity }, false],
  ['in two', { cores: 8, worthIt: 0 }, true],
  ['in this thread where no other can be started', { cores: 8, worthIt: 0, worker: new URL('file:///nowhere') }, false],
])('every block is worked on, each with its own result: %s', async (_, options, isShared) => {
  const answers = answersOfThreads();
  const { decrypt } = engine(options);
  // As many as it takes: how soon a thread starts is not for this test to say.
  do {
    await setImmediate();
    const results = await all(blocks.map((block) => decrypt(key, block)));
    expect(results.map((result) => result.toString('hex'))).toEqual(blocks.map((block) => bare(block).toString('hex')));
  } while (isShared && answers() === 0);
  expect(answers() > 0).toBe(isShared);
});

test.each([1, 2])('a block that does not fit is an error and stops nothing else: %d', async (cores) => {
  const { decrypt } = engine({ cores, worthIt: 0 });
  await expect(async () => decrypt(key, Buffer.alloc(256, 0xff))).rejects.toThrow();
  expect(await decrypt(key, blocks[0] ?? Buffer.alloc(0))).toEqual(bare(blocks[0] ?? Buffer.alloc(0)));
});

test('what is under way when it is closed is done all the same', async () => {
  const { decrypt, close } = engine({ cores: 2, worthIt: 0 });
  const results = blocks.map((block) => decrypt(key, block));
  close();
  expect(await all(results)).toEqual(blocks.map(bare));
});
