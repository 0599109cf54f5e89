import path from 'node:path';

/** A file's path as a person would type it in the current folder: relative below it, else the shorter of both. */
export function shownPath(file: string): string {
  const relative = path.relative('', file) || '.';
  return relative.startsWith('..') && relative.length >= file.length ? file : relative;
}

/** The same, quoted as one word for a shell, for commands that a user copies: no file name may become another word, an option or a program. */
export function shownArgument(file: string): string {
  const shown = shownPath(file);
  const word = shown.startsWith('-') ? `./${shown}` : shown;
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : shellWord(word);
}

/** A text in the quotes of a shell, as one word. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
