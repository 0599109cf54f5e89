import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { REPORTS } from '../../src/cli/reports.js';
import { shownArgument } from '../../src/files/shown.js';
import type { CheckResult } from '../../src/verbs/check/check.js';
import type { Finding } from '../../src/verbs/check/findings.js';

const finding: Finding = {
  file: 'a b/<&">,c:d.eyaml',
  line: 7,
  keyPath: 'db.password',
  rule: 'extra-recipient',
  severity: 'error',
  message: 'Bob <bob@example.com> & "others": 100%\nreally',
  suggestion: 'eyaml recrypt x',
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
  expect(report('text', CLEAN)).toBe('1 value in 3 files, 1 opened: no problems found\n');
});

test('text: what files hold starts no line of its own and moves no cursor', () => {
  const nasty = 'x\n  1: error: forged [extra-recipient]\r\u001b[2J\u009b2J';
  const [first] = report('text', {
    ...RESULT,
    findings: [{ ...finding, file: nasty, keyPath: nasty, message: nasty, suggestion: nasty }],
  }).split('\n\n');
  expect(first?.split('\n')).toHaveLength(3);
  expect(first).not.toMatch(/[^\n\P{Cc}]/u);
});

test('text: very many findings in one file take no time that grows with their square', () => {
  const findings = Array.from({ length: 150_000 }, (_, line) => ({ ...finding, line }));
  expect(report('text', { ...RESULT, findings }).trimEnd()).toMatch(/150000 findings in 1 file \(.*\)$/);
});

describe('text: one cause is told once', () => {
  const reader = (file: string, line: number, more: Partial<Finding> = {}): Finding => ({
    file,
    line,
    keyPath: `k${line}`,
    rule: 'extra-recipient',
    severity: 'error',
    message: 'Bob (B0B) can read it but is not in list',
    suggestion: `eyaml recrypt ${shownArgument(file)}`,
    ...more,
  });
  const told = (findings: readonly Finding[]) =>
    report('text', { ...CLEAN, opened: 0, findings })
      .split('\n\n')[0]
      ?.split('\n');
  const CAUSE = 'error: Bob (B0B) can read it but is not in list [extra-recipient]';

  test('in one place', () => {
    expect(told([reader('a.yaml', 1)])).toEqual([CAUSE, '  a.yaml:1: k1', '      eyaml recrypt a.yaml']);
  });

  test('in some places, with what else is wrong apart from it', () => {
    const other = reader('d/a.yaml', 2, { message: 'other' });
    expect(told([reader('d/a.yaml', 1), other, reader('d/e e/b.yaml', 2)])).toEqual([
      ...[CAUSE, '  d/a.yaml:1: k1', '  d/e e/b.yaml:2: k2', '      eyaml recrypt d'],
      ...['error: other [extra-recipient]', '  d/a.yaml:2: k2', '      eyaml recrypt d/a.yaml'],
    ]);
  });

  test('in 100 values of 10 files: each file is named', () => {
    const findings = Array.from({ length: 100 }, (_, i) => reader(`f${i % 10}.yaml`, Math.floor(i / 10) + 1));
    const files = Array.from({ length: 10 }, (_, i) => `  f${i}.yaml: lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`);
    expect(told(findings)).toEqual([CAUSE, ...files, '      eyaml recrypt .']);
  });

  test('in 2100 values of 300 files: three are named, and the summary is last', () => {
    const findings = Array.from({ length: 2100 }, (_, i) => reader(`d/f${Math.floor(i / 7)}.yaml`, 20 * (i % 7)));
    expect(told(findings)).toHaveLength(6);
    expect(told(findings)?.slice(3)).toEqual([
      '  d/f2.yaml: lines 0, 20, 40, 60, 80, 100, 120',
      '  and 297 more files',
      '      eyaml recrypt d',
    ]);
    expect(report('text', { ...CLEAN, findings })).toMatch(/\n\n2100 findings in 300 files \(.*\)\n$/);
  });

  test('what is done to one file at a time names no folder', () => {
    const toDo = (file: string) => ({ suggestion: `eyaml edit ${file}, and change the secret` });
    const findings = ['e', 'it'].map((file) => reader(file, 1, toDo(file)));
    expect(told(findings)?.at(-1)).toBe('      eyaml edit FILE, and change the secret');
  });

  test('a tree of recipients files alone', () => {
    expect(report('text', { ...CLEAN, files: 0, recipientsFiles: 2 })).toMatch(/^2 recipients files: /);
  });
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

describe('gitlab: a Code Quality report', () => {
  interface Issue {
    readonly fingerprint: string;
  }
  const issues = (findings: readonly Finding[]) => JSON.parse(report('gitlab', { ...CLEAN, findings })) as Issue[];
  const fingerprints = (...findings: readonly Finding[]) => issues(findings).map(({ fingerprint }) => fingerprint);

  test('has what GitLab reads of each finding', () => {
    expect(issues(RESULT.findings)).toEqual([
      {
        description: 'db.password: Bob <bob@example.com> & "others": 100%\nreally',
        check_name: 'extra-recipient',
        fingerprint: expect.stringMatching(/^[\da-f]{64}$/) as string,
        severity: 'critical',
        location: { path: 'a b/<&">,c:d.eyaml', lines: { begin: 7 } },
      },
      expect.objectContaining({ severity: 'minor', location: { path: finding.file, lines: { begin: 8 } } }),
    ]);
    expect(report('gitlab', CLEAN)).toBe('[]\n');
  });

  test('knows a finding again that only moved, and tells equal ones apart', () => {
    expect(fingerprints({ ...finding, line: 9 })).toEqual(fingerprints(finding));
    expect(new Set(fingerprints(finding, { ...finding, line: 9 })).size).toBe(2);
    for (const other of [{ file: 'b' }, { rule: 'damaged-value' }, { keyPath: 'x' }, { message: 'x' }] as const)
      expect(fingerprints({ ...finding, ...other })).not.toEqual(fingerprints(finding));
  });
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

test.each([
  ['a.yaml', { uri: 'a.yaml', uriBaseId: '%SRCROOT%' }],
  ['../a #1?.yaml', { uri: '../a%20%231%3F.yaml', uriBaseId: '%SRCROOT%' }],
  ['c:d/a.yaml', { uri: './c:d/a.yaml', uriBaseId: '%SRCROOT%' }],
  ['/etc/a b.yaml', { uri: 'file:///etc/a%20b.yaml' }],
])('sarif: %s is found from the current folder', (file, location) => {
  const log = JSON.parse(report('sarif', { ...CLEAN, findings: [{ ...finding, file }] })) as {
    runs: [
      { originalUriBaseIds: unknown; results: [{ locations: [{ physicalLocation: { artifactLocation: unknown } }] }] },
    ];
  };
  const [{ originalUriBaseIds, results }] = log.runs;
  expect(results[0].locations[0].physicalLocation.artifactLocation).toEqual(location);
  expect(originalUriBaseIds).toEqual({ '%SRCROOT%': { uri: `${pathToFileURL(process.cwd()).href}/` } });
});

test('junit: well-formed, whatever stands in names and messages', () => {
  const xml = report('junit', RESULT);
  expect(xml.match(/<testcase /g)).toHaveLength(2);
  expect(xml).toContain('failures="2"');
  const bare = xml.replace(/<\?[^>]*>|<\/?[a-z]+(?: [a-z]+="[^"<>]*")*>/g, '');
  expect(bare).not.toMatch(/[<>"]/);
  expect(report('junit', CLEAN)).toContain('tests="3" failures="0"');
});
