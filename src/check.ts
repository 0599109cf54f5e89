import { driftFaults, isIgnored, mislabelledFault, severityOf, type Severity } from './check-rules.js';
import { createOpener } from './decrypt.js';
import type { Audience } from './encryptors/audit.js';
import type { Reader, ReaderId } from './encryptors/encryptor.js';
import { asEyamlError, EyamlError, unreadableProblem, type Problem, type Rule } from './errors.js';
import { keyPaths, yamlFaults } from './eyaml/document.js';
import { leftoverOffsets } from './eyaml/leftover.js';
import { lineCounter } from './eyaml/lines.js';
import { markPassedOver } from './eyaml/passed-over.js';
import { puppetFaults } from './eyaml/puppet-view.js';
import { scan } from './eyaml/scan.js';
import { isValue, type ValueToken } from './eyaml/token.js';
import { textOf } from './files.js';
import type { Toolbox } from './toolbox.js';

/** Something that `check` finds fault with. */
export interface Finding {
  readonly file: string;
  /** Counted from 1; 1 when the file as a whole is meant. */
  readonly line: number;
  readonly keyPath: string | undefined;
  readonly rule: Rule;
  readonly severity: Severity;
  readonly message: string;
  readonly mend: string | undefined;
}

export interface CheckOptions {
  readonly disabledRules: readonly string[];
  /** Keys that expire sooner than this are findings. */
  readonly expiryDays: number;
  /** Opens every value, which needs secret keys. */
  readonly decrypt: boolean;
  /** Seconds since 1970. */
  readonly now: number;
}

/** What `check` came to. */
export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly values: number;
  /** How many values were opened; 0 unless asked for. */
  readonly opened: number;
}

/** A file to check, and where its content is read from. */
export interface CheckedFile {
  readonly file: string;
  readonly read: () => Promise<Uint8Array>;
}

const SECONDS_PER_DAY = 86_400;

/** Who should read a file's values, by tag; undefined where nobody is named. */
type Audiences = ReadonlyMap<string, Audience | undefined>;

/**
 * Checks files and the recipients files that apply to them. Opens nothing unless asked to.
 *
 * @param progress - told after each file.
 */
