import { EyamlError, type Problem } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import { parseFingerprint, type Fingerprint } from '../../openpgp/identifiers.js';
import type { Recipient } from '../match.js';
import type { RecordedKey } from '../record.js';
import { VALIDITY_WORDS } from '../usability.js';

/** Recipients who were not seen before, and where. */
export interface Added {
  /** The recipients file that names them. */
  readonly file: string;
  /** The recipients file that governed these files when they were last seen, if it was another one; undefined if there was none. */
  readonly formerly: string | undefined;
  /** The link that leads to a file that it governs, if they are known there and not where the link is. */
  readonly linked?: string | undefined;
  /** Files that it governs; for messages. */
  readonly targets: readonly string[];
  readonly recipients: readonly Recipient[];
}

/** A recipients file, and keys in it. */
export interface UsedList {
  readonly file: string;
  readonly keys: readonly RecordedKey[];
}

/** Asks whether values may be encrypted for people who were not seen before. Throws if not. */
export type AskAdded = (added: readonly Added[]) => Promise<void>;

/**
 * Decides the same; called also if there are none.
 *
 * @param first - the people in repositories that are seen for the first time, of whom nobody is asked.
 */
export type Consent = (added: readonly Added[], first: readonly Added[]) => Promise<void>;

/** The error for recipients who were not seen before, where nobody can be asked. `detail` says more about one of them. */
export function recipientsAdded(
  added: readonly Added[],
  detail: (one: Added, recipient: Recipient) => string,
): EyamlError {
  const problems = added.flatMap((one): Problem[] => {
    const { file, recipients } = one;
    return [
      ...recipients.map((recipient) => ({
        place: { file: shownPath(file) },
        message: `${nameOf(recipient)} ${fingerprintOf(recipient)} is new (${detail(one, recipient)})`,
      })),
      ...whyNow(one).map((message) => ({ place: { file: shownPath(file) }, message })),
    ];
  });
  const fingerprints = [...new Set(added.flatMap(({ recipients }) => recipients.map(fingerprintOf)))];
  const who = fingerprints.length === 1 ? 'a recipient was' : `${fingerprints.length} recipients were`;
  return new EyamlError('RECIPIENTS_ADDED', `${who} added since you last encrypted here; nothing was encrypted`, {
    problems,
    suggestions: [
      `find out who added them and why; if it is right: --accept-recipients ${fingerprints.join(',')}`,
      // That compares recipients files, not links.
      ...(added.some(({ linked }) => linked) ? [] : ['or accept them at a terminal: eyaml recipients ack']),
    ],
  });
}

/** That another recipients file decides than before, or a link leads to it; nothing if neither is so. */
export function whyNow({ file, formerly, linked }: Added): readonly string[] {
  const before = formerly === undefined ? undefined : shownPath(formerly);
  if (linked !== undefined)
    return [`${shownPath(linked)} leads there by a link; where the link is, ${before ?? 'no recipients file'} decided`];
  if (formerly === file) return [];
  return [
    before === undefined
      ? 'this file decides now; until now no recipients file was seen there'
      : `this file decides now; until now ${before} decided`,
  ];
}

function nameOf({ publicKey }: Recipient): string {
  return publicKey.userIds[0]?.text ?? 'no user ID';
}

function fingerprintOf({ publicKey }: Recipient): Fingerprint {
  return publicKey.primaryKey.fingerprint;
}

/** How sure GnuPG is whose key it is, in a word. */
export function validityOf({ publicKey }: Recipient): string {
  const best = publicKey.userIds[0]?.validity ?? publicKey.primaryKey.validity;
  return VALIDITY_WORDS[best];
}

/**
 * Makes the decision about recipients who were not seen before: exactly the named ones are accepted, or else somebody is asked.
 *
 * @param named - the fingerprints that `--accept-recipients` gives, if it was given.
 */
export function createConsent(named: readonly Fingerprint[] | undefined, ask: AskAdded): Consent {
  let accepted = named;
  return async (added, first) => {
    if (accepted !== undefined) {
      checkExactly(accepted, [...added, ...first]);
      // What follows in the same run finds them accepted.
      accepted = undefined;
    } else if (added.length > 0) await ask(added);
  };
}

/** @throws {@link EyamlError} `USAGE` unless the named fingerprints are those of the added recipients. */
function checkExactly(named: readonly Fingerprint[], added: readonly Added[]): void {
  const recipients = new Map(added.flatMap((one) => one.recipients.map((each) => [fingerprintOf(each), nameOf(each)])));
  const missing = [...recipients].filter(([fingerprint]) => !named.includes(fingerprint));
  const tooMany = named.filter((fingerprint) => !recipients.has(fingerprint));
  if (missing.length + tooMany.length === 0) return;
  const place = { option: '--accept-recipients' };
  throw new EyamlError('USAGE', '--accept-recipients must name exactly the recipients that are new', {
    problems: [
      ...missing.map(([fingerprint, name]) => ({ place, message: `${name} ${fingerprint} is new but not named` })),
      ...tooMany.map((fingerprint) => ({ place, message: `${fingerprint} is named but not new` })),
    ],
  });
}

/**
 * Reads the value of `--accept-recipients`, if it was given: fingerprints of primary keys, separated by commas.
 *
 * @throws {@link EyamlError} `USAGE` for anything that is not a full fingerprint.
 */
export function readAccepted(text: string | undefined): readonly Fingerprint[] | undefined {
  return text?.split(',').map((part) => {
    const fingerprint = parseFingerprint(part);
    if (fingerprint) return fingerprint;
    throw new EyamlError('USAGE', '--accept-recipients needs full fingerprints, separated by commas', {
      suggestions: ['"eyaml recipients" shows them'],
    });
  });
}
