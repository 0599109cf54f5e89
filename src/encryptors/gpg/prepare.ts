import { hasCode } from '../../errors.js';
import type { Keystore } from '../../keys/keystore.js';
import type { RecipientList } from '../../recipients/file.js';
import type { Recipient, TrustMode } from '../../recipients/match.js';
import { resolveRecipients } from '../../recipients/resolve.js';
import { listId } from '../../recipients/source.js';
import { partsOf } from '../drift.js';
import type { Messages, Sealer } from '../encryptor.js';
import { unreadableHere } from './read-back.js';
import { createSealer } from './sealer.js';

// How long to wait for an agent that does not answer, when it is needed only for a warning; in milliseconds.
const PATIENCE = 1500;

/** What encrypting for a list of recipients works with. */
export interface PrepareOptions {
  readonly keystore: Keystore;
  /** Which keys of recipients are accepted. */
  readonly trust: TrustMode;
  readonly messages: Messages;
}

/** What is ready to encrypt for a list of recipients. */
export interface Prepared {
  readonly recipients: readonly Recipient[];
  readonly sealer: Sealer;
}

/**
 * Makes the preparation of {@link Sealer}s, one for each list of recipients. Nothing may be encrypted with them before the recipients are
 * approved for the file at hand.
 *
 * @returns a function; its `again` tries again what failed before.
 */
export function createPrepare(options: PrepareOptions): (list: RecipientList, again: boolean) => Promise<Prepared> {
  const known = new Map<string, Promise<Prepared>>();
  return async (list, again) => {
    const earlier = known.get(listId(list));
    const isOver = earlier !== undefined && again && (await isRejected(earlier));
    if (isOver) options.keystore.lookAgain();
    const prepared = earlier && !isOver ? earlier : prepareFor(list, options);
    known.set(listId(list), prepared);
    return prepared;
  };
}

async function prepareFor(list: RecipientList, { keystore, trust, messages }: PrepareOptions): Promise<Prepared> {
  const resolving = resolveRecipients(list, keystore, trust);
  keystore.expectOwn?.(PATIENCE);
  const recipients = await resolving;
  const sealer = createSealer(list.source, recipients, keystore);
  sealer.catch(() => undefined);
  // Only for a warning: without the secret keys, encrypting still works.
  const ids = recipients.flatMap(({ publicKey }) => partsOf(publicKey).map(({ keyId }) => keyId));
  const own = await keystore.ownAmong(ids, PATIENCE).catch((error: unknown) => (isGpgMissing(error) ? [] : undefined));
  const warning = own && unreadableHere(list.source, recipients, own);
  if (warning !== undefined) messages.warn(warning);
  // A cloned repository must not choose readers unseen.
  const tell = list.chosenBy === undefined ? messages.detail : messages.insist;
  tell(`encrypting for the recipients of ${list.source}:`);
  for (const { publicKey } of recipients) {
    const { fingerprint } = publicKey.primaryKey;
    tell(`  ${fingerprint} ${publicKey.userIds[0]?.text ?? ''}, from ${keystore.hints(fingerprint).place}`);
  }
  return { recipients, sealer: await sealer };
}

// There is no GnuPG, and no private key file is given.
function isGpgMissing(error: unknown): boolean {
  return hasCode(error, 'GPG_NOT_FOUND');
}

function isRejected(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}