export async function check(
  files: readonly CheckedFile[],
  options: CheckOptions,
  toolbox: Toolbox,
  progress: () => void,
): Promise<CheckResult> {
  const opener = createOpener(toolbox.encryptors, true);
  const findings = new Map<string, Finding>();
  let values = 0;
  let opened = 0;
  const note = (finding: Finding) => findings.set(JSON.stringify(finding), finding);

  async function checkFile({ file, read }: CheckedFile): Promise<void> {
    const text = textOf(await read(), file);
    const tokens = await markPassedOver(text, scan(text, toolbox.untagged));
    const leftovers = leftoverOffsets(text);
    const forPuppet = await puppetFaults(text, tokens);
    if (tokens.every(({ kind }) => kind === 'text') && leftovers.length === 0 && forPuppet.length === 0) return;
    const fileValues = tokens.filter(isValue);
    values += fileValues.length;
    const found: { offset: number; rule: Rule; message: string; mend?: string | undefined }[] = [...forPuppet];
    for (const { offset, reason, isEqualKey } of await yamlFaults(text)) {
      found.push({
        offset,
        rule: isEqualKey ? 'duplicate-key' : 'invalid-yaml',
        message: isEqualKey
          ? 'this key stands here twice; Puppet takes the last'
          : `this is not valid YAML (${reason})`,
      });
    }
    for (const offset of leftovers) {
      found.push({
        offset,
        rule: 'leftover-marker',
        message: 'an edit marker was left here in plain text',
        mend: `eyaml edit ${file}, and change the secret`,
      });
    }
    for (const token of tokens) {
      if (token.kind === 'suspect')
        found.push({
          offset: token.offset,
          rule: 'suspect-value',
          message: `this looks like an encrypted value, but ${token.reason}`,
        });
    }
    const audiences = await audiencesOf(file, fileValues);
    if (fileValues.some(({ tag }) => tag === 'GPG') && audiences.get('GPG') === undefined) {
      found.push({
        offset: 0,
        rule: 'no-recipients-file',
        message: 'it holds values, and no recipients file says who may read them',
        mend: 'write a hiera-eyaml-gpg.recipients file in its folder or above',
      });
    }
    const demanded = fileValues.length > 0 ? await demandedMethod(file) : undefined;
    for (const { offset } of fileValues.filter((value) => value.isPassedOver)) {
      found.push({
        offset,
        rule: 'passed-over-value',
        message: 'Puppet does not see it, since line ends or tabs stay in it, and hands out the ciphertext',
        mend: `eyaml recrypt ${file}`,
      });
    }
    for (const value of fileValues) {
      for (const fault of await valueFaults(value, file, audiences, demanded))
        found.push({ offset: value.offset, ...fault });
      if (!options.decrypt || !toolbox.encryptors.has(value.tag)) continue;
      const result = await opener(value);
      if ('plaintext' in result) opened += 1;
      else found.push({ offset: value.offset, rule: 'undecryptable-value', message: result.error.message });
      const names = (result.mislabelled ?? []).map(mislabelledFault);
      for (const fault of names) found.push({ offset: value.offset, ...fault, mend: `eyaml recrypt --all ${file}` });
    }
    for (const audience of audiences.values()) audience?.problems.forEach(noteRecipientProblem);
    await noteFound(file, text, found);
  }

  async function audiencesOf(file: string, values: readonly ValueToken[]): Promise<Audiences> {
    if (values.length === 0) return new Map();
    // A recipients file is reviewed although its folder may hold no GPG value yet.
    const tags = [...new Set(['GPG', ...values.map(({ tag }) => tag)])].filter((tag) => toolbox.auditors.has(tag));
    const audit = (tag: string) => toolbox.auditors.get(tag)?.(file, options.now, options.expiryDays * SECONDS_PER_DAY);
    return new Map(await Promise.all(tags.map(async (tag) => [tag, await audit(tag)] as const)));
  }

  // One method per folder: the one that a new value would get there.
  async function demandedMethod(file: string): Promise<string | undefined> {
    try {
      return (await toolbox.encryptorForNew(file)).tag;
    } catch (error) {
      const problem = unreadableProblem(error);
      if (problem) noteRecipientProblem(problem);
      else if (!(error instanceof EyamlError) || error.code !== 'METHOD_UNAVAILABLE') throw error;
      return undefined;
    }
  }

  async function valueFaults({ tag, payload }: ValueToken, file: string, audiences: Audiences, demanded?: string) {
    const encryptor = toolbox.encryptors.get(tag);
    if (encryptor === undefined) {
      return [{ rule: 'unknown-method' as const, message: `nothing here knows the method ${tag}`, mend: undefined }];
    }
    const foreign =
      demanded === undefined || tag === demanded
        ? []
        : [
            {
              rule: 'foreign-method' as const,
              message: `it is encrypted with ${tag}, and new values here get ${demanded}`,
              mend: `eyaml recrypt -d ${demanded.toLowerCase()} ${file}`,
            },
          ];
    const audience = audiences.get(tag);
    if (audience === undefined) return foreign;
    try {
      const drift = audience.compare(Buffer.from(payload, 'base64'));
      const owners: ReadonlyMap<ReaderId, Reader> = await encryptor.whoReads(drift.extra);
      const faults = driftFaults(drift, owners, audience.source);
      return [...foreign, ...faults.map((fault) => ({ ...fault, mend: `eyaml recrypt ${file}` }))];
    } catch (error) {
      return [{ rule: 'damaged-value' as const, message: asEyamlError(error).message, mend: 'restore it from git' }];
    }
  }

  async function noteFound(
    file: string,
    text: string,
    found: readonly { offset: number; rule: Rule; message: string; mend?: string | undefined }[],
  ) {
    if (found.length === 0) return;
    const lines = text.split('\n');
    const keyPathAt = await keyPaths(text);
    const lineAt = lineCounter(text);
    for (const { offset, rule, message, mend } of [...found].sort((a, b) => a.offset - b.offset)) {
      const line = lineAt(offset);
      if (options.disabledRules.includes(rule) || isIgnored(lines, line, rule)) continue;
      note({ file, line, keyPath: keyPathAt(offset), rule, severity: severityOf(rule), message, mend });
    }
  }

  function noteRecipientProblem({ place = '', rule = 'recipient-unknown', message, suggestion }: Problem) {
    const [, file = place, line = '1'] = /^(.*):(\d+)$/.exec(place) ?? [];
    if (rule !== 'unreadable-file' && options.disabledRules.includes(rule)) return;
    note({ file, line: Number(line), keyPath: undefined, rule, severity: severityOf(rule), message, mend: suggestion });
  }

  for (const checked of files) {
    try {
      await checkFile(checked);
    } catch (error) {
      const problem = unreadableProblem(error);
      const { code, message } = asEyamlError(error);
      if (problem) noteRecipientProblem(problem);
      else if (!/^(?:FILE|NOT)_|^UNEXPECTED$/.test(code)) throw error;
      else
        note({
          file: checked.file,
          line: 1,
          keyPath: undefined,
          rule: 'unreadable-file',
          severity: 'error',
          message,
          mend: undefined,
        });
    }
    progress();
  }
  return { findings: [...findings.values()], files: files.length, values, opened };
}
