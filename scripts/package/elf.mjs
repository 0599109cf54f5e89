// Which versions of which libraries a program for Linux needs, as its dynamic linker will ask for them.
const VERSIONS_NEEDED = 0x6ffffffe;
const WEAK = 2;

/**
 * Reads section SHT_GNU_verneed (Linux Standard Base 5.0, "Symbol Versioning") of a 64-bit little-endian ELF file.
 *
 * @param file - the octets of the program.
 * @returns libraries by name, each with its versions: `libc.so.6` → `['GLIBC_2.17', 'GLIBC_2.28']`.
 * @throws Error if it is not such a program.
 */
export function versionsNeeded(file) {
  if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') throw new Error('not a 64-bit little-endian ELF file');
  const sections = sectionsOf(file);
  const needed = sections.find(({ type }) => type === VERSIONS_NEEDED);
  if (needed === undefined) throw new Error('no versions of libraries: is it linked statically?');
  const names = sections[needed.link].offset;
  const nameAt = (at) => file.toString('latin1', names + at, file.indexOf(0, names + at));
  const libraries = chain(file, needed.offset, needed.info, 12).map((at) => [
    nameAt(file.readUInt32LE(at + 4)),
    chain(file, at + file.readUInt32LE(at + 8), file.readUInt16LE(at + 2), 12)
      .filter((version) => (file.readUInt16LE(version + 4) & WEAK) === 0)
      .map((version) => nameAt(file.readUInt32LE(version + 8))),
  ]);
  return new Map(libraries);
}

function sectionsOf(file) {
  const start = Number(file.readBigUInt64LE(0x28));
  const size = file.readUInt16LE(0x3a);
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, i) => ({
    type: file.readUInt32LE(start + i * size + 4),
    offset: Number(file.readBigUInt64LE(start + i * size + 0x18)),
    link: file.readUInt32LE(start + i * size + 0x28),
    info: file.readUInt32LE(start + i * size + 0x2c),
  }));
}

/** Where the entries of a linked list are; each says at `next` how far it is to the one after it. */
function chain(file, first, count, next) {
  const places = [];
  for (let at = first; places.length < count; at += file.readUInt32LE(at + next)) places.push(at);
  return places;
}
