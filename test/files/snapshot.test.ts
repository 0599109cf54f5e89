import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkWritable, readOctets, readSnapshot, realPathOf, replaceFile, textOf } from '../../src/files/snapshot.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

const OLD = Buffer.from('old\r\n\xff', 'latin1');
const NEW = Buffer.from('new');
const isRoot = process.getuid?.() === 0;

let top: string;
const at = (name: string) => path.join(top, name);
const content = (name: string) => readFileSync(at(name), 'latin1');
const mode = (name: string) => statSync(at(name)).mode & 0o7777;
beforeEach(() => {
  top = scratchFolder();
  writeFileSync(at('file.yaml'), OLD);
});

describe('the real path', () => {
  test.each([
    ['file.yaml', 'file.yaml'],
    ['new.yaml', 'new.yaml'],
    ['no/such/folder/new.yaml', 'no/such/folder/new.yaml'],
    ['link.yaml', 'file.yaml'],
    ['folder/new.yaml', 'real/deep/new.yaml'],
    ['dangling.yaml', 'real/missing.yaml'],
    ['folder/up.yaml', 'real/missing.yaml'],
  ])('of %s is %s', async (given, wanted) => {
    mkdirSync(at('real/deep'), { recursive: true });
    symlinkSync('file.yaml', at('link.yaml'));
    symlinkSync('real/deep', at('folder'));
    symlinkSync('folder/up.yaml', at('dangling.yaml'));
    symlinkSync('../missing.yaml', at('real/deep/up.yaml'));
    expect(await realPathOf(at(given))).toBe(at(wanted));
  });

  test('of links that go round in circles is an error', async () => {
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    expect((await eyamlErrorOf(() => realPathOf(at('a')))).code).toBe('FILE_UNREADABLE');
  });
});

describe('reading', () => {
  test('notes what is there, or that nothing is', async () => {
    expect((await readSnapshot(at('file.yaml'))).octets?.equals(OLD)).toBe(true);
    expect((await readSnapshot(at('new.yaml'))).octets).toBeUndefined();
    expect((await readOctets(at('file.yaml'))).equals(OLD)).toBe(true);
  });

  test('a file that must exist is FILE_NOT_FOUND, a folder FILE_UNREADABLE', async () => {
    expect((await eyamlErrorOf(() => readOctets(at('new.yaml')))).code).toBe('FILE_NOT_FOUND');
    expect(await eyamlErrorOf(() => readOctets(top))).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `cannot read ${top}: it is a folder`,
    });
  });

  test('text is UTF-8, byte order mark and all', async () => {
    expect(textOf(Buffer.from('\ufeffZoë\r\n'), 'f')).toBe('\ufeffZoë\r\n');
    const error = await eyamlErrorOf(() => textOf(Buffer.from([0x5a, 0xeb]), 'f'));
    expect(error).toMatchObject({ code: 'NOT_UTF8', message: 'f is not UTF-8 text' });
  });
});

