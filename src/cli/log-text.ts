import { printable } from '../text/printable.js';
import type { LoggedCommit } from '../verbs/recipients/log.js';

/** A commit that changed who may read, for a person. */
export function loggedText({ commit, files }: LoggedCommit): string {
  const { id, date, author, subject } = commit;
  const lines = [
    `commit ${id.slice(0, 10)} ${date.slice(0, 10)} ${author.name} <${author.email}>: ${subject}`,
    ...files.flatMap(({ path, kind, added, removed }) => [
      `  ${path}${kind === 'changed' ? '' : ` (${kind})`}`,
      ...removed.map((line) => `    - ${line}`),
      ...added.map((line) => `    + ${line}`),
    ]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
