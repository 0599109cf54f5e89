import path from 'node:path';

/** A file's path as a person would type it in the current folder: relative below it, else the shorter of both. */
export function shownPath(file: string): string {
  const relative = path.relative('', file) || '.';
  return relative.startsWith('..') && relative.length >= file.length ? file : relative;
}
