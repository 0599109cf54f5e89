import { expect, test } from 'vitest';
import { REPORTS } from '../../src/cli/reports.js';
import type { CheckResult, Finding } from '../../src/index.js';

const finding: Finding = {
  file: 'a b/<&">,c:d.eyaml',
  line: 7,
  keyPath: 'db.password',
  rule: 'extra-recipient',
  severity: 'error',
  message: 'Bob <bob@example.com> & "others": 100%\nreally',
  mend: 'eyaml recrypt x',
};
const RESULT: CheckResult = {
  findings: [finding, { ...finding, line: 8, severity: 'warning' }],
  files: 3,
  recipientsFiles: 0,
  values: 9,
  opened: 0,
};
const CLEAN: CheckResult = { findings: [], files: 3, recipientsFiles: 0, values: 1, opened: 1 };
const report = (format: string, result: CheckResult) => REPORTS[format]?.(result) ?? '';

test('text: a clean tree is one line', () => {
  expect(report('text', CLEAN)).toBe('1 value in 3 files, 1 opened: nothing to find fault with\n');
});

test('text: what files hold starts no line of its own and moves no cursor', () => {
  const nasty = 'x\n  1: error: forged [extra-recipient]\r\u001b[2J\u009b2J';
  const [first] = report('text', {
    ...RESULT,
    findings: [{ ...finding, file: nasty, keyPath: nasty, message: nasty, mend: nasty }],
  }).split('\n\n');
  expect(first?.split('\n')).toHaveLength(3);
  expect(first).not.toMatch(/[^\n\P{Cc}]/u);
});

test('json: what the library gives', () => {
  expect(JSON.parse(report('json', RESULT))).toEqual(RESULT);
});

test('github: a workflow command for each finding, on a line of its own', () => {
  expect(report('github', RESULT).split('\n')[0]).toBe(
    '::error file=a b/<&">%2Cc%3Ad.eyaml,line=7,title=extra-recipient::Bob <bob@example.com> & "others": 100%25%0Areally',
  );
  expect(report('github', RESULT).trimEnd().split('\n')).toHaveLength(2);
  expect(report('github', CLEAN)).toBe('');
});

test('sarif: version 2.1.0, each rule named once', () => {
  const { version, runs } = JSON.parse(report('sarif', RESULT)) as {
    version: string;
    runs: { tool: { driver: { rules: unknown[] } }; results: { level: string; locations: unknown }[] }[];
  };
  expect(version).toBe('2.1.0');
  expect(runs[0]?.tool.driver.rules).toEqual([{ id: 'extra-recipient' }]);
  expect(runs[0]?.results.map(({ level }) => level)).toEqual(['error', 'warning']);
  expect(JSON.stringify(runs[0]?.results[0]?.locations)).toContain('"uri":"a%20b/%3C&%22%3E,c:d.eyaml"');
});

test('junit: well-formed, whatever stands in names and messages', () => {
  const xml = report('junit', RESULT);
  expect(xml.match(/<testcase /g)).toHaveLength(2);
  expect(xml).toContain('failures="2"');
  const bare = xml.replace(/<\?[^>]*>|<\/?[a-z]+(?: [a-z]+="[^"<>]*")*>/g, '');
  expect(bare).not.toMatch(/[<>"]/);
  expect(report('junit', CLEAN)).toContain('tests="3" failures="0"');
});
