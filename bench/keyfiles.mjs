// What a secret key in a file costs: one unwrapping through the keystore beside OpenSSL's bare privateDecrypt, for RSA of three lengths,
// and what a second core brings. Build first; run it with `node bench/keyfiles.mjs`.
import {
  constants,
  createPrivateKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createKeyfilesKeystore } from '../dist/src/keys/keyfiles/keyfiles.js';
import { createRsaEngine } from '../dist/src/keys/keyfiles/rsa-pool.js';
import { generateKeyPair } from '../dist/src/openpgp/generate.js';

const ROUNDS = 200;
const silent = { insist: () => undefined, warn: () => undefined, detail: () => undefined };

for (const type of ['cv25519', 'rsa2048', 'rsa3072', 'rsa4096']) {
  const { secretKey } = await generateKeyPair({ userId: 'bench', type });
  const keystore = createKeyfilesKeystore({
    publicKeys: () => [],
    secretKeys: () => [{ kind: 'octets', name: 'bench', octets: Buffer.from(secretKey) }],
    passphraseFor: () => Promise.resolve(undefined),
    messages: silent,
  });
  const start = performance.now();
  const [subkey] = await keystore.ownSubkeys();
  const bits = Number(type.slice(3));
  const wrapped =
    type === 'cv25519'
      ? {
          kind: 'ecdh',
          ephemeralPoint: Buffer.concat([Buffer.of(0x40, 9), randomBytes(31)]),
          wrapped: Buffer.alloc(48),
        }
      : { kind: 'rsa', encrypted: Buffer.concat([Buffer.of(0), randomBytes(bits / 8 - 1)]) };
  await keystore.unwrap(subkey, wrapped);
  row(`${type}: reading the key and the first value`, performance.now() - start);
  row(`${type}: each further value`, await timed(() => keystore.unwrap(subkey, wrapped)));
  if (type !== 'cv25519') row(`${type}: bare privateDecrypt`, await timed(bareRsa(bits)));
}

const WAITING = [64, 256, 1024];
for (const values of WAITING) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const message = publicEncrypt(publicKey, randomBytes(35));
  for (const cores of [1, availableParallelism()]) {
    const engine = createRsaEngine({ cores });
    const start = performance.now();
    await Promise.all(
      Array.from({ length: values }, () => Promise.resolve().then(() => engine.decrypt(privateKey, message))),
    );
    row(`rsa4096: ${values} values, ${cores} cores`, performance.now() - start);
    engine.close();
  }
}

function bareRsa(bits) {
  const pem = generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const key = createPrivateKey(pem);
  const message = Buffer.concat([Buffer.of(0), randomBytes(bits / 8 - 1)]);
  return () => privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, message);
}

async function timed(work) {
  await work();
  const start = performance.now();
  for (let i = 0; i < ROUNDS; i += 1) await work();
  return (performance.now() - start) / ROUNDS;
}

function row(name, milliseconds) {
  console.log(`${milliseconds.toFixed(3).padStart(10)} ms  ${name}`);
}
