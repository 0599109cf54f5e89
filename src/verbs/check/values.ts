import path from 'node:path';
import type { Context } from '../../context/context.js';
import { hasDrifted, type Audience, type Encryptors } from '../../encryptors/encryptor.js';
import { asEyamlError, hasCode, unreadableProblem, type Problem } from '../../errors.js';
import type { ValueToken } from '../../eyaml/token.js';
import { shownArgument } from '../../files/shown.js';
import { ruleText } from '../../recipients/rule.js';
import { createOpener, type Opened } from '../opener.js';
import type { Fault } from './findings.js';
import { driftFaults, mislabelledFault } from './rules.js';

/** How values are checked. */
export interface ValueOptions {
  /** Keys that expire within this many days are findings. */
  readonly expiryDays: number;
  /** Decrypts every value, which needs secret keys. */
  readonly decrypt: boolean;
  /** Seconds since 1970. */
  readonly now: number;
}

/** The result of checking the values of a file. */
export interface CheckedValues {
  readonly faults: readonly Fault[];
  /** Problems of the recipients that apply to the file. */
  readonly problems: readonly Problem[];
  /** How many values were decrypted. */
  readonly opened: number;
}

/** Checks the values of files, and the recipients that apply to them even if they hold no values yet. */
export interface ValueCheck {
  values(file: string, values: readonly ValueToken[]): Promise<CheckedValues>;
  /** The problems of a recipients file. */
  recipientsFile(file: string): Promise<readonly Problem[]>;
}

const SECONDS_PER_DAY = 86_400;

/** Makes a {@link ValueCheck}. What is found about keys and equal values is cached. */
export function createValueCheck({ expiryDays, decrypt, now }: ValueOptions, context: Context): ValueCheck {
  const { encryptors } = context;
  const expiringBefore = now + expiryDays * SECONDS_PER_DAY;
  const opener = decrypt ? createOpener(encryptors, true) : undefined;
  const reviewed = new Set<string>();

  async function audiencesOf(file: string, values: readonly ValueToken[]): Promise<ReadonlyMap<string, Audience>> {
    // Within a folder only rules make a difference.
    const rule = await context.rules.ruleFor(file);
    const group = `${path.dirname(path.resolve(file))}\n${rule === undefined ? '' : ruleText(rule)}`;
    if (values.length === 0 && reviewed.has(group)) return new Map();
    reviewed.add(group);
    const tags = [...new Set(['GPG', ...values.map(({ tag }) => tag)])];
    const reviews = tags.flatMap((tag) => {
      const review = encryptors.get(tag)?.review?.(file, expiringBefore);
      return review ? [review.then((audience) => [tag, audience] as const)] : [];
    });
    return new Map(await Promise.all(reviews));
  }

  return {
    values: async (file, values) => {
      const audiences = await audiencesOf(file, values);
      const problems = [...audiences.values()].flatMap((audience) => audience.problems);
      if (values.length === 0) return { faults: [], problems, opened: 0 };
      const faults: Fault[] = [...noRecipients(values, audiences)];
      const { demanded, problem } = await demandedMethod(file, context);
      const named = { file, argument: shownArgument(file) };
      let opened = 0;
      for (const value of values) {
        faults.push(...methodFaults(value, named, context, demanded));
        const audience = audiences.get(value.tag);
        if (audience) faults.push(...(await readerFaults(value, named, audience, encryptors)));
        if (!opener || !encryptors.has(value.tag)) continue;
        const result = await opener(value, file);
        faults.push(...openingFaults(value, named, result));
        if ('plaintext' in result) opened += 1;
      }
      return { faults, problems: problem ? [...problems, problem] : problems, opened };
    },
    recipientsFile: async (file) => (await encryptors.get('GPG')?.review?.(file, expiringBefore))?.problems ?? [],
  };
}

/** A file, and how a command that a user copies names it. */
interface NamedFile {
  readonly file: string;
  readonly argument: string;
}

async function readerFaults(
  { tag, payload, offset }: ValueToken,
  { file, argument }: NamedFile,
  audience: Audience,
  encryptors: Encryptors,
): Promise<readonly Fault[]> {
  try {
    const drift = audience.compare(Buffer.from(payload, 'base64'));
    if (!hasDrifted(drift)) return [];
    const owners = (await encryptors.get(tag)?.whoReads(drift.extra, file)) ?? new Map<string, never>();
    const suggestion = `eyaml recrypt ${argument}`;
    return driftFaults(drift, owners, audience.source ?? '').map((fault): Fault => ({ offset, ...fault, suggestion }));
  } catch (error) {
    const { message } = asEyamlError(error);
    return [{ offset, rule: 'damaged-value' as const, message, suggestion: 'restore it from git' }];
  }
}

function openingFaults({ offset }: ValueToken, { argument }: NamedFile, result: Opened): readonly Fault[] {
  const suggestion = `eyaml recrypt --all ${argument}`;
  const mislabelled = (result.mislabelled ?? []).map((id): Fault => ({ offset, ...mislabelledFault(id), suggestion }));
  if ('plaintext' in result) return mislabelled;
  return [{ offset, rule: 'undecryptable-value', message: result.error.message }, ...mislabelled];
}

function noRecipients(values: readonly ValueToken[], audiences: ReadonlyMap<string, Audience>): readonly Fault[] {
  const audience = audiences.get('GPG');
  if (audience === undefined || audience.source !== undefined || !values.some(({ tag }) => tag === 'GPG')) return [];
  return [
    {
      offset: 0,
      rule: 'no-recipients-file',
      message: 'it holds values, but no recipients file applies',
      suggestion: 'write a hiera-eyaml-gpg.recipients file in its folder or above',
    },
  ];
}

// One method per folder: that of a new value there.
async function demandedMethod(file: string, context: Context) {
  try {
    return { demanded: (await context.encryptorForNew(file)).tag };
  } catch (error) {
    const problem = unreadableProblem(error);
    if (problem) return { problem };
    if (!hasCode(error, 'METHOD_UNAVAILABLE')) throw error;
    return {};
  }
}

function methodFaults(
  { tag, offset }: ValueToken,
  { argument }: NamedFile,
  { encryptors }: Context,
  demanded: string | undefined,
): readonly Fault[] {
  if (!encryptors.has(tag)) return [{ offset, rule: 'unknown-method', message: `unknown method ${tag}` }];
  if (demanded === undefined || tag === demanded) return [];
  const message = `it is encrypted with ${tag}, but new values here get ${demanded}`;
  return [
    { offset, rule: 'foreign-method', message, suggestion: `eyaml recrypt -d ${demanded.toLowerCase()} ${argument}` },
  ];
}
