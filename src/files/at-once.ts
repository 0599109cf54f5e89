import { accessSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import type * as promised from 'node:fs/promises';

// Questions and requests to the file system that are done at once. Each behaves like its namesake in node:fs/promises, but one to the thread
// pool takes ten times as long, and to load that part of Node.js takes more than all of them.

/** As in node:fs/promises. */
export const stat = later(statSync) as typeof promised.stat;

/** As in node:fs/promises. */
export const lstat = later(lstatSync) as typeof promised.lstat;

/** As in node:fs/promises. */
export const access = later(accessSync) as typeof promised.access;

/** As in node:fs/promises. */
export const realpath = later(realpathSync.native) as typeof promised.realpath;

/** As in node:fs/promises. */
export const readlink = later(readlinkSync) as typeof promised.readlink;

/** As in node:fs/promises. */
export const readdir = later(readdirSync) as typeof promised.readdir;

/** As in node:fs/promises. */
export const unlink = later(unlinkSync) as typeof promised.unlink;

function later(ask: (...args: never[]) => unknown): unknown {
  return (...args: never[]) =>
    new Promise((resolve) => {
      resolve(ask(...args));
    });
}
