import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { eyaml } from '../helpers/cli.js';
import { addPublicKeys, keyFile, recipientLine } from '../helpers/key-homes.js';
import { commandLines, INSTALL, PIPELINES, pipelineText, runLine, type Pipeline } from '../helpers/pipelines.js';
import { createRepository, type Repository } from '../helpers/repository.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const REPORT = 'gl-code-quality-report.json';
// Those that compare a request to merge with where it goes to.
const REQUESTS = PIPELINES.filter((pipeline) => pipeline !== 'pre-commit-config.yaml');
const HOOKS = path.resolve(import.meta.dirname, '../../.pre-commit-hooks.yaml');

let folder: string;
let value: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'eyaml-test-'));
  prepareReaders(folder);
  const words = ['encrypt', '-n', 'gpg', '--gpg-trust', 'pinned', '-s', 'x', '-o', 'string'];
  const { stdout } = await eyaml(words, { cwd: folder, env: { HOME: folder } });
  expect(stdout).toMatch(/^ENC\[GPG,/);
  value = stdout.trim();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Alice and Bob read what is in a folder. */
function prepareReaders(top: string): void {
  addPublicKeys(top, ['alice', 'bob']);
  writeFileSync(path.join(top, RECIPIENTS), recipientLine('alice') + recipientLine('bob'));
}

/** A repository whose main branch is sound and known as origin/main, on another branch. */
function branch(): Repository {
  const repository = createRepository({ withEyaml: true });
  const { top, write, commit, git } = repository;
  prepareReaders(top);
  write('data/common.yaml', `---\ndb::password: ${value}\n`);
  const main = commit('secrets');
  git('update-ref', 'refs/remotes/origin/main', main);
  git('switch', '-q', '-c', 'change');
  return repository;
}

// What must be found in a bad change, and where.
const FAULTS = [
  { rule: 'recipient-added', file: RECIPIENTS, line: 3 },
  { rule: 'leftover-marker', file: 'data/more.yaml', line: 2 },
  { rule: 'private-key', file: 'notes.txt', line: 1 },
] as const;
type Fault = (typeof FAULTS)[number];

function goodChange({ write }: Repository): void {
  write('data/more.yaml', `---\napi::token: ${value}\n`);
}

/** Somebody is added whom nobody has looked at, a secret is in the clear, and a private key is in the repository. */
function badChange({ top, read, write }: Repository): void {
  write(RECIPIENTS, read(RECIPIENTS) + recipientLine('mallory'));
  addPublicKeys(top, ['mallory']);
  write('data/more.yaml', '---\napi::token: DEC::GPG[hunter2]!\n');
  write('notes.txt', readFileSync(keyFile('alice', 'sec'), 'utf8'));
}

/** What a pipeline of this name sees of its variables in a request to merge into main. */
function variables(pipeline: Pipeline, { git }: Repository): Readonly<Record<string, string>> {
  if (pipeline === 'gitlab.yml')
    return { CI_MERGE_REQUEST_DIFF_BASE_SHA: git('merge-base', 'HEAD', 'origin/main').trim() };
  return pipeline === 'Jenkinsfile' ? { CHANGE_TARGET: 'main' } : { GITHUB_BASE_REF: 'main' };
}

describe.each([
  { name: 'a good change', change: goodChange, faults: [] },
  { name: 'a bad change', change: badChange, faults: FAULTS },
])('$name', ({ change, faults }) => {
  const code = faults.length === 0 ? 0 : 1;

  test.each(REQUESTS)('in a request to merge: %s', async (pipeline) => {
    const repository = branch();
    change(repository);
    repository.commit('change');
    const env = { ...repository.env, ...variables(pipeline, repository) };
    const { output, ...ended } = await run(pipeline, repository.top, env);
    expect({ ...ended, output }).toMatchObject({ code });
    for (const { rule } of faults) expect(output).toContain(rule);
    expect(output).not.toContain('hunter2');
    if (pipeline === 'github.yml') checkAnnotations(output, faults);
    if (pipeline === 'gitlab.yml') checkCodeQuality(repository.read(REPORT), faults);
  });

  test('before it is committed: pre-commit-config.yaml', async () => {
    const { top, env, write, git, ...repository } = branch();
    write('.eyaml/config.yaml', 'gpg_trust: pinned\n');
    change({ top, env, write, git, ...repository });
    git('add', '-A');
    const { output, ...ended } = await run('pre-commit-config.yaml', top, env);
    expect({ ...ended, output }).toMatchObject({ code });
    // What is staged is compared with no other commit, but its values must be for those that it names.
    for (const { rule } of faults) expect(output).toContain(rule === 'recipient-added' ? 'missing-recipient' : rule);
  });
});

/** Runs the lines of a pipeline, but for the installation, up to the first that fails; gives what they printed or wrote. */
async function run(pipeline: Pipeline, top: string, env: NodeJS.ProcessEnv) {
  const lines = commandLines(pipeline).filter((line) => line !== INSTALL);
  expect(lines.length).toBeGreaterThan(0);
  let [code, output]: [number | null, string] = [0, ''];
  for (const line of lines) {
    const { stdout, ...ended } = await runLine(line, top, env);
    output += stdout;
    code = ended.code;
    if (code !== 0) break;
  }
  return { code, output: pipeline === 'Jenkinsfile' ? readFileSync(path.join(top, 'eyaml.xml'), 'utf8') : output };
}

// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
function checkAnnotations(output: string, faults: readonly Fault[]): void {
  const annotations = output.split('\n').slice(0, -1);
  for (const annotation of annotations)
    expect(annotation).toMatch(/^::(?:error|warning) file=[^,:]+,line=\d+,title=[\w-]+::[^\n]+$/);
  for (const { rule, file, line } of faults)
    expect(output).toContain(`::error file=${file},line=${line},title=${rule}::`);
  if (faults.length === 0) expect(annotations).toEqual([]);
}

function checkCodeQuality(report: string, faults: readonly Fault[]): void {
  const issues = JSON.parse(report) as readonly object[];
  for (const issue of issues) expect(issue).toEqual(CODE_QUALITY);
  for (const { rule, file, line } of faults) {
    const place = { location: { path: file, lines: { begin: line } } };
    expect(issues).toContainEqual(expect.objectContaining({ check_name: rule, severity: 'critical', ...place }));
  }
  if (faults.length === 0) expect(issues).toEqual([]);
}

// https://docs.gitlab.com/ci/testing/code_quality: what GitLab asks of each entry; a path starts at the top of the repository.
const CODE_QUALITY = {
  description: expect.stringMatching(/./) as string,
  check_name: expect.stringMatching(/^[a-z-]+$/) as string,
  fingerprint: expect.stringMatching(/^[\da-f]{64}$/) as string,
  severity: expect.stringMatching(/^(?:info|minor|major|critical|blocker)$/) as string,
  location: { path: expect.stringMatching(/^(?![./])/) as string, lines: { begin: expect.any(Number) as number } },
};

test.each(REQUESTS)('on the main branch, where nothing is compared: %s', async (pipeline) => {
  const { top, env, write } = branch();
  write('data/more.yaml', 'token: DEC::GPG[hunter2]!\n');
  const { code, output } = await run(pipeline, top, { ...env, GITHUB_BASE_REF: '' });
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('leftover-marker') as string });
});

