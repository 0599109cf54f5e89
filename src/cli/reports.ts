import { createHash } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { groupBy } from '../text/group-by.js';
import { printable, printableJson } from '../text/printable.js';
import type { CheckResult } from '../verbs/check/check.js';
import type { Finding } from '../verbs/check/findings.js';
import { causesText } from './causes.js';
import { count } from './plan-text.js';

/** The forms in which `check` reports. */
export const REPORTS: Readonly<Record<string, (result: CheckResult) => string>> = {
  text: textReport,
  json: (result) => `${printableJson(result)}\n`,
  github: githubReport,
  gitlab: gitlabReport,
  sarif: sarifReport,
  junit: junitReport,
};

function textReport({ findings, ...result }: CheckResult): string {
  const checked = checkedText(result);
  if (findings.length === 0) return `${checked}: no problems found\n`;
  const lines = causesText(findings).map(printable);
  return `${lines.join('\n')}\n\n${count(findings.length, 'finding')} in ${count(byFile(findings).size, 'file')} (${checked})\n`;
}

function checkedText({ files, recipientsFiles, values, opened }: Omit<CheckResult, 'findings'>): string {
  if (files === 0 && recipientsFiles > 0) return count(recipientsFiles, 'recipients file');
  return `${count(values, 'value')} in ${count(files, 'file')}${opened > 0 ? `, ${opened} opened` : ''}`;
}

// https://docs.github.com/actions: workflow commands; values are escaped like parts of a URL.
function githubReport({ findings }: CheckResult): string {
  const data = (text: string) => printable(text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A'));
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return findings
    .map(
      ({ file, line, rule, severity, message }) =>
        `::${severity} file=${property(file)},line=${line},title=${rule}::${data(message)}\n`,
    )
    .join('');
}

// https://docs.gitlab.com/ci/testing/code_quality: the merge request shows what has a fingerprint that its target branch has not.
function gitlabReport({ findings }: CheckResult): string {
  const seen = new Map<string, number>();
  const issues = findings.map(({ file, line, rule, severity, message, keyPath }) => {
    // Without the line: a finding that only moved is not a new one.
    const what = JSON.stringify([file, rule, keyPath, message]);
    const before = seen.get(what) ?? 0;
    seen.set(what, before + 1);
    return {
      description: keyPath ? `${keyPath}: ${message}` : message,
      check_name: rule,
      fingerprint: createHash('sha256').update(`${what}${before}`).digest('hex'),
      severity: severity === 'error' ? 'critical' : 'minor',
      location: { path: file, lines: { begin: line } },
    };
  });
  return `${printableJson(issues)}\n`;
}

// SARIF 2.1.0, section 3.
function sarifReport({ findings }: CheckResult): string {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  const results = findings.map(({ file, line, rule, severity, message, keyPath }) => ({
    ruleId: rule,
    level: severity,
    message: { text: keyPath ? `${keyPath}: ${message}` : message },
    locations: [{ physicalLocation: { artifactLocation: artifactOf(file), region: { startLine: line } } }],
  }));
  const sourceRoot = pathToFileURL(`${process.cwd()}${path.sep}`).href;
  const driver = { name: 'eyaml check', rules: rules.map((id) => ({ id })) };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, originalUriBaseIds: { [SOURCE_ROOT]: { uri: sourceRoot } }, results }],
  };
  return `${printableJson(log)}\n`;
}

// The name that code scanning gives the folder that paths start from.
const SOURCE_ROOT = '%SRCROOT%';

// SARIF 2.1.0, sections 3.4.3 and 3.4.4.
function artifactOf(file: string) {
  if (path.isAbsolute(file)) return { uri: pathToFileURL(file).href };
  const uri = encodeURI(file).replace(/[?#]/g, encodeURIComponent);
  return { uri: /^[^/]*:/.test(uri) ? `./${uri}` : uri, uriBaseId: SOURCE_ROOT };
}

function junitReport({ findings, files }: CheckResult): string {
  const suites = [...byFile(findings)].map(([file, found]) => {
    const cases = found.map(
      ({ line, rule, message, suggestion }) =>
        `    <testcase classname="${xml(file)}" name="${xml(`${rule} at line ${line}`)}"><failure type="${rule}" message="${xml(message)}">${xml(suggestion ?? '')}</failure></testcase>\n`,
    );
    return `  <testsuite name="${xml(file)}" tests="${found.length}" failures="${found.length}">\n${cases.join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="eyaml check" tests="${Math.max(files, findings.length)}" failures="${findings.length}">\n${suites.join('')}</testsuites>\n`;
}

function xml(text: string): string {
  // XML 1.0 has no way to write most control characters.
  return printable(text).replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function byFile(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  return groupBy(findings, ({ file }) => file);
}
