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

/** What `check` reports: a fault or a problem, with the rule that is broken and how bad that is. */
export interface Finding {
  readonly file: string;
  /** Counted from 1; 1 when the file as a whole is meant. */
  readonly line: number;
  readonly keyPath: string | undefined;
  readonly rule: Rule;
  readonly severity: Severity;
  readonly message: string;
  readonly suggestion: string | undefined;
}

/** What is wrong in a text, by its offset there. */
export interface Fault {
  /** In UTF-16 code units. */
  readonly offset: number;
  readonly rule: Rule;
  readonly message: string;
  /** What to do about it. */
  readonly suggestion?: string | undefined;
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

// Any other error would befall the next file just as well.
const OF_ONE_FILE: readonly ErrorCode[] = ['FILE_NOT_FOUND', 'FILE_UNREADABLE', 'NOT_UTF8', 'UNEXPECTED'];

/** Collects findings, but for those of rules that are turned off. That something cannot be read cannot be turned off. */
export function collectFindings(disabledRules: readonly string[]): Findings {
  const findings = new Map<string, Finding>();
  const add = (finding: Omit<Finding, 'severity'>) => {
    if (finding.rule !== 'unreadable-file' && disabledRules.includes(finding.rule)) return;
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

// A setting takes the place of a key path. What has no file is named in its place.
function positionOf(place: Place = { file: '' }): Pick<Finding, 'file' | 'line' | 'keyPath'> {
  if (!('file' in place)) return { file: placeText(place), line: 1, keyPath: undefined };
  return { file: place.file, line: place.line ?? 1, keyPath: place.setting };
}
