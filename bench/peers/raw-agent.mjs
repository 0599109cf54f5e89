// What the agent alone needs: one connection, and one PKDECRYPT after the other with a random message. Nothing is made of the answers.
//
//     node raw-agent.mjs SOCKET KEYGRIP cv25519|rsa3072 COUNT
//
// prints how many answers came and the milliseconds from the first command to the last answer, as JSON.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

// Making a point takes longer than sending it; the agent does not remember them.
const DISTINCT = 64;

const [socketPath, keygrip, type, count] = process.argv.slice(2);
const commands = Array.from({ length: DISTINCT }, () => pkdecrypt(type === 'cv25519' ? ecdh() : rsa()));

const socket = connect(socketPath);
let received = Buffer.alloc(0);
await answer();
await ask(Buffer.from(`SETKEY ${keygrip}\n`));
let done = 0;
const start = performance.now();
for (let i = 0; i < Number(count); i += 1) if ((await ask(commands[i % DISTINCT])).includes('(5:value')) done += 1;
console.log(JSON.stringify({ done, milliseconds: performance.now() - start }));
socket.destroy();

function ask(line) {
  socket.write(line);
  return answer();
}

// Up to the line that ends it; only one command is on its way.
async function answer() {
  for (;;) {
    const text = received.toString('latin1');
    if (/(?:^|\n)ERR .*\n$/.test(text)) throw new Error(text);
    if (/(?:^|\n)OK.*\n$/.test(text)) {
      received = Buffer.alloc(0);
      return text;
    }
    const [chunk] = await once(socket, 'data');
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
  }
}

// The agent asks for the ciphertext with INQUIRE; it may have been sent already.
function pkdecrypt(parameters) {
  const expression = `(7:enc-val${parameters})`;
  const escaped = expression.replace(/[%\r\n]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return Buffer.from(`PKDECRYPT\nD ${escaped}\nEND\n`, 'latin1');
}

function ecdh() {
  const { publicKey } = generateKeyPairSync('x25519');
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('latin1');
  // "0" is the length of what is wrapped, 0x30, and "@" the 0x40 before a point of Curve25519 (RFC 9580, section 11.2.2).
  const wrapped = randomBytes(48).toString('latin1');
  return `(4:ecdh(1:s49:0${wrapped})(1:e33:@${point}))`;
}

function rsa() {
  return `(3:rsa(1:a384:\0${randomBytes(383).toString('latin1')}))`;
}
