import type { Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { RecipientList, SourcedSpec } from '../../recipients/file.js';
import type { Followed } from '../../recipients/find.js';
import type { Recipient, TrustMode } from '../../recipients/match.js';
import { resolve } from '../../recipients/resolve.js';
import { parseSpec } from '../../recipients/spec.js';

/** A person's key, as a line of a recipients file names it. */
export interface Member {
  readonly fingerprint: Fingerprint;
  readonly userId: string;
  /** The first word of its line: the fingerprint, or a subkey's fingerprint and `!`. */
  readonly pin: string;
}

/** What was changed. Empty lists mean that nothing was. */
export interface ListChange extends Followed {
  /** Who is on new lines. */
  readonly added: readonly Member[];
  /** Who is on no line any more. */
  readonly removed: readonly Member[];
  /** Who was meant to be added and is there already. */
  readonly already: readonly Member[];
  /** Lines that name the same people in another form now, counted. */
  readonly rewritten: number;
  /** Files of public keys. */
  readonly keysWritten: readonly string[];
  readonly keysRemoved: readonly string[];
  /** Files that hold the key of a removed person among others. */
  readonly keysKept: readonly string[];
}

/** A change that does nothing yet. */
export function noChange({ file, folders }: Followed): ListChange {
  const nothing = { added: [], removed: [], already: [], rewritten: 0, keysWritten: [], keysRemoved: [], keysKept: [] };
  return { file, folders, ...nothing };
}

/** How typed names find keys: they become fingerprints, which the user compares, so only the web of trust asks for more. */
export function trustForNames({ trust }: Pick<Context, 'trust'>): TrustMode {
  return trust === 'wot' ? 'wot' : 'always';
}

/**
 * The people that typed specs name, each once.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` with the problem of every spec that does not name exactly one acceptable key.
 */
export async function findMembers(
  specs: readonly string[],
  { keysFolder }: Pick<RecipientList, 'keysFolder'>,
  context: Context,
): Promise<readonly Member[]> {
  const list = { source: '', specs: specs.map(typed), keysFolder };
  const { recipients, problems } = await resolve(list, context.keystore, trustForNames(context));
  if (problems.length > 0)
    throw new EyamlError('RECIPIENTS_INVALID', 'nothing was changed: not every KEY can be used', { problems });
  const members = recipients.map(memberOf);
  return [...new Map(members.map((member) => [member.pin, member])).values()];
}

/** A spec of the command line. */
export function typed(spec: string): SourcedSpec {
  return { spec, place: { option: 'KEY' }, isTyped: true };
}

/** The line that names a recipient for good. */
export function memberOf({ spec, publicKey, encryptionSubkey }: Recipient): Member {
  const { fingerprint } = publicKey.primaryKey;
  const parsed = parseSpec(spec);
  const isForced = (parsed.kind === 'fingerprint' || parsed.kind === 'keyId') && parsed.exactKey;
  const pin = isForced ? `${encryptionSubkey.fingerprint}!` : fingerprint;
  return { fingerprint, userId: publicKey.userIds[0]?.text ?? 'no user ID', pin };
}
