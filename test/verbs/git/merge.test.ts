import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { pkcs7ByForm } from '../../../src/eyaml/scan.js';
import { mergeVersions } from '../../../src/verbs/git/merge.js';
import { cleanEnvironment } from '../../helpers/cli.js';
import { scratchFolder, scratchRuntimeFolder } from '../../helpers/files.js';
import { hasPeer } from '../../helpers/peers.js';
import { plainMethods, plainValue } from '../../helpers/plain-encryptor.js';

const COUNT = 200;
type Values = ReadonlyMap<number, string>;

/** Merges files of many values, of which each side has some others. */
function mergeMany(ours: Values, theirs: Values) {
  const textOf = (values: Values) =>
    Array.from({ length: COUNT }, (_, i) => `key${i}: ${values.get(i) ?? plainValue(`text ${i}`)}\n`).join('');
  return merge(textOf(new Map()), textOf(ours), textOf(theirs));
}

/** Merges three texts, and tells what was opened for it. */
async function merge(base: string, ours: string, theirs: string) {
  const folder = scratchFolder();
  const environment = cleanEnvironment({ HOME: folder, XDG_RUNTIME_DIR: scratchRuntimeFolder() });
  execFileSync('git', ['init', '-q'], { cwd: folder, env: environment });
  const write = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const methods = { ...plainMethods(), untagged: pkcs7ByForm };
  const files = { base: write('base', base), ours: write('ours', ours), theirs: write('theirs', theirs) };
  const host = { cwd: folder, environment };
  const outcome = await mergeVersions({ ...files, path: 'x.eyaml', markerSize: 7 }, methods, host);
  return { outcome, opened: [...methods.opened].sort(), text: readFileSync(files.ours, 'utf8') };
}

test.skipIf(!hasPeer('git'))('a merge opens nothing where lines do not conflict, else only what differs', async () => {
  const ours = new Map([3, 50, 100, 150, 190].map((i) => [i, plainValue(`new ${i}`, 1)]));
  const far = new Map([10, 60].map((i) => [i, plainValue(`new ${i}`, 2)]));
  const apart = await mergeMany(ours, far);
  expect(apart).toMatchObject({ outcome: { conflicts: 0, recrypted: 0 }, opened: [] });
  for (const value of [...ours.values(), ...far.values()]) expect(apart.text).toContain(value);

  const same = new Map([3, 50].map((i) => [i, plainValue(`text ${i}`, 2)]));
  const both = await mergeMany(ours, same);
  expect(both.outcome).toEqual({ conflicts: 0, recrypted: 0, unopened: [] });
  const changed = [3, 50, 100, 150, 190].flatMap((i) => [`new ${i}`, `text ${i}`]);
  expect(both.opened).toEqual([...changed, 'text 3', 'text 50'].sort());
  for (const value of ours.values()) expect(both.text).toContain(value);
});

test.skipIf(!hasPeer('git'))('a re-encrypted value is taken from the side that encrypted it', async () => {
  const value = (number: number) => new Map([[7, plainValue('text 7', number)]]);
  expect((await mergeMany(value(0), value(2))).text).toContain(plainValue('text 7', 2));
  expect((await mergeMany(value(1), value(0))).text).toContain(plainValue('text 7', 1));
  const both = await mergeMany(value(1), value(2));
  expect(both.text).toContain(plainValue('text 7', 1));
  expect(both.outcome).toEqual({ conflicts: 0, recrypted: 1, unopened: [] });
});

test.skipIf(!hasPeer('git'))(
  'a value that cannot be opened is compared by its ciphertext, and the reason is told',
  async () => {
    const value = (number: number) => new Map([[7, plainValue('closed', number)]]);
    const { outcome, text } = await mergeMany(value(1), value(2));
    expect(outcome).toMatchObject({ conflicts: 1, unopened: [{ code: 'NO_SECRET_KEY' }] });
    expect(text).toContain(
      `<<<<<<< ours\nkey7: ${plainValue('closed', 1)}\n=======\nkey7: ${plainValue('closed', 2)}\n>>>>>>> theirs\n`,
    );
  },
);

test.skipIf(!hasPeer('git'))('what git merges to a key twice is a conflict of all that differs', async () => {
  const lines = (start: string, end: string) => `m: {\n${start}  a: 1,\n  b: 2,\n  c: 3,\n  d: 4,\n${end}  e: 5\n}\n`;
  const { outcome, text } = await merge(lines('', ''), lines('  k: 1,\n', ''), lines('', '  k: 2,\n'));
  expect(outcome.conflicts).toBe(2);
  expect(text).toBe(
    lines('<<<<<<< ours\n  k: 1,\n=======\n>>>>>>> theirs\n', '<<<<<<< ours\n=======\n  k: 2,\n>>>>>>> theirs\n'),
  );
});

test.skipIf(!hasPeer('git'))('an alias that loses its anchor is a conflict, though the lines are apart', async () => {
  const filling = Array.from({ length: 9 }, (_, i) => `key${i}: ${i}\n`).join('');
  const anchor = `a: &a ${plainValue('text')}\n`;
  const { outcome, text } = await merge(anchor + filling, filling, `${anchor}${filling}b: *a\n`);
  expect(outcome.conflicts).toBe(2);
  expect(text).toBe(
    `<<<<<<< ours\n=======\n${anchor}>>>>>>> theirs\n${filling}<<<<<<< ours\n=======\nb: *a\n>>>>>>> theirs\n`,
  );
  const kept = await merge(anchor + filling, `# x\n${anchor}${filling}`, `${anchor}${filling}b: *a\n`);
  expect(kept).toMatchObject({ outcome: { conflicts: 0 }, text: `# x\n${anchor}${filling}b: *a\n` });
});
