import { execFile } from 'node:child_process';
import { stat } from './at-once.js';
import path from 'node:path';

/** Files that have nothing that a new file in their folder would lack, each with its change time (ctime). */
export type PlainFiles = ReadonlyMap<string, number>;

// So many names are far below the limit of a command line.
const FILES_PER_CALL = 500;

/**
 * Finds which files have neither an access list nor extended attributes, and do not lie in a folder that gives new files an access
 * list. Node.js cannot see these, and one child process per file would take longer than all the rest, so they are checked together.
 *
 * @param realPaths - absolute, without symbolic links.
 */
export async function findPlainFiles(realPaths: readonly string[]): Promise<PlainFiles> {
  const plain = new Map<string, number>();
  for (let i = 0; i < realPaths.length; i += FILES_PER_CALL) {
    const some = realPaths.slice(i, i + FILES_PER_CALL).filter(isListedAsItIs);
    const folders = [...new Set(some.map((file) => path.dirname(file)))];
    // Read before the check, so that a later change is noticed.
    const times = await Promise.all(some.map(timeOfChange));
    const [listed, attributed] = await Promise.all([withoutAccessList([...some, ...folders]), withAttributes(some)]);
    some.forEach((file, n) => {
      const time = times[n];
      const isPlain = listed.has(file) && listed.has(path.dirname(file)) && !attributed.has(file);
      if (isPlain && time !== undefined) plain.set(file, time);
    });
  }
  return plain;
}

function timeOfChange(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ ctimeMs }) => ctimeMs,
    () => undefined,
  );
}

// The programs print such names differently, or on two lines.
function isListedAsItIs(file: string): boolean {
  return !/[\n\r\\]/.test(file);
}

// After the mode there is a `+` for an access list (on macOS also `@` for attributes). The `ls` of busybox has neither this nor the
// option, so with it no file counts as plain.
const LIST = process.platform === 'linux' ? ['-lnd', '--time-style=long-iso', '--'] : ['-lnd', '--'];

async function withoutAccessList(names: readonly string[]): Promise<ReadonlySet<string>> {
  const lines = await linesOf('ls', [...LIST, ...names]);
  return new Set(lines.filter((line) => !/^.{10}[+@]/.test(line)).map((line) => line.slice(line.indexOf('/'))));
}

// With SELinux every file has a label, and a new file gets that of its folder.
const ON_NEW_FILES_TOO = 'security.selinux';

// Where this program is not installed, attributes other than access lists are not seen.
async function withAttributes(files: readonly string[]): Promise<ReadonlySet<string>> {
  const lines = await linesOf('getfattr', ['--absolute-names', '-m', '-', '--', ...files]);
  const found = new Set<string>();
  let file = '';
  for (const line of lines) {
    if (line.startsWith('# file: ')) file = line.slice('# file: '.length);
    else if (line !== '' && line !== ON_NEW_FILES_TOO) found.add(file);
  }
  return found;
}

// Not the caller's PATH: programs that run beside secrets must not depend on it.
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/run/current-system/sw/bin', LC_ALL: 'C' };

/** A program's output, whatever its exit code: it is 1 when one of many files no longer exists. */
function linesOf(program: string, args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    execFile(program, args, { env: ENVIRONMENT, maxBuffer: Infinity }, (_, stdout) => {
      resolve(stdout.split('\n'));
    });
  });
}
