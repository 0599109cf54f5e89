// Loaded into the built command with `node --import`: counts what it does to files, and ends it there as `kill -9` or a signal would.
// EYAML_FAULTS is a JSON object: { log, under, at, how, signal }. Every operation on a path in one of the folders `under` is a line of
// the file `log`; at the number `at`, the process sends itself the signal before the operation (`how: "before"`), or when half of what
// it writes is written (`"torn"`).
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

const { EYAML_FAULTS: faults } = process.env;
delete process.env.EYAML_FAULTS;
delete process.env.NODE_OPTIONS;
if (faults !== undefined && isMainThread) {
  const { open: openAsync } = promises;
  const { closeSync, openSync, writeSync } = fs;
  const { log, under, at, how, signal = 'SIGKILL' } = JSON.parse(faults);
  const logDescriptor = openSync(log, 'a');
  let count = 0;
  /** Where an open file or handle comes from. */
  const pathOf = new Map();

  const isMeant = (file) => typeof file === 'string' && under.some((folder) => path.resolve(file).startsWith(folder));

  /** Notes an operation; ends the process when it is the one. */
  function reach(kind, file, tear) {
    if (!isMeant(file)) return;
    count += 1;
    writeSync(logDescriptor, `${kind}\n`);
    if (count !== at) return;
    if (how === 'torn') tear?.();
    process.kill(process.pid, signal);
  }
  const half = (data) => {
    const octets = Buffer.from(data);
    return octets.subarray(0, octets.length / 2);
  };
  const tearFile = (file, data) => () => {
    const descriptor = typeof file === 'number' ? file : openSync(file, 'w');
    writeSync(descriptor, half(data));
  };
  const changes = (flags) => (typeof flags === 'string' ? flags !== 'r' : flags !== undefined && (flags & 3) !== 0);

  /** The path that an operation is on: a target of a rename or link is in the folders of the test as well. */
  const onPath = (kind) => (original) =>
    function (...args) {
      reach(kind, String(args[0]));
      return original.apply(this, args);
    };
  const KINDS = [
    'rename',
    'link',
    'symlink',
    'unlink',
    'mkdir',
    'mkdtemp',
    'rmdir',
    'rm',
    'chmod',
    'chown',
    'truncate',
    'copyFile',
  ];
  for (const kind of KINDS) {
    promises[kind] = onPath(kind)(promises[kind]);
    fs[`${kind}Sync`] = onPath(kind)(fs[`${kind}Sync`]);
  }
  fs.openSync = (file, flags, mode) => {
    if (changes(flags)) reach('open', file);
    const descriptor = openSync(file, flags, mode);
    pathOf.set(descriptor, file);
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    pathOf.delete(descriptor);
    return closeSync(descriptor);
  };
  for (const kind of ['fsync', 'fchmod', 'fchown', 'ftruncate']) {
    const original = fs[`${kind}Sync`];
    fs[`${kind}Sync`] = (descriptor, ...args) => {
      reach(kind, pathOf.get(descriptor));
      return original(descriptor, ...args);
    };
  }
  fs.writeSync = (descriptor, data, ...args) => {
    reach('write', pathOf.get(descriptor), tearFile(descriptor, data));
    return writeSync(descriptor, data, ...args);
  };
  const { writeFileSync } = fs;
  fs.writeFileSync = (file, data, ...args) => {
    reach('write', typeof file === 'number' ? pathOf.get(file) : file, tearFile(file, data));
    return writeFileSync(file, data, ...args);
  };
  const { writeFile } = promises;
  promises.writeFile = (file, data, ...args) => {
    reach('write', file, tearFile(file, data));
    return writeFile(file, data, ...args);
  };
  promises.open = async (file, flags, mode) => {
    if (changes(flags)) reach('open', file);
    const handle = await openAsync(file, flags, mode);
    pathOf.set(handle, file);
    return handle;
  };
  const probe = await openAsync('/dev/null');
  const prototype = Object.getPrototypeOf(probe);
  await probe.close();
  for (const kind of ['write', 'writeFile', 'sync', 'datasync', 'chmod', 'chown', 'truncate', 'utimes']) {
    const original = prototype[kind];
    prototype[kind] = function (...args) {
      const tear = kind.startsWith('write') ? tearFile(this.fd, args[0]) : undefined;
      reach(kind.replace('File', ''), pathOf.get(this), tear);
      return original.apply(this, args);
    };
  }
  syncBuiltinESMExports();
}