describe('replacing a file', () => {
  async function replace(name: string, meanwhile: () => void = () => undefined) {
    const snapshot = await readSnapshot(at(name));
    meanwhile();
    return replaceFile(snapshot, NEW);
  }

  test('puts the new content in its place and leaves nothing else', async () => {
    expect(await replace('file.yaml')).toEqual({ path: at('file.yaml'), conflict: false });
    expect(content('file.yaml')).toBe('new');
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test('makes a new file, as any program would', async () => {
    expect(await replace('new.yaml')).toEqual({ path: at('new.yaml'), conflict: false });
    expect(content('new.yaml')).toBe('new');
    writeFileSync(at('like any'), '');
    expect(mode('new.yaml')).toBe(mode('like any'));
    rmSync(at('like any'));
    expect(readdirSync(top).sort()).toEqual(['file.yaml', 'new.yaml']);
  });

  test.each([0o600, 0o640, 0o644, 0o664, 0o755, 0o2640, 0o4750])('keeps mode %o', async (bits) => {
    chmodSync(at('file.yaml'), bits);
    await replace('file.yaml');
    expect(mode('file.yaml')).toBe(bits);
  });

  test.runIf(isRoot)('keeps the owner', async () => {
    chownSync(at('file.yaml'), 12_345, 54_321);
    await replace('file.yaml');
    expect(statSync(at('file.yaml'))).toMatchObject({ uid: 12_345, gid: 54_321 });
  });

  test.each([
    ['a file', 'file.yaml'],
    ['a file that is missing', 'missing.yaml'],
  ])('leaves a link to %s a link', async (_, target) => {
    mkdirSync(at('links'));
    symlinkSync(`../${target}`, at('links/link.yaml'));
    await replace('links/link.yaml');
    expect(readlinkSync(at('links/link.yaml'))).toBe(`../${target}`);
    expect(content(target)).toBe('new');
    expect(readdirSync(at('links'))).toEqual(['link.yaml']);
  });

  test('keeps a hard link: both names have the new content, as with Ruby eyaml', async () => {
    linkSync(at('file.yaml'), at('other'));
    await replace('file.yaml');
    expect([content('file.yaml'), content('other')]).toEqual(['new', 'new']);
    expect(statSync(at('other')).nlink).toBe(2);
  });

  describe('that changed meanwhile goes beside it', () => {
    const theirs = (name: string) => () => writeFileSync(at(name), 'theirs');

    test.each([
      ['a file', 'file.yaml', 'file.edited.yaml'],
      ['a new file', 'new.yaml', 'new.edited.yaml'],
      ['a name without an extension', 'new', 'new.edited'],
    ])('%s', async (_, name, beside) => {
      expect(await replace(name, theirs(name))).toEqual({ path: at(beside), conflict: true });
      expect([content(name), content(beside)]).toEqual(['theirs', 'new']);
      expect(readdirSync(top).filter((entry) => entry.includes('tmp'))).toEqual([]);
    });

    test('and never over another file', async () => {
      for (const name of ['file.edited.yaml', 'file.edited-2.yaml']) theirs(name)();
      expect((await replace('file.yaml', theirs('file.yaml'))).path).toBe(at('file.edited-3.yaml'));
      expect(content('file.edited.yaml')).toBe('theirs');
    });

    test('also when it was removed', async () => {
      const written = await replace('file.yaml', () => rmSync(at('file.yaml')));
      expect(written).toEqual({ path: at('file.edited.yaml'), conflict: true });
      expect(readdirSync(top)).toEqual(['file.edited.yaml']);
    });

    test('with the mode of the file', async () => {
      chmodSync(at('file.yaml'), 0o600);
      await replace('file.yaml', theirs('file.yaml'));
      expect(mode('file.edited.yaml')).toBe(0o600);
    });

    test('but the same content written again is no change', async () => {
      expect((await replace('file.yaml', () => writeFileSync(at('file.yaml'), OLD))).conflict).toBe(false);
    });
  });

  test('of two who make the same new file at once, one gets the name and neither is lost', async () => {
    const snapshots = await Promise.all([readSnapshot(at('new.yaml')), readSnapshot(at('new.yaml'))]);
    const written = await Promise.all(snapshots.map((snapshot, i) => replaceFile(snapshot, Buffer.from(`${i}`))));
    expect(written.map(({ conflict }) => conflict).sort()).toEqual([false, true]);
    const contents = written.map(({ path: file }) => readFileSync(file, 'utf8'));
    expect(contents).toEqual(['0', '1']);
    expect(readdirSync(top).sort()).toEqual(['file.yaml', 'new.edited.yaml', 'new.yaml']);
  });

  test('in a folder that is missing is FILE_UNWRITABLE', async () => {
    const error = await eyamlErrorOf(() => replace('no/new.yaml'));
    expect(error).toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: `cannot write ${at('no/new.yaml')}: its folder does not exist`,
    });
    expect((await eyamlErrorOf(async () => checkWritable(await readSnapshot(at('no/new.yaml'))))).code).toBe(
      'FILE_UNWRITABLE',
    );
  });

  test('when the new content cannot take its place leaves it alone, and no temporary file', async () => {
    const snapshot = await readSnapshot(at('new.yaml'));
    mkdirSync(at('new.yaml'));
    expect((await eyamlErrorOf(() => replaceFile(snapshot, NEW))).code).toBe('FILE_UNWRITABLE');
    expect(readdirSync(top).sort()).toEqual(['file.yaml', 'new.yaml']);
    expect(lstatSync(at('new.yaml')).isDirectory()).toBe(true);
  });
});

// Root may write everywhere, so there the effective user is another one for a while.
describe('what may not be written', () => {
  async function asNobody(work: () => Promise<void>): Promise<void> {
    if (!isRoot) return work();
    chownSync(top, 65_534, 65_534);
    chownSync(at('file.yaml'), 65_534, 65_534);
    process.seteuid?.(65_534);
    try {
      await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  test.skipIf(isRoot)('is told beforehand', async () => {
    chmodSync(at('file.yaml'), 0o444);
    const snapshot = await readSnapshot(at('file.yaml'));
    expect((await eyamlErrorOf(() => checkWritable(snapshot))).code).toBe('FILE_UNWRITABLE');
  });

  test('a read-only folder stays as it was', async () => {
    chmodSync(top, 0o555);
    await asNobody(async () => {
      const snapshot = await readSnapshot(at('file.yaml'));
      const error = await eyamlErrorOf(() => replaceFile(snapshot, NEW));
      expect(error).toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: `cannot write ${at('file.yaml')}: its folder is not writable (permission denied)`,
      });
      expect(error.suggestions[0]).toContain(`make ${top} writable`);
    });
    chmodSync(top, 0o755);
    expect(readdirSync(top)).toEqual(['file.yaml']);
    expect(content('file.yaml')).toBe(OLD.toString('latin1'));
  });
});
