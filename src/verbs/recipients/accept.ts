import type { Context } from '../../context/context.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { recordedKey } from '../../recipients/record.js';
import { resolve } from '../../recipients/resolve.js';
import type { ListChange } from './members.js';

/**
 * Remembers those whom the user named for a recipients file as seen. Others in it who were not seen before are still asked about.
 *
 * @throws `EyamlError` `MEMORY_UNUSABLE`, and as reading the recipients file does.
 */
export async function acceptNamed(
  file: string,
  named: readonly Fingerprint[],
  { seen, recipients, keystore }: Context,
): Promise<void> {
  if (seen === undefined) return;
  const { recipients: all } = await resolve(await recipients.listIn(file), keystore, 'always');
  await seen.acceptOwn({ file, named, keys: all.map(recordedKey) });
}

/** The same for a change of a recipients file. */
export async function acceptListChange(
  { file, added, already, rewritten }: ListChange,
  context: Context,
): Promise<void> {
  // Nobody named the people on lines that were only rewritten.
  const named = [...added, ...(rewritten === 0 ? already : [])].map(({ fingerprint }) => fingerprint);
  await acceptNamed(file, named, context);
}
