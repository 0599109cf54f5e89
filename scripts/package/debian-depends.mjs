// Which packages of Debian a program needs. dpkg-shlibdeps would ask for the libraries of the machine that builds, where a program for
// Debian 11 seems to need the C library of Debian 12, and it cannot read programs for other processors.
import { versionsNeeded } from './elf.mjs';

const PACKAGES = [
  {
    name: 'libc6',
    holds: /^(?:ld-linux-[\w-]+|lib(?:c|m|dl|pthread|rt))\.so\.\d$/,
    since: (tags) => newest(tags, 'GLIBC_'),
  },
  { name: 'libgcc-s1', holds: /^libgcc_s\.so\.1$/, since: (tags) => newest(tags, 'GCC_') },
  { name: 'libstdc++6', holds: /^libstdc\+\+\.so\.6$/, since: release },
];

/** Releases of GCC with what they brought, from its manual of libstdc++ ("ABI Policy and Guidelines"), up to that of Debian 11. */
const RELEASES = [
  { gcc: '5.1', GLIBCXX: '3.4.21', CXXABI: '1.3.9' },
  { gcc: '6.1', GLIBCXX: '3.4.22', CXXABI: '1.3.10' },
  { gcc: '7.1', GLIBCXX: '3.4.23', CXXABI: '1.3.11' },
  { gcc: '8.1', GLIBCXX: '3.4.25', CXXABI: '1.3.11' },
  { gcc: '9.1', GLIBCXX: '3.4.26', CXXABI: '1.3.12' },
  { gcc: '10.1', GLIBCXX: '3.4.28', CXXABI: '1.3.12' },
];

/**
 * @param file - the octets of a program.
 * @returns the field Depends.
 * @throws Error if it needs a library of no known package, or a newer one than those of Debian 11.
 */
export function dependsOf(file) {
  const tags = new Map();
  for (const [library, versions] of versionsNeeded(file)) {
    const found = PACKAGES.find(({ holds }) => holds.test(library));
    if (found === undefined) throw new Error(`no package of Debian is known for ${library}`);
    tags.set(found, [...(tags.get(found) ?? []), ...versions]);
  }
  return [...tags]
    .map(([{ name, since }, versions]) => `${name} (>= ${since(versions)})`)
    .sort()
    .join(', ');
}

function release(tags) {
  const [library, language] = [newest(tags, 'GLIBCXX_'), newest(tags, 'CXXABI_')];
  const found = RELEASES.find(
    ({ GLIBCXX, CXXABI }) => compare(GLIBCXX, library) >= 0 && compare(CXXABI, language) >= 0,
  );
  if (found === undefined) throw new Error(`Debian 11 has no libstdc++ with GLIBCXX_${library} and CXXABI_${language}`);
  return found.gcc;
}

function newest(tags, prefix) {
  const versions = tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
  return versions.sort(compare).at(-1) ?? '0';
}

function compare(one, other) {
  return one.localeCompare(other, 'en', { numeric: true });
}
