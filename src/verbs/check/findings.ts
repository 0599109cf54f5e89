import {
  asEyamlError,
  hasCode,
  unreadableProblem,
  type ErrorCode,
  type Place,
  type Problem,
  type Rule,
} from '../../errors.js';
import { lineCounter } from '../../eyaml/lines.js';
import type { EyamlText } from '../../eyaml/text.js';
import { shownPath } from '../../files/shown.js';
import { placeText } from '../../text/problems.js';
import { isIgnored, severityOf, type Severity } from './rules.js';

/** What `check` reports: a fault or a problem, with the broken rule and its severity. */
export interface Finding {
  readonly file: string;
  /** Counted from 1; 1 for the file as a whole. */
  readonly line: number;
  readonly keyPath: string | undefined;
  readonly rule: Rule;
  readonly severity: Severity;
  readonly message: string;
  readonly suggestion: string | undefined;
}

/** Something wrong in a text, with its offset. */
export interface Fault {
  /** In UTF-16 code units. */
  readonly offset: number;
  readonly rule: Rule;
  readonly message: string;
  /** What to do about it. */
  readonly suggestion?: string | undefined;
}

/** A collection of findings; equal ones count once. */
export interface Findings {
  /** Adds the faults in a file's text, except those that a comment turns off. */
  readonly addFaults: (file: string, eyaml: EyamlText, faults: readonly Fault[]) => Promise<void>;
  /** Adds a problem of recipients. */
  readonly addProblem: (problem: Problem) => void;
  /**
   * Adds the error that kept a file from being checked.
   *
   * @throws the error if it would happen at every other file too.
   */
  readonly addError: (file: string, error: unknown) => void;
  readonly list: () => readonly Finding[];
}

// Any other error would happen at the next file too.
const OF_ONE_FILE: readonly ErrorCode[] = ['FILE_NOT_FOUND', 'FILE_UNREADABLE', 'NOT_UTF8', 'UNEXPECTED'];

// What a repository must not turn off: it would hide what the others say, or who says so.
const ALWAYS_ON: readonly Rule[] = ['unreadable-file', 'recipients-unsigned'];

/** Collects findings, except those of rules that are turned off; some cannot be. */
export function collectFindings(disabledRules: readonly string[]): Findings {
  const findings = new Map<string, Finding>();
  const add = (finding: Omit<Finding, 'severity'>) => {
    if (!ALWAYS_ON.includes(finding.rule) && disabledRules.includes(finding.rule)) return;
    const { file, line, keyPath, rule, message, suggestion } = finding;
    const one = { file: shownPath(file), line, keyPath, rule, severity: severityOf(rule), message, suggestion };
    findings.set(JSON.stringify(one), one);
  };
  const addProblem: Findings['addProblem'] = ({ place, rule = 'recipient-unknown', ...problem }) => {
    const { message, suggestion } = problem;
    add({ ...positionOf(place), rule, message, suggestion });
  };
  return {
    addFaults: async (file, { text, yaml }, faults) => {
      if (faults.length === 0) return;
      const lines = text.split('\n');
      const { keyPathAt } = await yaml();
      const lineAt = lineCounter(text);
      for (const { offset, rule, message, suggestion } of [...faults].sort((a, b) => a.offset - b.offset)) {
        const line = lineAt(offset);
        if (!isIgnored(lines, line, rule)) add({ file, line, keyPath: keyPathAt(offset), rule, message, suggestion });
      }
    },
    addProblem,
    addError: (file, error) => {
      const problem = unreadableProblem(error);
      const ofFile = asEyamlError(error);
      if (problem) addProblem(problem);
      else if (!hasCode(ofFile, ...OF_ONE_FILE)) throw error;
      else addProblem({ place: { file }, rule: 'unreadable-file', message: ofFile.message });
    },
    list: () => [...findings.values()],
  };
}

// A setting is shown as a key path. A place without a file (an option) is shown as the file.
function positionOf(place: Place = { file: '' }): Pick<Finding, 'file' | 'line' | 'keyPath'> {
  if (!('file' in place)) return { file: placeText(place), line: 1, keyPath: undefined };
  return { file: place.file, line: place.line ?? 1, keyPath: place.setting };
}
