// What OpenSSL alone needs for RSA: one privateDecrypt after the other, with random blocks, in one thread.
//
//     node raw-rsa.mjs KEY.PEM COUNT
//
// prints how many were done and the milliseconds for them, as JSON.
import { constants, createPrivateKey, privateDecrypt, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [file, count] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(file));
const octets = key.asymmetricKeyDetails.modulusLength / 8;
// A block that starts with zero is smaller than the modulus.
const blocks = Array.from({ length: 16 }, () => Buffer.concat([Buffer.of(0), randomBytes(octets - 1)]));

let done = 0;
const start = performance.now();
for (let i = 0; i < Number(count); i += 1)
  if (privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, blocks[i % 16]).length === octets) done += 1;
console.log(JSON.stringify({ done, milliseconds: performance.now() - start }));
