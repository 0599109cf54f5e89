import { asEyamlError, unreadableProblem, type Problem, type Rule } from '../../errors.js';
import { lineCounter } from '../../eyaml/lines.js';
import type { EyamlText } from '../../eyaml/text.js';
import { shownPath } from '../../files/shown.js';
import { isIgnored, severityOf, type Severity } from './rules.js';

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

/** What is wrong at a place of a text. */
export interface Fault {
  /** In UTF-16 code units. */
  readonly offset: number;
  readonly rule: Rule;
  readonly message: string;
  /** What to do about it. */
  readonly mend?: string | undefined;
}

/** Findings as they come together; each counts once. */
export interface Findings {
  /** Adds what is wrong in a file's text, but for what a comment in it takes back. */
  readonly addFaults: (file: string, eyaml: EyamlText, faults: readonly Fault[]) => Promise<void>;
  /** Adds what is wrong with recipients. */
  readonly addProblem: (problem: Problem) => void;
  /**
   * Adds what kept a file from being checked.
   *
   * @throws the error when it would befall every other file just as well.
   */
  readonly addError: (file: string, error: unknown) => void;
  readonly list: () => readonly Finding[];
}

/** Collects findings, but for those of rules that are turned off. That something cannot be read cannot be turned off. */
export function collectFindings(disabledRules: readonly string[]): Findings {
  const findings = new Map<string, Finding>();
  const add = (finding: Omit<Finding, 'severity'>) => {
    if (finding.rule !== 'unreadable-file' && disabledRules.includes(finding.rule)) return;
    const { file, line, keyPath, rule, message, mend } = finding;
    const one = { file: shownPath(file), line, keyPath, rule, severity: severityOf(rule), message, mend };
    findings.set(JSON.stringify(one), one);
  };
  const addProblem: Findings['addProblem'] = ({ place = '', rule = 'recipient-unknown', message, suggestion }) => {
    const [, file = place, line = '1'] = /^(.*):(\d+)$/s.exec(place) ?? [];
    add({ file, line: Number(line), keyPath: undefined, rule, message, mend: suggestion });
  };
  return {
    addFaults: async (file, { text, yaml }, faults) => {
      if (faults.length === 0) return;
      const lines = text.split('\n');
      const { keyPathAt } = await yaml();
      const lineAt = lineCounter(text);
      for (const { offset, rule, message, mend } of [...faults].sort((a, b) => a.offset - b.offset)) {
        const line = lineAt(offset);
        if (!isIgnored(lines, line, rule)) add({ file, line, keyPath: keyPathAt(offset), rule, message, mend });
      }
    },
    addProblem,
    addError: (file, error) => {
      const problem = unreadableProblem(error);
      const { code, message } = asEyamlError(error);
      if (problem) addProblem(problem);
      else if (!/^(?:FILE|NOT)_|^UNEXPECTED$/.test(code)) throw error;
      else add({ file, line: 1, keyPath: undefined, rule: 'unreadable-file', message, mend: undefined });
    },
    list: () => [...findings.values()],
  };
}
