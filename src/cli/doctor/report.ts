import { printable, printableJson } from '../../text/printable.js';
import type { DoctorFinding } from '../../verbs/doctor/finding.js';
import { count } from '../plan-text.js';

/** The report as lines for a person; without `all` only what is not ok. */
export function doctorText(findings: readonly DoctorFinding[], all: boolean): string {
  const shown = findings.filter(({ state }) => all || state !== 'ok');
  const lines = shown.flatMap((finding) => {
    const { state, about, message } = finding;
    const line = `${state}: ${about}: ${message}`;
    return 'command' in finding ? [line, `    ${finding.command}`] : [line];
  });
  const text = lines.map((line) => `${printable(line)}\n`).join('');
  return `${text}${text === '' ? '' : '\n'}${summary(findings)}\n`;
}

function summary(findings: readonly DoctorFinding[]): string {
  const numberOf = (state: DoctorFinding['state']) => findings.filter((finding) => finding.state === state).length;
  const [problems, warnings, fine] = [numberOf('problem'), numberOf('warning'), numberOf('ok')];
  if (problems + warnings === 0) return `no problems found: ${count(fine, 'line')} ok (-v shows them)`;
  return `${count(problems, 'problem')}, ${count(warnings, 'warning')}, ${fine} ok`;
}

/** The report for programs; `state` is the worst of all. */
export function doctorJson(findings: readonly DoctorFinding[]): string {
  const states = findings.map(({ state }) => state);
  const state = (['problem', 'warning'] as const).find((one) => states.includes(one)) ?? 'ok';
  return `${printableJson({ state, findings })}\n`;
}
