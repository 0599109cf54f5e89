// The files of a package for Linux, as they will lie below / on the machine that installs it.
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * What every package holds; files whose place differs are for the maker of the package.
 *
 * @param executable - the file that becomes usr/bin/eyaml.
 * @returns the contents of the files by their places.
 */
export async function commonFiles(executable) {
  return {
    'usr/bin/eyaml': { copyOf: executable },
    'usr/share/bash-completion/completions/eyaml': await readFile('completions/eyaml.bash'),
    'usr/share/fish/vendor_completions.d/eyaml.fish': await readFile('completions/eyaml.fish'),
    'usr/share/man/man1/eyaml.1.gz': gzip(await readFile('man/eyaml.1')),
  };
}

/** @returns the same octets on every machine; the zlib of Node.js compresses by what the processor can do. */
export function gzip(content) {
  const { status, stdout, error } = spawnSync('gzip', ['-9n'], { input: content });
  if (status !== 0) throw new Error('gzip failed', { cause: error });
  return stdout;
}

/**
 * Writes files into a new folder. The result depends on neither umask nor clock.
 *
 * @param folder - what was there is removed.
 * @param files - contents by place: text, octets, or `{ copyOf: FILE }`.
 * @param time - of all files and folders, in seconds.
 * @returns the files, and how many folders, in the order of their places.
 */
export async function writeTree(folder, files, time) {
  await rm(folder, { recursive: true, force: true });
  for (const [place, content] of Object.entries(files)) {
    const file = path.join(folder, place);
    await mkdir(path.dirname(file), { recursive: true });
    if (content.copyOf === undefined) await writeFile(file, content);
    else await copyFile(content.copyOf, file);
  }
  const folders = ['.', ...(await readdir(folder, { recursive: true }))].filter((place) => !(place in files));
  for (const place of [...folders, ...Object.keys(files)]) {
    const mayRun = !(place in files) || place.startsWith('usr/bin/');
    await chmod(path.join(folder, place), mayRun ? 0o755 : 0o644);
    await utimes(path.join(folder, place), time, time);
  }
  return { files: Object.keys(files).sort(), folders: folders.length };
}
