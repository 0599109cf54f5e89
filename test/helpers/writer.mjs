// A process that writes files as the commands do, told by lines of JSON: {"read": FILE} notes what it holds; {"write": TEXT, …options}
// replaces it. Each is answered by a line of JSON; before it writes, it says so.
import { createInterface } from 'node:readline';
import { checkWritable, readSnapshot, replaceFile } from '../../dist/src/files/snapshot.js';

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
let snapshot;
process.emit('hold', false);
for await (const line of createInterface({ input: process.stdin })) {
  const { read, write, ...options } = JSON.parse(line);
  try {
    if (read !== undefined) {
      snapshot = await readSnapshot(read);
      await checkWritable(snapshot);
      say({});
    } else {
      say({ writing: true });
      process.emit('hold', true);
      say(await replaceFile(snapshot, Buffer.from(write), options));
    }
  } catch (error) {
    say({ code: error.code, message: error.message, suggestions: error.suggestions });
  }
}
