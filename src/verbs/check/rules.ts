import type { Drift, Reader, ReaderId } from '../../encryptors/encryptor.js';
import type { Rule } from '../../errors.js';

export type Severity = 'error' | 'warning';

// A warning needs attention later, an error is wrong now.
const WARNINGS: readonly Rule[] = ['recipient-expiring', 'recipient-duplicate', 'duplicate-key'];

const IGNORE = /#\s*eyaml-check:\s*ignore\s+([\w, -]+)/;
const EVERY_IGNORE = new RegExp(IGNORE, 'g');

/** The faults of a value's readers. `source` names the recipients. */
export function driftFaults(
  drift: Drift,
  owners: ReadonlyMap<ReaderId, Reader>,
  source: string,
): readonly { rule: Rule; message: string }[] {
  const named = ({ fingerprint, userId }: Reader) => `${userId} (${fingerprint})`;
  return [
    ...drift.extra.map((id): { rule: Rule; message: string } => {
      const reader = owners.get(id);
      return reader
        ? { rule: 'extra-recipient', message: `${named(reader)} can read it but is not in ${source}` }
        : { rule: 'unknown-recipient', message: `key ID ${id} can read it, but no known key has it` };
    }),
    ...drift.missing.map((reader) => ({
      rule: 'missing-recipient' as const,
      message: `${named(reader)} is in ${source} but cannot read it`,
    })),
    ...drift.outdated.map((reader) => ({
      rule: 'outdated-subkey' as const,
      message: `${named(reader)} can read it with an older subkey only`,
    })),
    ...drift.repeated.map((id) => ({
      rule: 'duplicate-reader' as const,
      message: `it names the reader ${id} twice: one of the two may be another reader`,
    })),
    ...drift.mislabelled.map((id) => ({
      rule: 'mislabelled-reader' as const,
      message: `it names key ID ${id}, a key that cannot encrypt: another reader is behind it`,
    })),
    ...(drift.hidden > 0
      ? [{ rule: 'hidden-recipient' as const, message: `${drift.hidden} of its recipients are hidden` }]
      : []),
    ...(drift.password ? [{ rule: 'password-recipient' as const, message: 'a password can decrypt it' }] : []),
    ...(drift.protection === 'aead'
      ? [{ rule: 'aead-value' as const, message: 'GnuPG before 2.3 cannot read it (AEAD)' }]
      : []),
    ...(drift.protection === 'none'
      ? [{ rule: 'unprotected-value' as const, message: 'it has no integrity protection' }]
      : []),
  ];
}

/** The fault of a value with the user's own key ID on a part that the user's key does not open. */
export function mislabelledFault(id: ReaderId): { rule: Rule; message: string } {
  return {
    rule: 'mislabelled-reader',
    message: `it names your key ID ${id}, but your key does not open that part: another reader may be behind it`,
  };
}

/** The severity of a broken rule. */
export function severityOf(rule: Rule): Severity {
  return WARNINGS.includes(rule) ? 'warning' : 'error';
}

/** Whether a comment turns a rule off for a line: on the line itself or on the one above, which for a block is its header. */
export function isIgnored(lines: readonly string[], line: number, rule: Rule): boolean {
  return [line, line - 1].some((number) => ignoredIn(lines, number).includes(rule));
}

/** Whether a comment anywhere in a text turns a rule off that is about the file as a whole. */
export function isTurnedOff(text: string, rule: Rule): boolean {
  return Array.from(text.matchAll(EVERY_IGNORE)).some(([, rules = '']) => rules.split(/[\s,]+/).includes(rule));
}

// Each line is read once: a long line may hold many faults.
const ignored = new WeakMap<readonly string[], Map<number, readonly string[]>>();

function ignoredIn(lines: readonly string[], line: number): readonly string[] {
  const known = ignored.get(lines) ?? new Map<number, readonly string[]>();
  ignored.set(lines, known);
  const rules = known.get(line) ?? IGNORE.exec(lines[line - 1] ?? '')?.[1]?.split(/[\s,]+/) ?? [];
  known.set(line, rules);
  return rules;
}
