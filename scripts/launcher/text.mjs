import { readFile } from 'node:fs/promises';
import path from 'node:path';

const read = (name) => readFile(path.join(import.meta.dirname, name), 'utf8');

/** The text of a launcher, `installed` or `executable`, with start.cjs in it. */
export async function launcher(name) {
  const start = await read('start.cjs');
  const inside = `(function (exports) {\n${start}return exports;\n})({})`;
  return (await read(`${name}.cjs`)).replace("require('./start.cjs')", () => inside);
}
