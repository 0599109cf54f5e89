import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import glob from 'fast-glob';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { scratchFolder } from './helpers/files.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >;
}

const WORKFLOWS = [...glob.sync('.github/workflows/*', { cwd: ROOT, dot: true }), 'docs/pipelines/github.yml'].sort();
const workflow = (file: string) => parse(read(file)) as Workflow;
const stepsOf = (file: string) => Object.values(workflow(file).jobs).flatMap(({ steps }) => steps);

const PACKAGES = ['package:npm', 'package:executable', 'package:deb', 'package:rpm'];

describe.each(WORKFLOWS)('%s', (file) => {
  test('may only read, unless a job says why it must write', () => {
    expect(workflow(file).permissions).toEqual({ contents: 'read' });
    const written = Object.values(workflow(file).jobs).flatMap(({ permissions = {} }) => Object.entries(permissions));
    expect(written.length > 0).toBe(file.endsWith('release.yml'));
  });

  test('is not started by what a stranger may start with the rights of the repository', () => {
    expect(JSON.stringify(workflow(file).on)).not.toMatch(/pull_request_target|workflow_run|issue|discussion/);
  });

  test('names actions by their commit, and the version in a comment', () => {
    const uses = read(file).match(/\buses: .*/g) ?? [];
    expect(uses.length).toBe(stepsOf(file).filter((step) => step.uses !== undefined).length);
    for (const line of uses) expect(line).toMatch(/^uses: actions\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('leaves no token in the checkout, and puts no expression into a shell', () => {
    const checkouts = stepsOf(file).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const step of checkouts) expect(step.with).toMatchObject({ 'persist-credentials': false });
    for (const { run = '' } of stepsOf(file)) expect(run).not.toContain('${{');
  });

  test('runs scripts that there are', () => {
    expect(stepsOf(file).flatMap(({ run = '' }) => missingScripts(run))).toEqual([]);
    const files = stepsOf(file).flatMap(({ run = '' }) => run.match(/(?:\.ci|scripts)\/[\w./-]+/g) ?? []);
    for (const name of files) expect(() => read(name)).not.toThrow();
  });
});

test.each(['README.md', 'docs/install.md'])('%s names scripts that there are', (file) => {
  expect(missingScripts(read(file))).toEqual([]);
});

/** The npm scripts that a text names and package.json lacks. Those that make packages come with their folder. */
function missingScripts(text: string): readonly string[] {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
  const later = existsSync(path.join(ROOT, 'scripts/package')) ? [] : PACKAGES;
  const named = Array.from(text.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g), ([, name = '']) => name);
  return named.filter((name) => !(name in scripts) && !later.includes(name));
}

test('ci.yml runs .ci/run on each version of Node that is supported', () => {
  const { jobs } = workflow('.github/workflows/ci.yml') as Workflow & {
    jobs: { test: { strategy: { matrix: unknown } } };
  };
  expect(jobs.test.strategy.matrix).toEqual({ node: [20, 22, 24] });
  expect(stepsOf('.github/workflows/ci.yml').at(-1)).toEqual({ run: 'bash .ci/run' });
});

describe('release.yml', () => {
  const { jobs } = workflow('.github/workflows/release.yml');

  test('only the job that publishes on npm and the one that signs get an identity, and they build nothing', () => {
    const rights = Object.fromEntries(Object.entries(jobs).map(([name, { permissions }]) => [name, permissions]));
    expect(rights).toEqual({
      build: undefined,
      attach: { contents: 'write', 'id-token': 'write', attestations: 'write' },
      publish: { 'id-token': 'write' },
    });
    for (const name of ['attach', 'publish']) {
      const used = jobs[name]?.steps.map(({ uses = '', run = '' }) => `${uses}${run}`) ?? [];
      expect(used.filter((text) => /checkout|npm (?:ci|run|install)/.test(text))).toEqual([]);
    }
    expect(jobs.publish?.steps.at(-1)?.run).toMatch(/^npm publish \S+\.tgz --provenance --access public$/);
  });

  test('makes every package, and first looks whether all is filled in', () => {
    const runs = jobs.build?.steps.flatMap(({ run }) => run ?? []) ?? [];
    expect(runs[0]).toBe('node scripts/release-check.mjs "$GITHUB_REF_NAME"');
    for (const name of PACKAGES) expect(runs.join('\n')).toContain(`npm run ${name}`);
  });
});

describe('scripts/release-check.mjs', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const FILES = ['package.json', 'CHANGELOG.md', 'README.md', 'Containerfile', 'docs', '.github'];
  const run = (cwd: string, tag: string) => {
    const script = path.join(ROOT, 'scripts/release-check.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, tag], { cwd, encoding: 'utf8' });
    return { status, lines: stderr.split('\n').slice(0, -1) };
  };

  /** A copy of the repository in which everything is filled in, and a way to change a file of it. */
  function filledIn() {
    const cwd = scratchFolder();
    for (const file of FILES) cpSync(path.join(ROOT, file), path.join(cwd, file), { recursive: true });
    const change = (file: string, from: RegExp, to: string) => {
      const text = readFileSync(path.join(cwd, file), 'utf8');
      expect(text).toMatch(from);
      writeFileSync(path.join(cwd, file), text.replace(from, to));
    };
    const files = (folder: string) => glob.sync(`${folder}/*`, { cwd, dot: true });
    for (const file of [
      ...files('docs/pipelines'),
      'README.md',
      'docs/install.md',
      'docs/check.md',
      'docs/puppet-server.md',
    ]) {
      const text = readFileSync(path.join(cwd, file), 'utf8');
      const filled = text.replace(/https:\/\/packages\.example\.com\/hiera-eyaml-gpg-([\d.]+)\.tgz/g, '$1');
      writeFileSync(path.join(cwd, file), filled.replace(/no release yet|not on npm yet/g, 'a release'));
    }
    change('CHANGELOG.md', /## Unreleased/, `## ${version}`);
    change('package.json', /"license"/, '"repository": "https://git.example.com/eyaml", "license"');
    change('Containerfile', /trixie-slim$/m, `trixie-slim@sha256:${'0'.repeat(64)}`);
    return { cwd, change };
  }

  test('stops a release of this repository until everything is filled in', () => {
    const { status, lines } = run(ROOT, `v${version}`);
    expect(status).toBe(1);
    for (const file of ['docs/pipelines/github.yml', 'Containerfile', 'package.json', 'CHANGELOG.md', 'README.md'])
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${file}:`)));
  });

  test('lets one go on in which it is', () => {
    expect(run(filledIn().cwd, `v${version}`)).toEqual({ status: 0, lines: [] });
  });

  test.each<[string, string, RegExp, string, string]>([
    ['v9.9.9', 'README.md', /^/, '', `package.json: the version is ${version}, which the tag does not say`],
    [
      'v0.1.0',
      '.github/workflows/ci.yml',
      /@[\da-f]{40} # v[\d.]+/,
      '@v4',
      '.github/workflows/ci.yml:23: name the action',
    ],
    [`v${version}`, 'docs/check.md', /^/, 'There is no release yet.\n', 'docs/check.md:1: say how it is installed'],
  ])('%s, %s: names what is left', (tag, file, from, to, line) => {
    const { cwd, change } = filledIn();
    change(file, from, to);
    expect(run(cwd, tag)).toEqual({ status: 1, lines: [expect.stringContaining(line)] });
  });
});
