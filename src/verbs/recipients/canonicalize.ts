import type { Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import { lineFor, type RecipientsLine } from '../../recipients/file.js';
import { resolve } from '../../recipients/resolve.js';
import { changeLines, type ListFile } from './list-file.js';
import { memberOf, noChange, trustForNames, type ListChange, type Member } from './members.js';

/**
 * Rewrites the lines of a recipients file so that each names its key by the fingerprint, with the owner as a comment, as `add` writes
 * them. A comment that is there stays. Lines that are so already, other comments and the order keep their bytes.
 *
 * @returns the change; those whose lines were rewritten are in `already`.
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` with the problem of every line that does not name exactly one acceptable key; nothing is
 * written then. And as {@link changeLines} does.
 */
export async function canonicalizeMembers(listFile: ListFile, context: Context): Promise<ListChange> {
  const { file, list } = listFile;
  const { lines, problems } = await resolve(list, context.keystore, trustForNames(context));
  if (problems.length > 0)
    throw new EyamlError('RECIPIENTS_INVALID', `${file} was not changed: not every line names one key`, { problems });
  const members = new Map(
    lines.flatMap(({ sourced, meant }) => (meant ? [[sourced.spec, memberOf(meant)] as const] : [])),
  );
  const rewritten = new Map<string, Member>();
  await changeLines(file, (old) => {
    rewritten.clear();
    return old.map((line) => {
      const member = members.get(line.spec);
      const text = member === undefined ? line.text : canonicalText(line, member);
      if (member === undefined || text === line.text) return line;
      rewritten.set(member.pin, member);
      return { ...line, text };
    });
  });
  return { ...noChange(listFile), already: [...rewritten.values()], rewritten: rewritten.size };
}

function canonicalText({ text, spec, comment }: RecipientsLine, member: Member): string {
  const at = text.indexOf(spec);
  const [before, after] = [text.slice(0, at), text.slice(at + spec.length)];
  if (spec === member.pin && comment !== '') return text;
  // A final CR of a last line without a line feed is no part of the comment.
  const end = /\s*$/.exec(after)?.[0] ?? '';
  const isNamed = comment === '' || comment.includes(member.userId);
  const line = isNamed && comment !== '' ? `${member.pin} # ${comment}` : lineFor(member);
  return `${before}${line}${isNamed ? '' : ` # ${comment}`}${end}`;
}
