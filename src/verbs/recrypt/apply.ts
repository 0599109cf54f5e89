import pLimit, { type LimitFunction } from 'p-limit';
import type { Context } from '../../context/context.js';
import { isExposed, type ReaderId } from '../../encryptors/encryptor.js';
import { problemsOfFile, type Place, type Problem } from '../../errors.js';
import { renderValue } from '../../eyaml/render.js';
import type { Token, ValueToken } from '../../eyaml/token.js';
import { findPlainFiles, type PlainFiles } from '../../files/attributes.js';
import { checkWritable } from '../../files/snapshot.js';
import { createOpener, type Opener } from '../opener.js';
import type { PlannedFile, PlannedValue } from './plan-file.js';
import type { RecryptPlan } from './plan.js';

/** A secret that a removed reader could read: they know it until it is changed. */
export interface SecretToRotate {
  readonly place: Place;
  readonly keyPath: string | undefined;
  /** The removed readers who could read it. */
  readonly readers: readonly ReaderId[];
}

/** The outcome of a recrypt. */
export interface RecryptOutcome {
  readonly files: readonly string[];
  readonly values: number;
  /** Why files or values are unchanged, problems of the plan included. */
  readonly failed: readonly Problem[];
  readonly rotate: readonly SecretToRotate[];
}

/** The outcome of one file. */
export interface FileDone {
  readonly file: string;
  readonly values: number;
  /** Why it is unchanged; empty if it was written. */
  readonly problems: readonly Problem[];
  readonly rotate: readonly SecretToRotate[];
}

/** Called after each file. */
export type RecryptProgress = (done: FileDone) => void;

// Enough files at once that the agent is never idle while another file is encrypted or written.
const FILES_AT_ONCE = 4;
// For keys that only GnuPG can encrypt to, each value at once is a process.
const VALUES_AT_ONCE = 4;

/**
 * Carries out a plan: decrypts values, encrypts them with fresh session keys, and replaces each file atomically. A file with a value
 * that cannot be decrypted is unchanged; the others are processed. Errors of a file are reported in the outcome, so that the caller
 * knows what was done. If the user interrupts a question, no further file is started.
 *
 * @throws `EyamlError` `RECIPIENTS_ADDED`, `ABORTED` if the recipients are not approved; nothing is written then.
 */
export async function applyRecrypt(
  plan: RecryptPlan,
  context: Context,
  progress: RecryptProgress = () => undefined,
): Promise<RecryptOutcome> {
  await context.approve(plan.requests);
  const limit = pLimit(FILES_AT_ONCE);
  const plainFiles = await findPlainFiles(plan.files.map(({ eyaml }) => eyaml.snapshot.realPath));
  const tools = { opener: createOpener(context.encryptors), encrypting: pLimit(VALUES_AT_ONCE), plainFiles };
  const done: FileDone[] = [];
  let isInterrupted = false;
  const recryptOne = async (planned: PlannedFile) => {
    const interrupt = () => {
      isInterrupted = true;
      return { problems: [{ place: { file: planned.file }, message: 'the recrypt was interrupted' }], rotate: [] };
    };
    const result = isInterrupted ? interrupt() : await recryptFile(planned, tools).catch(interrupt);
    const one = { file: planned.file, values: planned.changes.length, ...result };
    done.push(one);
    progress(one);
  };
  await Promise.all(plan.files.map((planned) => limit(() => recryptOne(planned))));
  return outcomeOf(plan, done);
}

/** The outcome of a plan, from the files that are done so far. */
export function outcomeOf({ files, problems }: RecryptPlan, done: readonly FileDone[]): RecryptOutcome {
  const byFile = new Map(done.map((one) => [one.file, one]));
  const inOrder = files.flatMap(({ file }) => byFile.get(file) ?? []);
  const written = inOrder.filter((one) => one.problems.length === 0);
  return {
    files: written.map(({ file }) => file),
    values: written.reduce((sum, { values }) => sum + values, 0),
    failed: [...problems, ...inOrder.flatMap((one) => one.problems)],
    rotate: written.flatMap(({ rotate }) => rotate),
  };
}

interface Tools {
  readonly opener: Opener;
  readonly encrypting: LimitFunction;
  readonly plainFiles: PlainFiles;
}

// Rejects only if the user interrupts a question.
async function recryptFile(planned: PlannedFile, tools: Tools): Promise<Pick<FileDone, 'problems' | 'rotate'>> {
  const { file, eyaml, changes } = planned;
  try {
    // A rename would replace even a read-only file.
    await checkWritable(eyaml.snapshot);
    const encrypted = await Promise.all(changes.map((change) => encryptAnew(change, planned, tools)));
    const problems = encrypted.flatMap((one) => ('problem' in one ? [one.problem] : []));
    if (problems.length > 0) return { problems, rotate: [] };
    // Everything that can fail is done before the file is written.
    const rotate = await secretsToRotate(planned);
    const texts = encrypted.flatMap((one) => ('text' in one ? [[one.value, one.text] as const] : []));
    const changed = await eyaml.splice(new Map<Token, string>(texts));
    await eyaml.replace(changed, { onConflict: 'fail', plainFiles: tools.plainFiles });
    return { problems: [], rotate };
  } catch (error) {
    return { problems: problemsOfFile(file, error), rotate: [] };
  }
}

// One value is encrypted while the agent opens the next.
async function encryptAnew(
  { value, tag }: PlannedValue,
  { file, sealers }: PlannedFile,
  { opener, encrypting }: Tools,
): Promise<{ readonly value: ValueToken; readonly text: string } | { readonly problem: Problem }> {
  const opened = await opener(value, file);
  if ('error' in opened) {
    const { message, suggestions } = opened.error;
    return { problem: { place: { file, line: value.line }, message, suggestion: suggestions[0] } };
  }
  // Only the readers that the plan showed, even if a recipients file has changed since.
  const sealer = sealers.get(tag);
  if (!sealer) throw new TypeError('a value was planned that nothing can encrypt');
  const ciphertext = await encrypting(() => sealer.encrypt(opened.plaintext));
  return { value, text: renderValue(tag, Buffer.from(ciphertext).toString('base64'), value.layout) };
}

/** The values of a planned file with readers who are not recipients. */
export async function secretsToRotate({ file, eyaml, changes }: PlannedFile): Promise<readonly SecretToRotate[]> {
  const exposed = changes.filter(({ drift }) => drift && isExposed(drift));
  if (exposed.length === 0) return [];
  const { keyPathAt } = await eyaml.yaml();
  return exposed.map(({ value, drift }) => ({
    place: { file, line: value.line },
    keyPath: keyPathAt(value.offset),
    readers: drift?.extra ?? [],
  }));
}
