import { EyamlError, type Problem } from '../errors.js';
import type { Keystore } from '../keys/keystore.js';
import type { RecipientList } from './file.js';
import { matchSpec, type Recipient, type TrustMode } from './match.js';
import { parseSpec, searchTermOf } from './spec.js';

/**
 * Turns a list of recipients into exactly the right keys; the same key named twice counts once.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` that lists everything wrong with the list, `RECIPIENTS_MISSING` when it is empty.
 */
export async function resolveRecipients(
  { source, specs }: RecipientList,
  keystore: Keystore,
  trust: TrustMode,
): Promise<readonly Recipient[]> {
  if (specs.length === 0) throw new EyamlError('RECIPIENTS_MISSING', `${source} names no recipients`);
  const keys = await keystore.search(
    specs.flatMap(({ spec }) => searchTermOf(parseSpec(spec)) ?? []),
    source,
  );
  const recipients = new Map<string, Recipient>();
  const problems: Problem[] = [];
  for (const sourced of specs) {
    const match = matchSpec(sourced, keys, trust, keystore.hints);
    if ('problem' in match) problems.push(match.problem);
    else recipients.set(match.recipient.encryptionSubkey.fingerprint, match.recipient);
  }
  if (problems.length > 0) {
    throw new EyamlError('RECIPIENTS_INVALID', `cannot encrypt for the recipients of ${source}`, { problems });
  }
  return [...recipients.values()];
}