test('the pre-commit framework runs the same command, from this repository and from npm', () => {
  interface Hook {
    readonly id: string;
    readonly entry: string;
    readonly language: string;
    readonly pass_filenames?: boolean;
    readonly always_run?: boolean;
  }
  const hooks = parse(readFileSync(HOOKS, 'utf8')) as readonly Hook[];
  const { repos } = parse(pipelineText('pre-commit-config.yaml')) as { repos: readonly { hooks: readonly Hook[] }[] };
  const [own] = repos[0]?.hooks ?? [];
  expect(own).toMatchObject({
    entry: 'eyaml check --staged',
    language: 'node',
    pass_filenames: false,
    always_run: true,
  });
  expect(hooks.find(({ id }) => id === own?.id)).toMatchObject({ entry: own?.entry, language: 'node' });
});

describe('the version', () => {
  const { version } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  // Renovate's presets customManagers:githubActionsVersions and gitlabPipelineVersions, without the parts that are optional.
  const RENOVATE =
    /# renovate: datasource=(?<datasource>[a-zA-Z0-9-._]+?) depName=(?<depName>[^\s]+?)\s+[A-Za-z0-9_]+?_VERSION\s*:\s*["']?(?<currentValue>.+?)["']?\s/;

  test.each(['github.yml', 'gitlab.yml', 'forgejo.yml'] as const)('is found by Renovate in %s', (pipeline) => {
    const { datasource, depName, currentValue } = RENOVATE.exec(pipelineText(pipeline))?.groups ?? {};
    expect({ datasource, depName }).toEqual({ datasource: 'npm', depName: 'hiera-eyaml-gpg' });
    expect(currentValue).toContain(version);
    expect(commandLines(pipeline)[0]).toBe(INSTALL);
  });

  test('is looked for by the presets and the manager that renovate.json names', () => {
    const file = path.resolve(import.meta.dirname, '../../docs/pipelines/renovate.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      extends: expect.arrayContaining([
        'customManagers:githubActionsVersions',
        'customManagers:gitlabPipelineVersions',
      ]) as string[],
      'pre-commit': { enabled: true },
    });
  });

  test('is found by Renovate in pre-commit-config.yaml', () => {
    const [, dependency = ''] =
      /additional_dependencies: \['(.*)'\]/.exec(pipelineText('pre-commit-config.yaml')) ?? [];
    expect(/^(?<name>.+?)@(?<range>.+)$/.exec(dependency)?.groups).toEqual({
      name: 'hiera-eyaml-gpg',
      range: expect.stringContaining(version) as string,
    });
  });
});
